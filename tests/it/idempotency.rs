//! `Idempotency-Key`: a submission that is repeated is carried out once.

use rankora::domain::leaderboard::{Policy, SortOrder};
use reqwest::{Method, header::HeaderValue};
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    api::{Api, Reply},
    world::World,
};

const PATH: &str = "/leaderboard/entries";
const FIELD: Option<&str> = Some("Idempotency-Key");

async fn submit(api: &Api, key: &str, body: &str) -> Reply {
    let key = HeaderValue::from_bytes(key.as_bytes()).expect("a header value");
    let request = api.request(Method::POST, PATH).header("idempotency-key", key);
    Reply::of(request.header("content-type", "application/json").body(body.to_owned())).await
}

async fn total(api: &Api) -> u64 {
    api.get("/leaderboard").await.ok()["total_entries"].as_u64().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_submission_gets_the_first_answer_on_any_replica_and_writes_nothing() {
    let world = World::new();
    let (here, there) = (world.replica().await, world.replica().await);
    let account = here.account("unlimited").await;
    let board = here.board_of(&account, SortOrder::Desc, Policy::Sum).await;
    let (api, remote) = (here.api(&board.secret), there.api(&board.secret));
    let player = Uuid::new_v4();
    let body = format!(r#"{{"name":"Ada","score":2.5,"player_id":"{player}"}}"#);
    let first = submit(&api, "one", &body).await;
    first.ok();
    // What happened meanwhile doesn't change the answer.
    api.submit(Uuid::new_v4(), "Bob", 100.0).await.ok();
    api.submit(player, "Eva", 1.0).await.ok();
    let before = api.get(&format!("{PATH}/{player}")).await.ok();
    for api in [&api, &remote, &api] {
        let again = submit(api, "one", &body).await;
        assert_eq!((again.status, &again.text), (first.status, &first.text));
    }
    assert_eq!(api.get(&format!("{PATH}/{player}")).await.ok(), before);
    assert_eq!(submit(&api, "two", &body).await.ok()["score"], 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_with_another_body_is_refused_and_writes_nothing() {
    let world = World::new();
    let (here, there) = (world.replica().await, world.replica().await);
    let board = here.board("unlimited").await;
    let (api, remote) = (here.api(&board.secret), there.api(&board.secret));
    submit(&api, "one", r#"{"name":"Ada","score":1}"#).await.ok();
    for body in [r#"{"name":"Ada","score":2}"#, r#"{"name":"Ada","score":1, "metadata":{}}"#] {
        for api in [&api, &remote] {
            submit(api, "one", body).await.is_error(400, "invalid_idempotency_key", FIELD);
        }
    }
    assert_eq!(total(&api).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_duplicates_that_arrive_at_once_exactly_one_writes_and_all_get_its_answer() {
    let world = World::new();
    let (here, there) = (world.replica().await, world.replica().await);
    let account = here.account("unlimited").await;
    let board = here.board_of(&account, SortOrder::Desc, Policy::Sum).await;
    let apis = [here.api(&board.secret), there.api(&board.secret)];
    for round in 0..5 {
        let key = format!("round {round}");
        let duplicates: Vec<_> = (0..32)
            .map(|index| {
                let (api, key) = (apis[index % 2].clone(), key.clone());
                tokio::spawn(async move { submit(&api, &key, r#"{"name":"Ada","score":1}"#).await })
            })
            .collect();
        let mut texts = Vec::new();
        for duplicate in duplicates {
            let answer = duplicate.await.expect("an answer");
            answer.ok();
            texts.push(answer.text);
        }
        texts.dedup();
        assert_eq!(texts.len(), 1, "{texts:?}");
        assert_eq!(total(&apis[0]).await, round + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_players_id_that_the_server_made_is_answered_again() {
    let world = World::new();
    let (here, there) = (world.replica().await, world.replica().await);
    let board = here.board("unlimited").await;
    let body = r#"{"name":"Ada","score":1,"player_id":""}"#;
    let first = submit(&here.api(&board.secret), "one", body).await.ok();
    assert_eq!(submit(&there.api(&board.secret), "one", body).await.ok(), first);
    assert_eq!(total(&here.api(&board.secret)).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_success_is_kept() {
    let plans = "[[plan]]\nname = \"unlimited\"\nmetadata = false\nentries = 1\n";
    let world = World::new().with_plans(plans);
    let here = world.replica().await;
    let account = here.account("unlimited").await;
    let board = here.board_of(&account, SortOrder::Desc, Policy::Sum).await;
    let api = here.api(&board.secret);
    let player = Uuid::new_v4();

    // Each refusal is followed by a success under the same key.
    submit(&api, "invalid", r#"{"name":"A","score":1}"#).await.is_error(400, "invalid_name", Some("name"));
    let huge = format!(r#"{{"name":"Ada","score":1e308,"player_id":"{player}"}}"#);
    submit(&api, "invalid", &huge).await.ok();

    submit(&api, "overflow", &huge).await.is_error(400, "invalid_score", Some("score"));
    let less = format!(r#"{{"name":"Ada","score":-1,"player_id":"{player}"}}"#);
    submit(&api, "overflow", &less).await.ok();

    let other = r#"{"name":"Bob","score":1}"#;
    submit(&api, "full", other).await.is_error(400, "plan_limit", None);
    let metadata = r#"{"name":"Bob","score":1,"metadata":{"a":1}}"#;
    submit(&api, "full", metadata).await.is_error(400, "plan_restriction", Some("metadata"));
    api.delete(&format!("{PATH}/{player}")).await.ok();
    submit(&api, "full", other).await.ok();
    assert_eq!(total(&api).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_counts_on_its_leaderboard_alone() {
    let world = World::new();
    let here = world.replica().await;
    let account = here.account("unlimited").await;
    for score in [1, 2] {
        let board = here.board_of(&account, SortOrder::Desc, Policy::Latest).await;
        let api = here.api(&board.secret);
        submit(&api, "one", &format!(r#"{{"name":"Ada","score":{score}}}"#)).await.ok();
        assert_eq!(total(&api).await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_has_1_to_255_characters_of_any_script() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    let body = r#"{"name":"Ada","score":1}"#;
    let (longest, too_long) = ("x".repeat(255), "x".repeat(256));
    let (longest_cyrillic, too_long_cyrillic) = ("ключи".repeat(51), "ключи".repeat(51) + "ы");
    for key in ["1", "a b", "{}:\"'\\", "😀", &longest, &longest_cyrillic] {
        let first = submit(&api, key, body).await.ok();
        assert_eq!(submit(&api, key, body).await.ok(), first, "{key}");
    }
    for key in ["", &too_long, &too_long_cyrillic] {
        submit(&api, key, body).await.is_error(400, "invalid_idempotency_key", FIELD);
    }
    let latin_1 = HeaderValue::from_bytes(b"cl\xe9").expect("a header value");
    let request = api.request(Method::POST, PATH).header("idempotency-key", latin_1);
    let request = request.header("content-type", "application/json").body(body);
    Reply::of(request).await.is_error(400, "invalid_idempotency_key", FIELD);
    assert_eq!(total(&api).await, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_submission_does_not_bring_a_deleted_entry_back() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    let player = Uuid::new_v4();
    let body = format!(r#"{{"name":"Ada","score":1,"player_id":"{player}"}}"#);
    let first = submit(&api, "one", &body).await.ok();
    api.delete(&format!("{PATH}/{player}")).await.ok();
    assert_eq!(submit(&api, "one", &body).await.ok(), first);
    api.get(&format!("{PATH}/{player}")).await.is_error(404, "not_found", None);
}

#[tokio::test(flavor = "multi_thread")]
async fn kept_answers_lapse_after_a_day_and_a_deleted_leaderboards_are_of_no_use() {
    let world = World::new();
    let here = world.replica().await;
    let account = here.account("unlimited").await;
    let board = here.board_of(&account, SortOrder::Desc, Policy::Latest).await;
    let (api, management) = (here.api(&board.secret), here.api(&account.management));
    let body = r#"{"name":"Ada","score":1}"#;
    submit(&api, "one", body).await.ok();
    let mut connection = world.redis().await;
    let pattern = format!("{}:*:answer:*", world.prefix());
    let keys: Vec<String> =
        redis::cmd("KEYS").arg(pattern).query_async(&mut connection).await.expect("names of keys");
    assert_eq!(keys.len(), 1, "{keys:?}");
    assert!(keys[0].contains(&format!("{{{}}}", account.id)), "it is under the account's hash tag: {keys:?}");
    let lapses: i64 = redis::cmd("PTTL").arg(&keys[0]).query_async(&mut connection).await.expect("a time");
    assert!((86_000_000..=86_400_000).contains(&lapses), "{lapses} ms");

    management.delete(&format!("/leaderboards/{}", board.id)).await.ok();
    submit(&api, "one", body).await.is_error(401, "unauthorized", None);
    let answer = management.post("/leaderboards", &json!({"name": "Next"})).await.ok();
    let keys = format!("/leaderboards/{}/keys", answer["id"].as_str().expect("an id"));
    let key = management.post(&keys, &json!({"kind": "secret"})).await.ok();
    let api = here.api(key["key"].as_str().expect("a key"));
    submit(&api, "one", r#"{"name":"Bob","score":2}"#).await.ok();
    assert_eq!(total(&api).await, 1);
}
