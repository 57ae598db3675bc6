//! The management routes: leaderboards and their keys.

use rankora::domain::leaderboard::{Policy, SortOrder};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    api::{Api, ENTRY_TIME, Reply, UUID, fields, has_form},
    world::World,
};

fn id_of(value: &Value) -> &str {
    value["id"].as_str().expect("an id")
}

/// A leaderboard with what is expected of it, its id and its time aside.
fn settings(answer: &Value) -> Value {
    let mut settings = answer.clone();
    let object = settings.as_object_mut().expect("an object");
    object.retain(|name, _| !matches!(name.as_str(), "id" | "created_at"));
    settings
}

async fn create(api: &Api, name: &str) -> Value {
    let answer = api.post("/leaderboards", &json!({"name": name})).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text);
    answer.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaderboard_is_created_with_its_settings_or_their_defaults() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.account("unlimited").await.management);
    let answer = create(&api, "  Weekly e\u{301}lite 🏆 <b>  ").await;
    let expected = json!({"name": "Weekly élite 🏆 <b>", "sort_order": "desc", "score_format": "number",
        "decimals": null, "unit": null, "policy": "latest", "total_entries": 0, "pending_sort_order": null});
    assert_eq!(settings(&answer), expected);
    assert!(has_form(&answer["id"], UUID) && has_form(&answer["created_at"], ENTRY_TIME), "{answer}");

    for (sort_order, score_format, policy, decimals, unit) in [
        ("asc", "time", "best", json!(3), json!("km/h")),
        ("desc", "number", "sum", json!(0), json!("點".repeat(12))),
        ("desc", "number", "sum", Value::Null, Value::Null),
    ] {
        let body = json!({"name": "x", "sort_order": sort_order, "score_format": score_format, "policy": policy,
            "decimals": decimals, "unit": unit, "total_entries": 9, "id": "mine"});
        let answer = api.post("/leaderboards", &body).await.ok();
        let expected = json!({"name": "x", "sort_order": sort_order, "score_format": score_format, "policy": policy,
            "decimals": decimals, "unit": unit, "total_entries": 0, "pending_sort_order": null});
        assert_eq!(settings(&answer), expected);
        let path = format!("/leaderboards/{}", id_of(&answer));
        assert_eq!(api.get(&path).await.ok(), answer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_out_of_their_range_are_refused_at_creation_and_at_change() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.account("unlimited").await.management);
    let board = create(&api, "Board").await;
    let path = format!("/leaderboards/{}", id_of(&board));
    let (longest, too_long) = ("é".repeat(80), "é".repeat(81));
    for (field, values) in [
        (
            "name",
            vec![
                json!(""),
                json!("   "),
                json!(too_long),
                json!("a\nb"),
                json!("a\u{202e}b"),
                json!("\u{0}"),
            ],
        ),
        ("name", vec![Value::Null, json!(5), json!([]), json!({}), json!(true)]),
        ("sort_order", vec![json!("up"), json!(""), json!("ASC"), Value::Null, json!(1), json!(["asc"])]),
        ("score_format", vec![json!("seconds"), json!("Number"), Value::Null, json!({})]),
        ("decimals", vec![json!(-1), json!(7), json!(1.5), json!("2"), json!(""), json!([2]), json!(true)]),
        ("unit", vec![json!("thirteen char"), json!("a\u{202e}b"), json!("a\nb"), json!(5), json!({})]),
        ("policy", vec![json!("worst"), json!("SUM"), Value::Null, json!(0)]),
    ] {
        for value in values {
            let mut body = json!({"name": "Fine"});
            body[field] = value;
            let code = format!("invalid_{field}");
            api.post("/leaderboards", &body).await.is_error(400, &code, Some(field));
            api.patch(&path, &body).await.is_error(400, &code, Some(field));
        }
    }
    api.post("/leaderboards", &json!({"policy": "best"})).await.is_error(400, "invalid_name", Some("name"));
    assert_eq!(api.get(&path).await.ok(), board, "nothing was changed");
    assert_eq!(api.get("/leaderboards").await.ok()["pagination"]["total"], 1, "nothing was made");
    create(&api, &longest).await;
    create(&api, "x").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leaderboards_are_listed_oldest_first_in_pages() {
    let world = World::new();
    let here = world.replica().await;
    let account = here.account("unlimited").await;
    let api = here.api(&account.management);
    assert_eq!(
        api.get("/leaderboards").await.ok(),
        json!({"leaderboards": [], "pagination": {"limit": 50, "offset": 0, "total": 0}})
    );
    for index in 0..7 {
        create(&api, &format!("Board {index}")).await;
    }
    here.board("unlimited").await;
    let names = async |query: &str| {
        let list = api.get(&format!("/leaderboards{query}")).await.ok();
        assert_eq!(fields(&list), ["leaderboards", "pagination"]);
        assert_eq!(list["pagination"]["total"], 7);
        let rows = list["leaderboards"].as_array().expect("rows").clone();
        rows.iter().map(|row| row["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    let all: Vec<_> = (0..7).map(|index| format!("Board {index}")).collect();
    assert_eq!(names("").await, all);
    assert_eq!(names("?limit=3&offset=2").await, all[2..5]);
    assert_eq!(names("?limit=50&offset=6").await, all[6..]);
    assert!(names("?offset=7").await.is_empty() && names("?offset=9007199254740991").await.is_empty());
    assert_eq!(names("?order=sideways&player_id=x").await, all, "these are no parameters here");
    for (query, field) in
        [("limit=0", "limit"), ("limit=51", "limit"), ("limit=x", "limit"), ("offset=-1", "offset")]
    {
        let answer = api.get(&format!("/leaderboards?{query}")).await;
        answer.is_error(400, &format!("invalid_{field}"), Some(field));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_changes_what_it_names_and_nothing_else() {
    let world = World::new();
    let (here, there) = (world.replica().await, world.replica().await);
    let board = here.board("unlimited").await;
    let api = here.api(&board.account.management);
    let path = format!("/leaderboards/{}", board.id);
    let mut expected = api.get(&path).await.ok();
    for change in [
        json!({"name": "  Renamed "}),
        json!({"score_format": "time"}),
        json!({"policy": "sum"}),
        json!({}),
        json!({"unknown": 1}),
        json!({"sort_order": "desc"}),
        json!({"name": "Other", "score_format": "number", "policy": "best"}),
        json!({"decimals": 2, "unit": " km/h "}),
        json!({"decimals": 0}),
        json!({"unit": "="}),
        json!({"decimals": null}),
        json!({"unit": null, "decimals": 6}),
    ] {
        for (field, value) in change.as_object().expect("an object") {
            if field != "unknown" {
                expected[field] = value.as_str().map_or_else(|| value.clone(), |text| json!(text.trim()));
            }
        }
        let answer = api.patch(&path, &change).await;
        assert_eq!(answer.ok(), expected, "{change}");
        assert_eq!(there.api(&board.account.management).get(&path).await.ok(), expected);
        assert_eq!(there.api(&board.publishable).get("/leaderboard").await.ok(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_policy_holds_for_the_next_submission_on_every_replica() {
    let world = World::new();
    let (here, there) = (world.replica().await, world.replica().await);
    let account = here.account("unlimited").await;
    let board = here.board_of(&account, SortOrder::Desc, Policy::Latest).await;
    let (api, player) = (there.api(&board.secret), Uuid::new_v4());
    for (policy, sent, after) in
        [("latest", 5.0, 5.0), ("sum", 2.0, 7.0), ("best", 6.0, 7.0), ("latest", 6.0, 6.0)]
    {
        let path = format!("/leaderboards/{}", board.id);
        here.api(&account.management).patch(&path, &json!({"policy": policy})).await.ok();
        assert_eq!(api.submit(player, "Ada", sent).await.ok()["score"].as_f64(), Some(after), "{policy}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_removes_all_entries_and_leaves_the_rest() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let (api, management) = (here.api(&board.secret), here.api(&board.account.management));
    let path = format!("/leaderboards/{}", board.id);
    let before = management.get(&path).await.ok();
    let players = [Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4()];
    for player in players {
        api.submit(player, "Ada", 1.0).await.ok();
    }
    let answer = Reply::of(management.request(Method::POST, &format!("{path}/reset"))).await;
    assert_eq!((answer.status.as_u16(), answer.ok()), (200, json!({"success": true, "removed_entries": 3})));
    for player in players {
        api.get(&format!("/leaderboard/entries/{player}")).await.is_error(404, "not_found", None);
    }
    assert_eq!(management.get(&path).await.ok(), before);
    assert_eq!(api.get("/usage").await.ok()["currentEntries"], 0);
    let again = management.post(&format!("{path}/reset"), &json!({"ignored": true})).await.ok();
    assert_eq!(again["removed_entries"], 0);
    let expected = json!({"success": true, "player_id": players[0], "rank": 1, "score": 2, "previous_score": null,
        "previous_rank": null, "total_entries": 1});
    assert_eq!(api.submit(players[0], "Ada", 2.0).await.ok(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_leaderboard_is_gone_with_its_entries_and_keys() {
    let world = World::new();
    let here = world.replica().await;
    let account = here.account("unlimited").await;
    let board = here.board_of(&account, SortOrder::Desc, Policy::Latest).await;
    let other = here.board_of(&account, SortOrder::Desc, Policy::Latest).await;
    let management = here.api(&account.management);
    here.api(&board.secret).submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    here.api(&other.secret).submit(Uuid::new_v4(), "Bob", 1.0).await.ok();
    let path = format!("/leaderboards/{}", board.id);
    let answer = management.delete(&path).await;
    assert_eq!((answer.status.as_u16(), answer.ok()), (200, json!({"success": true})));

    for (method, path, body) in [
        (Method::GET, path.clone(), json!(null)),
        (Method::DELETE, path.clone(), json!(null)),
        (Method::PATCH, path.clone(), json!({"name": "Back"})),
        (Method::PATCH, path.clone(), json!({"sort_order": "asc"})),
        (Method::POST, format!("{path}/reset"), json!(null)),
        (Method::GET, format!("{path}/keys"), json!(null)),
        (Method::POST, format!("{path}/keys"), json!({"kind": "secret"})),
        (Method::DELETE, format!("{path}/keys/{}", Uuid::new_v4()), json!(null)),
    ] {
        Reply::of(management.request(method, &path).json(&body)).await.is_error(404, "not_found", None);
    }
    for key in [&board.secret, &board.publishable] {
        here.api(key).get("/leaderboard").await.is_error(401, "unauthorized", None);
    }
    let list = management.get("/leaderboards").await.ok();
    assert_eq!(list["leaderboards"].as_array().map(Vec::len), Some(1));
    assert_eq!(id_of(&list["leaderboards"][0]), other.id.to_string());
    let usage = management.get("/usage").await.ok();
    assert_eq!((&usage["currentLeaderboards"], &usage["currentEntries"]), (&json!(1), &json!(1)));
    here.api(&other.secret).get("/leaderboard").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_kept_answers_of_a_deleted_leaderboard_stays_in_redis() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    here.api(&board.secret).submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    let management = here.api(&board.account.management);
    management.patch(&format!("/leaderboards/{}", board.id), &json!({"sort_order": "asc"})).await.ok();
    management.delete(&format!("/leaderboards/{}", board.id)).await.ok();
    let contents = contents(&world).await;
    for (key, value) in &contents {
        let board = board.id.to_string();
        // A change of the sort order that is noted is forgotten by whoever looks for work.
        assert!(key.ends_with(":sort-jobs") || !format!("{key} {value}").contains(&board), "{key}: {value}");
    }
    assert_eq!(contents.iter().filter(|(key, _)| key.contains(":key:")).count(), 1, "the management key's");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keys_text_is_in_the_answer_that_makes_it_and_only_a_publishable_ones_elsewhere() {
    let world = World::new();
    let here = world.replica().await;
    let account = here.account("unlimited").await;
    let api = here.api(&account.management);
    let path = format!("/leaderboards/{}/keys", id_of(&create(&api, "Board").await));
    let mut made = Vec::new();
    for (kind, prefix) in [("secret", "rk_sec_"), ("publishable", "rk_pub_")] {
        let answer = api.post(&path, &json!({"kind": kind, "label": format!("  {kind} e\u{301}🔑 ")})).await;
        assert_eq!(answer.status.as_u16(), 201);
        let key = answer.ok();
        assert_eq!(fields(&key), ["created_at", "id", "key", "kind", "label"]);
        assert!(has_form(&key["id"], UUID) && has_form(&key["created_at"], ENTRY_TIME), "{key}");
        assert_eq!((&key["kind"], &key["label"]), (&json!(kind), &json!(format!("{kind} é🔑"))));
        let text = key["key"].as_str().expect("a text").to_owned();
        // 160 bits are 27 characters of 62; the checksum comes on top.
        assert!(text.starts_with(prefix) && text.len() >= 7 + 27 + 4, "{text}");
        assert!(text[7..].chars().all(|c| c.is_ascii_alphanumeric()), "{text}");
        here.api(&text).get("/leaderboard").await.ok();
        made.push(key);
    }
    let answer = api.get(&path).await;
    let mut expected = made.clone();
    expected[0]["key"] = Value::Null;
    assert_eq!(answer.ok(), json!({"keys": expected}));

    let contents = contents(&world).await;
    for secret in [made[0]["key"].as_str().expect("a text"), &account.management] {
        for (key, value) in &contents {
            assert!(!key.contains(&secret[7..30]) && !value.contains(&secret[7..30]), "{key}: {value}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_kind_or_with_a_bad_label_is_not_made() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let api = here.api(&board.account.management);
    let path = format!("/leaderboards/{}/keys", board.id);
    for kind in [json!("management"), json!("Secret"), json!(""), Value::Null, json!(1), json!(["secret"])] {
        api.post(&path, &json!({"kind": kind})).await.is_error(400, "invalid_kind", Some("kind"));
    }
    api.post(&path, &json!({"label": "x"})).await.is_error(400, "invalid_kind", Some("kind"));
    for label in [json!("x".repeat(61)), json!("a\nb"), json!("\u{202e}a"), json!(5), json!({})] {
        let body = json!({"kind": "secret", "label": label});
        api.post(&path, &body).await.is_error(400, "invalid_label", Some("label"));
    }
    assert_eq!(api.get(&path).await.ok()["keys"].as_array().map(Vec::len), Some(2));
    for label in [json!("x".repeat(60)), json!(""), Value::Null] {
        let key = api.post(&path, &json!({"kind": "secret", "label": label})).await.ok();
        assert_eq!(key["label"], label.as_str().unwrap_or_default());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaderboard_has_100_keys_at_the_most() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let api = here.api(&board.account.management);
    let path = format!("/leaderboards/{}/keys", board.id);
    let new = json!({"kind": "publishable"});
    // It comes with two.
    for _ in 2..100 {
        api.post(&path, &new).await.ok();
    }
    api.post(&path, &new).await.is_error(400, "plan_limit", None);
    let keys = api.get(&path).await.ok();
    let keys = keys["keys"].as_array().expect("keys");
    assert_eq!(keys.len(), 100);
    let other = id_of(&create(&api, "Other").await).to_owned();
    api.post(&format!("/leaderboards/{other}/keys"), &new).await.ok();
    api.delete(&format!("{path}/{}", id_of(&keys[50]))).await.ok();
    api.post(&path, &new).await.ok();
    api.post(&path, &new).await.is_error(400, "plan_limit", None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_revoked_on_its_own_leaderboard_only_and_once() {
    let world = World::new();
    let here = world.replica().await;
    let account = here.account("unlimited").await;
    let board = here.board_of(&account, SortOrder::Desc, Policy::Latest).await;
    let other = here.board_of(&account, SortOrder::Desc, Policy::Latest).await;
    let api = here.api(&account.management);
    let path = format!("/leaderboards/{}/keys", board.id);
    let keys = api.get(&path).await.ok();
    let key = keys["keys"].as_array().and_then(|keys| keys.iter().find(|key| key["kind"] == "secret"));
    let id = id_of(key.expect("a key")).to_owned();

    api.delete(&format!("/leaderboards/{}/keys/{id}", other.id)).await.is_error(404, "not_found", None);
    here.api(&board.secret).get("/leaderboard").await.ok();
    let own = here.app().list_keys(account.id).await.expect("keys");
    let management = own.iter().find(|key| key.leaderboard.is_none()).expect("the management key").id;
    api.delete(&format!("{path}/{management}")).await.is_error(404, "not_found", None);

    let answer = api.delete(&format!("{path}/{}", id.to_uppercase())).await;
    assert_eq!((answer.status.as_u16(), answer.ok()), (200, json!({"success": true})));
    here.api(&board.secret).get("/leaderboard").await.is_error(401, "unauthorized", None);
    api.delete(&format!("{path}/{id}")).await.is_error(404, "not_found", None);
    here.api(&board.publishable).get("/leaderboard").await.ok();
    here.api(&other.secret).get("/leaderboard").await.ok();
    assert_eq!(api.get(&path).await.ok()["keys"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_in_paths_are_uuids_in_any_spelling() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let api = here.api(&board.account.management);
    let id = board.id.to_string();
    for spelling in [id.clone(), id.to_uppercase(), id.replace('-', "")] {
        assert_eq!(id_of(&api.get(&format!("/leaderboards/{spelling}")).await.ok()), id);
    }
    for wrong in ["x", "%ff", &format!("{{{id}}}"), &format!("{id}0")] {
        for (method, path) in [
            (Method::GET, format!("/leaderboards/{wrong}")),
            (Method::PATCH, format!("/leaderboards/{wrong}")),
            (Method::DELETE, format!("/leaderboards/{wrong}")),
            (Method::POST, format!("/leaderboards/{wrong}/reset")),
            (Method::GET, format!("/leaderboards/{wrong}/keys")),
            (Method::POST, format!("/leaderboards/{wrong}/keys")),
            (Method::DELETE, format!("/leaderboards/{wrong}/keys/{id}")),
        ] {
            let answer = Reply::of(api.request(method, &path).json(&json!({"kind": "secret"}))).await;
            answer.is_error(400, "invalid_id", Some("id"));
        }
        let answer = api.delete(&format!("/leaderboards/{id}/keys/{wrong}")).await;
        answer.is_error(400, "invalid_key_id", Some("key_id"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_has_every_field_with_null_for_what_has_no_limit() {
    let world = World::new();
    let here = world.replica().await;
    for (plan, limits) in [("unlimited", None), ("indie", Some((500_000, 10, 50_000)))] {
        let board = here.board(plan).await;
        let api = here.api(&board.secret);
        api.submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
        api.submit(Uuid::new_v4(), "Bob", 1.0).await.ok();
        let usage = here.api(&board.account.management).get("/usage").await.ok();
        assert_eq!(
            fields(&usage),
            [
                "currentEntries",
                "currentLeaderboards",
                "currentRequests",
                "plan",
                "remainingEntries",
                "remainingLeaderboards",
                "remainingRequests",
                "resetsAt"
            ]
        );
        let (requests, leaderboards, entries) = (2, 1, 2);
        assert_eq!((&usage["plan"], &usage["currentRequests"]), (&json!(plan), &json!(requests)));
        assert_eq!(usage["currentLeaderboards"], leaderboards);
        assert_eq!(usage["currentEntries"], entries);
        let left = limits.map(|(r, l, e)| (r - requests, l - leaderboards, e - entries));
        assert_eq!(usage["remainingRequests"], json!(left.map(|left| left.0)));
        assert_eq!(usage["remainingLeaderboards"], json!(left.map(|left| left.1)));
        assert_eq!(usage["remainingEntries"], json!(left.map(|left| left.2)));
        assert!(has_form(&usage["resetsAt"], "####-##-01T00:00:00.000000+00:00"), "{usage}");
    }
}

/// All that Redis holds under a prefix, as text.
async fn contents(world: &World) -> Vec<(String, String)> {
    let mut connection = world.redis().await;
    let names: Vec<String> = ::redis::cmd("KEYS")
        .arg(format!("{}:*", world.prefix()))
        .query_async(&mut connection)
        .await
        .expect("names of keys");
    let mut contents = Vec::new();
    for name in names {
        // Unlike reading by type, this shows everything; strings within are as they were stored.
        let kind: String =
            ::redis::cmd("TYPE").arg(&name).query_async(&mut connection).await.expect("a type");
        let mut read = match kind.as_str() {
            "string" => ::redis::cmd("GET"),
            "hash" => ::redis::cmd("HGETALL"),
            "set" => ::redis::cmd("SMEMBERS"),
            "zset" => ::redis::cmd("ZRANGE"),
            _ => continue,
        };
        read.arg(&name);
        if kind == "zset" {
            read.arg(0).arg(-1);
        }
        let value: ::redis::Value = read.query_async(&mut connection).await.expect("a value");
        contents.push((name, text_of(&value)));
    }
    contents
}

fn text_of(value: &::redis::Value) -> String {
    match value {
        ::redis::Value::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        ::redis::Value::Array(values) => values.iter().map(text_of).collect::<Vec<_>>().join(" "),
        other => format!("{other:?}"),
    }
}
