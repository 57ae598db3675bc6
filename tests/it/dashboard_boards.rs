//! The dashboard: leaderboards, their entries, keys and settings. Each visitor meets two replicas in turn.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU32, Ordering},
};

use rankora::{
    clock::Clock,
    domain::{ids::RemovalId, score_display::ScoreDisplay, timestamp::Timestamp},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    api::Api,
    demo::pasted,
    eventually,
    owner::{Owner, key_in},
    redis::Server,
    visitor::value_of,
    world::World,
};

/// A text as pages write it, read back.
fn plain(html: &str) -> String {
    let parts =
        html.replace("&#34;", "\"").replace("&quot;", "\"").replace("&#39;", "'").replace("&lt;", "<");
    parts.replace("&gt;", ">").replace("&#38;", "&").replace("&amp;", "&")
}

/// Names and scores by rank, as the API lists them. Each time another page, which no replica has cached.
async fn listed(api: &Api) -> Vec<(String, f64)> {
    static TURN: AtomicU32 = AtomicU32::new(0);
    let limit = 50 - TURN.fetch_add(1, Ordering::Relaxed) % 40;
    let list = api.get(&format!("/leaderboard/entries?limit={limit}")).await.ok();
    let row = |row: &Value| {
        (row["name"].as_str().expect("a name").to_owned(), row["score"].as_f64().expect("a score"))
    };
    list["entries"].as_array().expect("rows").iter().map(row).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaderboard_is_made_in_one_step_and_its_keys_are_shown_once() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let empty = owner.visitor.get("/dashboard").await;
    assert!(empty.text.contains("Get your first score on a leaderboard"));
    let (board, secret, publishable) = owner.board("Ночной забег <b>&\"'").await;
    let api = owner.replicas[1].api(&secret);
    assert_eq!(api.get("/leaderboard").await.ok()["name"], "Ночной забег <b>&\"'");
    assert_eq!(api.with_key(&publishable).get("/leaderboard").await.status, StatusCode::OK);
    let again = owner.visitor.get(&format!("{board}/connect")).await;
    assert!(!again.text.contains(&secret), "shown once");
    assert!(again.text.contains(&publishable) && again.text.contains("YOUR_SECRET_KEY"));
    for path in ["/dashboard", "/dashboard/leaderboards", &board] {
        let page = owner.visitor.get(path).await;
        assert!(
            page.text.contains("Ночной забег &#60;b&#62;") && !page.text.contains("<b>&"),
            "{}",
            page.text
        );
    }
    let history = owner.visitor.get(&format!("{board}/history")).await;
    assert!(history.text.contains("Created the leaderboard") && history.text.contains(&owner.email));
    // What can't be made says why beside its field, and keeps what was typed.
    let fields = [("name", "\u{7}"), ("sort_order", "desc"), ("policy", "best"), ("score_format", "number")];
    let new = "/dashboard/leaderboards/new";
    let reply = owner.visitor.submit(new, "/dashboard/leaderboards", &fields).await;
    assert!(reply.status == 400 && reply.text.contains("id=\"name-wrong\""), "{}", reply.text);
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plans_limit_of_leaderboards_is_told_in_the_form() {
    let world = World::new();
    let owner = Owner::on_plan(&world, "free").await;
    for name in ["One", "Two", "Three"] {
        owner.board(name).await;
    }
    let fields = [("name", "Four"), ("sort_order", "desc"), ("policy", "best"), ("score_format", "number")];
    let reply = owner.visitor.submit("/dashboard/leaderboards/new", "/dashboard/leaderboards", &fields).await;
    assert!(reply.status == 400 && reply.text.contains("no room for another leaderboard"), "{}", reply.text);
    assert!(reply.text.contains("value=\"Four\""), "what was typed stays");
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_searched_sorted_and_paged() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let account = owner.replicas[0].app().find_account(&owner.email).await.expect("an account");
    for index in 0..23 {
        let settings = rankora::domain::leaderboard::Settings {
            name: rankora::domain::name::LeaderboardName::parse(&format!("Level {index:02}"))
                .expect("a name"),
            sort_order: rankora::domain::leaderboard::SortOrder::Desc,
            score_format: rankora::domain::leaderboard::ScoreFormat::Number,
            display: ScoreDisplay::default(),
            policy: rankora::domain::leaderboard::Policy::Best,
        };
        let app = owner.replicas[0].app();
        app.create_leaderboard(account.id, &app.plan_of(&account), &settings).await.expect("a board");
    }
    let names = async |query: &str| {
        let page = owner.visitor.get(&format!("/dashboard/leaderboards{query}")).await.text;
        page.split("<bdi>")
            .skip(1)
            .map(|rest| rest.split('<').next().expect("text").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names("").await[0], "Level 22");
    assert_eq!(names("").await.len(), 20);
    assert_eq!(names("?page=2").await, ["Level 02", "Level 01", "Level 00"]);
    assert_eq!(names("?page=99").await.len(), 3, "the last page");
    assert_eq!(names("?sort=name").await[0], "Level 00");
    assert_eq!(
        names("?search=LEVEL+1&sort=oldest").await,
        (10..20).map(|i| format!("Level {i}")).collect::<Vec<_>>()
    );
    assert_eq!(names("?search=nothing").await, Vec::<String>::new());
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shown_curl_line_works_as_pasted() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let fields = [("name", "Mine"), ("sort_order", "desc"), ("policy", "best"), ("score_format", "number")];
    let page = owner.submit("/dashboard/leaderboards/new", "/dashboard/leaderboards", &fields).await;
    let curl =
        page.text.split("<code>curl").nth(1).expect("a line").split("</code>").next().expect("its end");
    let output = pasted(&format!("curl -s {}", plain(curl))).output().expect("sh");
    let answer: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error} {output:?}"));
    assert_eq!((&answer["success"], &answer["rank"]), (&json!(true), &json!(1)), "{answer}");
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shown_javascript_runs_as_pasted() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let fields = [("name", "Mine"), ("sort_order", "desc"), ("policy", "best"), ("score_format", "number")];
    let page = owner.submit("/dashboard/leaderboards/new", "/dashboard/leaderboards", &fields).await;
    let code = page.text.split("<code>const response").nth(1).expect("code").split("</code>").next();
    let code = plain(&format!("const response{}", code.expect("its end")));
    let output = std::process::Command::new("node").args(["--input-type=module", "-e", &code]).output();
    let output = output.expect("node, which scripts/setup.sh --dev installs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.starts_with("Rank 1. Keep ") && output.status.success(), "{output:?}");
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_is_undone_from_the_history_while_it_is_kept() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let (board, secret, _) = owner.board("Mine").await;
    let api = owner.replicas[0].api(&secret);
    for (name, score) in [("Ada", 3.0), ("Bob", 2.0), ("Cyd", 1.0)] {
        api.submit(Uuid::new_v4(), name, score).await.ok();
    }
    let (remove, history) = (format!("{board}/remove"), format!("{board}/history"));
    for name in ["Ada", "Bob"] {
        let fields = [("name", name), ("count", "1")];
        owner.submit(&format!("{remove}?name={name}"), &remove, &fields).await;
    }
    // Another page has been between: what is said once is over.
    owner.visitor.get(&board).await;
    let page = owner.visitor.get(&history).await.text;
    assert_eq!(page.matches(">Undo</button>").count(), 2, "{page}");
    let first = page.split("name like Ada").nth(1).expect("the removal of Ada");
    let removal = value_of(first, "removal").expect("a removal");
    owner.submit(&history, &format!("{board}/restore"), &[("removal", &removal)]).await;
    assert_eq!(listed(&api).await, [("Ada".to_owned(), 3.0), ("Cyd".to_owned(), 1.0)]);
    // It was undone, and the other one's hour is over.
    let page = owner.visitor.get(&history).await.text;
    assert_eq!(page.matches(">Undo</button>").count(), 1, "{page}");
    let left = value_of(&page, "removal").expect("a removal");
    assert_ne!(left, removal);
    let stored = world.stored().await;
    let key = stored.keys().find(|key| key.ends_with(&format!(":removed:{left}"))).expect("what is kept");
    let key = format!("{}:{key}", world.prefix());
    let () = redis::cmd("DEL").arg(key).query_async(&mut world.redis().await).await.expect("gone");
    assert!(!owner.visitor.get(&history).await.text.contains(">Undo</button>"));
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scores_are_shown_with_the_chosen_decimals_and_unit() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let (board, secret, _) = owner.board("Mine").await;
    owner.replicas[0].api(&secret).submit(Uuid::new_v4(), "Ada", 4083.456).await.ok();
    let settings = format!("{board}/settings");
    let save = async |format: &str, decimals: &str, unit: &str| {
        let same = [("name", "Mine"), ("sort_order", "desc"), ("policy", "best"), ("score_format", format)];
        let fields = [&same[..], &[("decimals", decimals), ("unit", unit)]].concat();
        owner.visitor.submit(&settings, &settings, &fields).await
    };
    for (format, decimals, unit, shown) in [
        ("number", "", "", "4,083.456"),
        ("number", "1", "km", "4,083.5\u{a0}km"),
        ("time", "0", "", "1:08:03"),
        ("time", "2", "<b>h</b>", "1:08:03.46\u{a0}<b>h</b>"),
    ] {
        assert!(save(format, decimals, unit).await.status.is_redirection(), "{format} {decimals} {unit}");
        for page in [board.as_str(), &settings, &format!("{board}/remove?name=ada")] {
            let page = owner.visitor.get(page).await.text;
            let written = shown.replace('<', "&#60;").replace('>', "&#62;");
            assert!(page.contains(&format!(">{written}<")), "{shown}: {page}");
            assert!(!page.contains("<b>h</b>"), "a unit is text");
        }
    }
    for (decimals, unit, says) in
        [("7", "", "0 to 6 decimals"), ("", "thirteen char", "12 visible characters")]
    {
        let reply = save("number", decimals, unit).await;
        assert!(reply.status == StatusCode::BAD_REQUEST && reply.text.contains(says), "{}", reply.text);
    }
    let history = owner.visitor.get(&format!("{board}/history")).await.text;
    assert!(history.contains("how scores are shown"), "{history}");
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn players_are_found_by_rank_by_id_and_by_part_of_their_name() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let (board, secret, _) = owner.board("Mine").await;
    let api = owner.replicas[0].api(&secret);
    let mut players = Vec::new();
    for index in 0..60 {
        let player = Uuid::new_v4();
        api.submit(player, &format!("Player {index:02}"), f64::from(1000 - index)).await.ok();
        players.push(player);
    }
    let to = owner.visitor.get(&format!("{board}?rank=37")).await;
    assert_eq!(to.header("location"), format!("{board}?page=2&marked=37#rank-37"));
    let page = owner.visitor.get(&format!("{board}?page=2&marked=37")).await;
    assert!(
        page.text.contains("Player 36")
            && page.text.contains("id=\"rank-37\"")
            && page.text.contains("26–50 of 60")
    );
    assert!(!page.text.contains("Player 24") && !page.text.contains("Player 50"));
    let beyond = owner.visitor.get(&format!("{board}?rank=999999")).await;
    assert!(beyond.header("location").contains("marked=60"), "{}", beyond.header("location"));
    let to = owner.visitor.get(&format!("{board}?find={}", players[7])).await;
    assert_eq!(to.header("location"), format!("{board}/entries/{}", players[7]));
    let found = owner.visitor.get(&format!("{board}?find=pLAYER+1")).await;
    assert!(
        found.text.contains("10 players are called like") && found.text.contains("Player 19"),
        "{}",
        found.text
    );
    let nobody = owner.visitor.get(&format!("{board}?find=Zed")).await;
    assert!(nobody.text.contains("Nobody is called"), "{}", nobody.text);
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_is_edited_whatever_the_policy_and_streams_and_history_tell_it() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let (board, secret, _) = owner.board("Best only").await;
    let api = owner.replicas[1].api(&secret);
    let (ada, bob) = (Uuid::new_v4(), Uuid::new_v4());
    api.submit(ada, "Ada", 300.0).await.ok();
    api.submit(bob, "Bob", 200.0).await.ok();
    let before = api.get("/usage").await.ok()["currentRequests"].clone();
    let mut stream = api.stream("?limit=5").await;
    stream.begin().await;
    let page = format!("{board}/entries/{ada}");
    let fields = [("name", "Ada L"), ("score", "150.5"), ("metadata", "{\"level\":3}")];
    let saved = owner.submit(&page, &page, &fields).await;
    assert!(saved.text.contains("The entry is saved") && saved.text.contains("150.5"), "{}", saved.text);
    let event = stream.next().await.expect("an event").data;
    let told = &event["payload"];
    assert_eq!(
        (&told["eventType"], &told["old"]["rank"], &told["new"]["rank"]),
        (&json!("UPDATE"), &json!(1), &json!(2))
    );
    assert_eq!((&told["new"]["score"], &told["new"]["metadata"]["level"]), (&json!(150.5), &json!(3)));
    assert_eq!(listed(&api).await, [("Bob".to_owned(), 200.0), ("Ada L".to_owned(), 150.5)]);
    let entry = api.get(&format!("/leaderboard/entries/{ada}")).await.ok();
    assert_eq!((&entry["rank"], &entry["score"]), (&json!(2), &json!(150.5)));
    drop(stream);
    // The owner's own look and change are no requests: of those since, there are the stream, the list and the entry.
    let after = owner.replicas[1].api(&secret).get("/usage").await.ok()["currentRequests"]
        .as_u64()
        .expect("a number");
    assert_eq!(after, before.as_u64().expect("a number") + 3);
    let history = owner.visitor.get(&format!("{board}/history")).await;
    assert!(history.text.contains("Edited Ada: name to Ada L, score from 300 to 150.5"), "{}", history.text);
    for (fields, wrong) in [
        ([("name", "A"), ("score", "1"), ("metadata", "")], "name-wrong"),
        ([("name", "Ada"), ("score", "1e999"), ("metadata", "")], "score-wrong"),
        ([("name", "Ada"), ("score", "one"), ("metadata", "")], "score-wrong"),
        ([("name", "Ada"), ("score", "1"), ("metadata", "[1]")], "metadata-wrong"),
    ] {
        let reply = owner.visitor.submit(&page, &page, &fields).await;
        assert!(reply.status == 400 && reply.text.contains(wrong), "{wrong}: {}", reply.text);
    }
    assert_eq!(
        owner.visitor.get(&format!("{board}/entries/{}", Uuid::new_v4())).await.status,
        StatusCode::NOT_FOUND
    );
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_score_takes_its_place_behind_equals_and_in_an_order_that_is_being_built() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let (board, secret, _) = owner.board("Ties").await;
    let api = owner.replicas[0].api(&secret);
    let players: Vec<_> = (0..3).map(|_| Uuid::new_v4()).collect();
    for (index, player) in players.iter().enumerate() {
        api.submit(*player, ["First", "Second", "Third"][index], 100.0 - index as f64).await.ok();
    }
    let edit = async |player: &Uuid, name: &str, score: &str| {
        let page = format!("{board}/entries/{player}");
        owner.submit(&page, &page, &[("name", name), ("score", score), ("metadata", "")]).await;
    };
    edit(&players[2], "Third", "100").await;
    edit(&players[0], "Renamed", "100").await;
    let names: Vec<_> = listed(&api).await.into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        ["Renamed", "Third", "Second"],
        "who reached it first is ahead, and a new name moves nobody"
    );
    let settings = [("name", "Ties"), ("sort_order", "asc"), ("policy", "best"), ("score_format", "time")];
    owner.submit(&format!("{board}/settings"), &format!("{board}/settings"), &settings).await;
    eventually("the other order", async || {
        (api.get("/leaderboard").await.ok()["sort_order"] == "asc").then_some(())
    })
    .await;
    let names: Vec<_> = listed(&api).await.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["Second", "Renamed", "Third"]);
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_are_removed_in_bulk_after_a_preview_and_put_back_at_their_places() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let (board, secret, _) = owner.board("Mine").await;
    let api = owner.replicas[0].api(&secret);
    let mut players = BTreeMap::new();
    // 250 cheats with one score, so that their order hangs on who came first; three scripts have to remove them.
    for index in 0..260 {
        let (name, player) = (
            if index < 250 { format!("cheat {index:03}") } else { format!("honest {index}") },
            Uuid::new_v4(),
        );
        api.submit(player, &name, if index < 250 { 9000.0 } else { f64::from(index) }).await.ok();
        players.insert(name, player);
    }
    let all = async || {
        let mut rows = Vec::new();
        for offset in (0..300).step_by(50) {
            let list = api.get(&format!("/leaderboard/entries?limit=50&offset={offset}")).await.ok();
            rows.extend(list["entries"].as_array().expect("rows").clone());
        }
        rows
    };
    let before = all().await;
    let page = format!("{board}/remove");
    let preview = owner.visitor.get(&format!("{page}?name=CHEAT&lowest=9000")).await;
    assert!(
        preview.text.contains("250 entries fit") && preview.text.contains("cheat 000"),
        "{}",
        preview.text
    );
    assert_eq!(value_of(&preview.text, "count").as_deref(), Some("250"));
    assert!(owner.visitor.get(&format!("{page}?lowest=x")).await.text.contains("lowest-wrong"));
    assert!(owner.visitor.get(&format!("{page}?name=nobody")).await.text.contains("No entry fits"));
    // More than was seen is shown again; nothing at all removes nothing.
    let few = owner.visitor.submit(&page, &page, &[("name", "cheat"), ("count", "249")]).await;
    assert!(few.status.is_success() && few.text.contains("250 entries fit"));
    let none = owner.visitor.submit(&page, &page, &[("name", ""), ("count", "999")]).await;
    assert!(none.status.is_success() && all().await.len() == 260);

    let removed =
        owner.submit(&page, &page, &[("name", "cheat"), ("lowest", "9000"), ("count", "250")]).await;
    assert!(
        removed.text.contains("The entries are removed") && removed.text.contains("Undo"),
        "{}",
        removed.text
    );
    assert_eq!(all().await.len(), 10);
    assert_eq!(api.get("/usage").await.ok()["currentEntries"], 10);
    // One has played again meanwhile, and keeps that.
    api.submit(players["cheat 007"], "reformed", 5.0).await.ok();
    let removal = value_of(&removed.text, "removal").expect("an id");
    let restore = format!("{board}/restore");
    let back = owner.submit(&board, &restore, &[("removal", &removal)]).await;
    assert!(back.text.contains("Entries put back: 249"), "{}", back.text);
    let after = all().await;
    assert_eq!(api.get("/usage").await.ok()["currentEntries"], 260);
    let without = |rows: &[Value]| {
        let rows = rows.iter().filter(|row| row["name"] != "cheat 007" && row["name"] != "reformed");
        rows.map(|row| (row["name"].clone(), row["score"].clone(), row["updated_at"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(without(&after), without(&before), "the same order, to the last tie");
    assert!(
        owner.submit(&board, &restore, &[("removal", &removal)]).await.text.contains("Entries put back: 0")
    );
    let history = owner.visitor.get(&format!("{board}/history")).await.text;
    assert!(history.contains("Removed 250 entries with a name like cheat from a score of 9000"), "{history}");
    assert!(history.contains("Restored 249 entries"), "{history}");
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_entry_is_removed_and_its_removal_undone() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let (board, secret, _) = owner.board("Mine").await;
    let api = owner.replicas[0].api(&secret);
    let player = Uuid::new_v4();
    api.submit(player, "Ada", 10.0).await.ok();
    let page = format!("{board}/entries/{player}");
    let removed = owner.submit(&page, &page, &[("do", "remove")]).await;
    assert_eq!(api.get(&format!("/leaderboard/entries/{player}")).await.status, StatusCode::NOT_FOUND);
    let removal = value_of(&removed.text, "removal").expect("an id");
    owner.submit(&board, &format!("{board}/restore"), &[("removal", &removal)]).await;
    assert_eq!(api.get(&format!("/leaderboard/entries/{player}")).await.ok()["score"], 10);
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_removed_is_not_put_back_where_the_plan_has_no_room_any_more() {
    let plans = "[[plan]]\nname = \"small\"\nentries = 2\nmetadata = false\nrealtime_streams = 0\n";
    let world = World::new().with_plans(plans).with_options(&["--default-plan", "small"]);
    let owner = Owner::on_plan(&world, "small").await;
    let (board, secret, _) = owner.board("Mine").await;
    let api = owner.replicas[0].api(&secret);
    let player = Uuid::new_v4();
    api.submit(player, "Ada", 10.0).await.ok();
    let page = format!("{board}/entries/{player}");
    let removed = owner.submit(&page, &page, &[("do", "remove")]).await;
    let removal = value_of(&removed.text, "removal").expect("an id");
    for name in ["Bob", "Eve"] {
        api.submit(Uuid::new_v4(), name, 1.0).await.ok();
    }
    let reply = owner.visitor.submit(&board, &format!("{board}/restore"), &[("removal", &removal)]).await;
    assert!(reply.status == 400 && reply.text.contains("no room"), "{}", reply.text);
    assert_eq!(listed(&api).await.len(), 2);
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_is_imported_again_and_refused_rows_are_reported() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let (board, secret, _) = owner.board("Mine").await;
    let api = owner.replicas[0].api(&secret);
    for index in 0..450 {
        api.submit(Uuid::new_v4(), &format!("Player {index}"), f64::from(index)).await.ok();
    }
    let file = owner.visitor.get(&format!("{board}/export.csv")).await;
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert!(file.header("content-disposition").starts_with("attachment"));
    let lines: Vec<_> = file.text.lines().collect();
    assert_eq!(lines.len(), 451);
    assert_eq!(lines[0], "rank,player_id,name,score,metadata,created_at,updated_at");
    assert!(lines[1].starts_with("1,") && lines[1].contains("Player 449,449,"), "{}", lines[1]);

    let (copy, copys_secret, _) = owner.board("Copy").await;
    let page = format!("{copy}/import");
    let table = format!("{}\n{}\n", lines[0], lines[1..=60].join("\n"));
    let report = owner.visitor.submit(&page, &page, &[("table", &table)]).await;
    assert!(report.text.contains("60 accepted, 0 refused"), "{}", report.text);
    let copys_api = api.with_key(&copys_secret);
    let tops = [listed(&copys_api).await, listed(&api).await];
    assert_eq!(tops[0][..10], tops[1][..10]);
    let used = copys_api.get("/usage").await.ok()["currentRequests"].as_u64().expect("a number");
    assert_eq!(used, 452, "imports are no requests");
    let table = "name,score\nGood One,1\nX,2\nNo Score,\n\"Two\nLines\",3\nGood Two,4\n";
    let report = owner.visitor.submit(&page, &page, &[("table", table)]).await;
    assert!(report.text.contains("2 accepted, 3 refused"), "{}", report.text);
    for line in ["Line 3:", "Line 4:", "Line 5:"] {
        assert!(report.text.contains(line), "{line} {}", report.text);
    }
    // As a form ends its lines, with empty ones, and without an end behind the last.
    let table = "name,score\r\n\r\nGood One,1\r\n\r\n\r\nX,2\r\nY,3";
    let report = owner.visitor.submit(&page, &page, &[("table", table)]).await;
    for line in ["Line 6:", "Line 7:"] {
        assert!(report.text.contains(line), "{line} {}", report.text);
    }
    let reply = owner.visitor.submit(&page, &page, &[("table", "player,points\nA,1\n")]).await;
    assert!(reply.status == 400 && reply.text.contains("the column name is missing"), "{}", reply.text);
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_made_rotated_with_an_overlap_and_revoked() {
    let clock = Clock::manual(Timestamp::from_micros(1_800_000_000_000_000));
    let world = World::new().with_clock(clock.clone());
    let owner = Owner::of(&world).await;
    let (board, secret, _) = owner.board("Mine").await;
    let page = format!("{board}/connect");
    let made = owner.submit(&page, &page, &[("kind", "publishable"), ("label", "My <site>")]).await;
    assert!(made.text.contains("My &#60;site&#62;"), "{}", made.text);
    let made = owner.submit(&page, &page, &[("kind", "secret"), ("label", "Server")]).await;
    let server = key_in(&made.text, "rk_sec_");
    assert!(!owner.visitor.get(&page).await.text.contains(&server), "shown once");
    let id_beside = |html: &str, label: &str| {
        let row = html.split("<tr>").find(|row| row.contains(label)).expect("a row");
        value_of(row, "key").expect("an id")
    };
    let id = id_beside(&made.text, "Server");
    let rotated = owner.submit(&page, &format!("{page}/rotate"), &[("key", &id)]).await;
    let new = key_in(&rotated.text, "rk_sec_");
    assert_ne!(new, server);
    let status =
        async |key: &str, replica: usize| owner.replicas[replica].api(key).get("/leaderboard").await.status;
    for replica in 0..2 {
        assert_eq!(status(&server, replica).await, StatusCode::OK, "the old one goes on");
        assert_eq!(status(&new, replica).await, StatusCode::OK);
    }
    let again = owner.visitor.submit(&page, &format!("{page}/rotate"), &[("key", &id)]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    clock.set(Timestamp::from_micros(clock.now().micros() + 24 * 60 * 60 * 1_000_000));
    // Looking at the page is what clears it away for good; the caches know within seconds by themselves.
    owner.visitor.get(&page).await;
    for replica in 0..2 {
        eventually("the old one is over", async || (status(&server, replica).await == 401).then_some(()))
            .await;
        assert_eq!(status(&new, replica).await, StatusCode::OK);
    }
    let first = id_beside(&owner.visitor.get(&page).await.text, "Game");
    let revoked = owner.submit(&page, &format!("{page}/revoke"), &[("key", &first)]).await;
    assert!(revoked.text.contains("The key is revoked"));
    for replica in 0..2 {
        eventually("revoked", async || (status(&secret, replica).await == 401).then_some(())).await;
    }
    let history = owner.visitor.get(&format!("{board}/history")).await.text;
    for what in [
        "Created the secret key “Server”",
        "Rotated the secret key “Server”",
        "Revoked the secret key “Game”",
    ] {
        assert!(history.contains(what), "{what} {history}");
    }
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_changed_and_what_can_not_be_undone_needs_the_name() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let (board, secret, _) = owner.board("Mine").await;
    let api = owner.replicas[1].api(&secret);
    api.submit(Uuid::new_v4(), "Ada", 10.0).await.ok();
    let page = format!("{board}/settings");
    let fields = [("name", "Yours"), ("sort_order", "desc"), ("policy", "sum"), ("score_format", "time")];
    let saved = owner.submit(&page, &page, &fields).await;
    assert!(
        saved.text.contains("The settings are saved") && saved.text.contains("value=\"Yours\""),
        "{}",
        saved.text
    );
    assert_eq!(api.get("/leaderboard").await.ok()["score_format"], "time");
    for form in ["reset", "delete"] {
        let reply = owner.visitor.submit(&page, &format!("{board}/{form}"), &[("confirm", "mine")]).await;
        assert!(reply.status == 400 && reply.text.contains(&format!("{form}-wrong")), "{}", reply.text);
    }
    assert_eq!(listed(&api).await.len(), 1);
    let reset = owner.submit(&page, &format!("{board}/reset"), &[("confirm", "Yours")]).await;
    assert!(reset.text.contains("Entries removed: 1") && listed(&api).await.is_empty());
    let deleted = owner.submit(&page, &format!("{board}/delete"), &[("confirm", "Yours")]).await;
    assert!(
        deleted.text.contains("The leaderboard is deleted") && deleted.text.contains("No leaderboards yet")
    );
    assert_eq!(owner.visitor.get(&board).await.status, StatusCode::NOT_FOUND);
    assert_eq!(api.get("/leaderboard").await.status, StatusCode::UNAUTHORIZED);
    let left = world.stored().await.into_keys().filter(|key| key.contains(":b:")).collect::<Vec<_>>();
    assert_eq!(left, Vec::<String>::new(), "nothing of it is left");
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_spread_of_scores_counts_each_entry_once() {
    let server = Server::start(&[]);
    let world = World::on(&server);
    let owner = Owner::of(&world).await;
    let (board, secret, _) = owner.board("Mine").await;
    let account = owner.replicas[0].app().find_account(&owner.email).await.expect("an account").id;
    let id =
        rankora::domain::ids::LeaderboardId::parse(board.rsplit('/').next().expect("an id")).expect("an id");
    let app = owner.replicas[0].app();
    assert!(app.score_distribution(account, id).await.expect("bars").is_empty());
    let api = owner.replicas[0].api(&secret);
    api.submit(Uuid::new_v4(), "Ada", 0.1).await.ok();
    let bars = app.score_distribution(account, id).await.expect("bars");
    assert_eq!((bars.len(), bars[0].entries), (1, 1));
    for index in 0..100 {
        api.submit(Uuid::new_v4(), "Ada", f64::from(index) / 3.0).await.ok();
    }
    let bars = app.score_distribution(account, id).await.expect("bars");
    assert_eq!((bars.len(), bars.iter().map(|bar| bar.entries).sum::<u64>()), (24, 101));
    let page = owner.visitor.get(&board).await;
    assert!(page.text.contains("How the scores are spread"), "{}", page.text);
    // What was removed together is kept for an hour, and not for ever.
    let removal = RemovalId::new_v4();
    let player = Uuid::new_v4();
    api.submit(player, "Gone", 1.0).await.ok();
    let player = rankora::domain::ids::PlayerId::from_bytes(player.into_bytes());
    assert_eq!(app.remove_entries(account, id, removal, &[player]).await.expect("removed"), 1);
    let key = format!("{}:removed:{removal}", world.keys_of(account, id).board);
    let left: i64 = redis::cmd("PTTL").arg(key).query_async(&mut world.redis().await).await.expect("a time");
    assert!((3_000_000..=3_600_000).contains(&left), "{left}");
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_counted_by_days_over_all_replicas_and_kept_for_forty() {
    let clock = Clock::manual(Timestamp::from_micros(1_800_000_000_000_000));
    let world = World::new().with_clock(clock.clone());
    let owner = Owner::of(&world).await;
    let (_, secret, _) = owner.board("Mine").await;
    let account = owner.replicas[0].app().find_account(&owner.email).await.expect("an account").id;
    let players: Vec<_> = (0..3).map(|_| Uuid::new_v4()).collect();
    for replica in &owner.replicas {
        let api = replica.api(&secret);
        for player in &players {
            api.submit(*player, "Ada", 1.0).await.ok();
        }
        api.submit(players[0], "X", 1.0).await.is_error(400, "invalid_name", Some("name"));
        api.get("/usage").await.ok();
    }
    let app = owner.replicas[1].app();
    let today = async || *app.last_days(account, 30).await.expect("days").last().expect("today");
    let counted = eventually("all of it", async || {
        let today = today().await;
        (today.requests == 8 && today.submissions == 6).then_some(today)
    });
    let counted = counted.await;
    assert_eq!((counted.refusals, counted.players), (2, 3));
    assert!(counted.begins.event_text().starts_with("2027-01-15T00:00:00"), "{counted:?}");
    let overview = owner.visitor.get("/dashboard").await.text;
    assert!(overview.contains("The last 30 days") && overview.contains("Jan 15: 6"), "{overview}");
    // A day later it is yesterday's; after forty, it is gone.
    let day = 24 * 60 * 60 * 1_000_000;
    clock.set(Timestamp::from_micros(clock.now().micros() + day));
    assert_eq!(
        (today().await.requests, app.last_days(account, 2).await.expect("days")[0].submissions),
        (0, 6)
    );
    clock.set(Timestamp::from_micros(clock.now().micros() + 39 * day));
    owner.replicas[0].api(&secret).submit(players[0], "Ada", 2.0).await.ok();
    eventually("the first day is gone", async || {
        let days = &world.stored_with_days().await[&format!("{{{account}}}:days")];
        days.keys().all(|field| !field.starts_with(b"20833 ")).then_some(())
    })
    .await;
    owner.stop().await;
}
