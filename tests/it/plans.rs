//! What a plan allows: leaderboards, entries, metadata; plans of one's own; and accounts that change theirs.

use std::{sync::Arc, time::Instant};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use rankora::domain::leaderboard::{Policy, SortOrder};
use serde_json::{Value, json};
use tokio::{sync::Mutex, task::JoinSet};
use uuid::Uuid;

use crate::support::{
    self,
    api::{Api, Reply},
    eventually,
    process::Rankora,
    world::World,
};

const LIST: &str = "/leaderboard/entries";

fn world(limits: &str) -> World {
    let plan = format!("[[plan]]\nname = \"p\"\nmetadata = true\n{limits}\n");
    World::new().with_plans(&plan).with_options(&["--default-plan", "p"])
}

/// Submits for this many new players at once, through all of these; returns how many got in.
async fn submit_newcomers(apis: &[Api], players: usize) -> usize {
    let mut tasks = JoinSet::new();
    for index in 0..players {
        let api = apis[index % apis.len()].clone();
        tasks.spawn(async move { api.submit(Uuid::new_v4(), "Newcomer", 1.0).await });
    }
    let replies = tasks.join_all().await;
    let refused: Vec<_> = replies.iter().filter(|reply| reply.status != 200).collect();
    for reply in &refused {
        reply.is_error(400, "plan_limit", None);
    }
    players - refused.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_over_the_limit_are_refused_and_given_up_places_are_free_again() {
    let world = world("entries = 30");
    let replicas = [world.replica().await, world.replica().await, world.replica().await];
    let account = replicas[0].account("p").await;
    let boards = [
        replicas[0].board_of(&account, SortOrder::Desc, Policy::Latest).await,
        replicas[0].board_of(&account, SortOrder::Asc, Policy::Sum).await,
    ];
    let management = replicas[1].api(&account.management);
    let apis: Vec<_> = (0..6).map(|index| replicas[index % 3].api(&boards[index / 3].secret)).collect();
    let entries = async || management.get("/usage").await.ok()["currentEntries"].clone();
    // Some on either leaderboard, whoever is quicker afterwards.
    assert_eq!(submit_newcomers(&apis[..3], 10).await, 10);
    assert_eq!(submit_newcomers(&apis[3..], 10).await, 10);
    assert_eq!(submit_newcomers(&apis, 60).await, 10);
    assert_eq!(entries().await, 30);
    assert_eq!(management.get("/usage").await.ok()["remainingEntries"], 0);

    // Of those that are there, each may be updated, and one that goes gives its place back.
    let first = &apis[0];
    let player = Uuid::new_v4();
    first.submit(player, "Newcomer", 1.0).await.is_error(400, "plan_limit", None);
    first.get(&format!("{LIST}/{player}")).await.is_error(404, "not_found", None);
    let handle = management.post(&format!("/leaderboards/{}/reset", boards[1].id), &json!({})).await.ok();
    let on_second = handle["removed_entries"].as_u64().expect("a number") as usize;
    assert_eq!(entries().await, 30 - on_second);
    first.submit(player, "Newcomer", 1.0).await.ok();
    assert_eq!(submit_newcomers(&apis, 50).await, on_second - 1);
    first.submit(player, "Newcomer", 2.0).await.ok();
    first.delete(&format!("{LIST}/{player}")).await.ok();
    first.delete(&format!("{LIST}/{player}")).await.is_error(404, "not_found", None);
    assert_eq!(submit_newcomers(&apis, 20).await, 1);

    // A leaderboard that goes gives all its places back.
    let path = format!("/leaderboards/{}", boards[0].id);
    let on_first = management.get(&path).await.ok()["total_entries"].as_u64().expect("a number") as usize;
    management.delete(&path).await.ok();
    assert_eq!(entries().await, 30 - on_first);
    assert_eq!(submit_newcomers(&apis[3..], 40).await, on_first);
    assert_eq!(entries().await, 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn leaderboards_over_the_limit_are_refused_and_given_up_places_are_free_again() {
    let world = world("leaderboards = 4");
    let replicas = [world.replica().await, world.replica().await, world.replica().await];
    let account = replicas[0].account("p").await;
    let create = async || {
        let mut tasks = JoinSet::new();
        for index in 0..15_usize {
            let management = replicas[index % 3].api(&account.management);
            tasks.spawn(async move { management.post("/leaderboards", &json!({"name": "Board"})).await });
        }
        let (made, refused): (Vec<_>, Vec<_>) =
            tasks.join_all().await.into_iter().partition(|reply| reply.status == 201);
        refused.iter().for_each(|reply| reply.is_error(400, "plan_limit", None));
        made.iter().map(|reply| reply.json()["id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    let made = create().await;
    assert_eq!(made.len(), 4);
    let management = replicas[2].api(&account.management);
    let usage = management.get("/usage").await.ok();
    assert_eq!((&usage["currentLeaderboards"], &usage["remainingLeaderboards"]), (&json!(4), &json!(0)));
    for id in &made[..2] {
        management.delete(&format!("/leaderboards/{id}")).await.ok();
        management.delete(&format!("/leaderboards/{id}")).await.is_error(404, "not_found", None);
    }
    assert_eq!(create().await.len(), 2);
    assert_eq!(management.get("/leaderboards").await.ok()["pagination"]["total"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_counted_never_drifts_from_what_is_there() {
    let world = world("entries = 120\nleaderboards = 6");
    let replicas = [world.replica().await, world.replica().await, world.replica().await];
    let account = replicas[0].account("p").await;
    let mut secrets = Vec::new();
    for _ in 0..4 {
        let board = replicas[0].board_of(&account, SortOrder::Desc, Policy::Latest).await;
        secrets.push((board.id.to_string(), board.secret));
    }
    let boards = Arc::new(Mutex::new(secrets));
    let seed = support::seed();
    let mut tasks = JoinSet::new();
    for task in 0..9_u64 {
        let replica = &replicas[task as usize % 3];
        let (api, management) = (replica.api(&account.management), replica.api(&account.management));
        let boards = boards.clone();
        let mut rng = StdRng::seed_from_u64(seed.wrapping_add(task));
        tasks.spawn(async move {
            for _ in 0..120 {
                let (id, secret) = {
                    let boards = boards.lock().await;
                    boards[rng.random_range(0..boards.len())].clone()
                };
                let api = api.with_key(&secret);
                let player = Uuid::from_u128(rng.random_range(0..60));
                let reply = match rng.random_range(0..100) {
                    0 => management.post(&format!("/leaderboards/{id}/reset"), &json!({})).await,
                    1 => {
                        let mut boards = boards.lock().await;
                        if boards.len() > 1 {
                            boards.retain(|(other, _)| *other != id);
                        }
                        drop(boards);
                        management.delete(&format!("/leaderboards/{id}")).await
                    }
                    2 => replace(&management, &boards).await,
                    3..30 => api.delete(&format!("{LIST}/{player}")).await,
                    n => api.submit(player, "Player", f64::from(n)).await,
                };
                // Not there, gone, full, or too many revoked keys from here: all as they should be.
                assert!(matches!(reply.status.as_u16(), 200 | 201 | 400 | 401 | 404 | 429), "{}", reply.text);
            }
        });
    }
    tasks.join_all().await;

    let management = replicas[0].api(&account.management);
    let list = management.get("/leaderboards").await.ok();
    let list = list["leaderboards"].as_array().expect("leaderboards");
    let entries: u64 = list.iter().map(|board| board["total_entries"].as_u64().expect("a number")).sum();
    let usage = management.get("/usage").await.ok();
    assert_eq!(
        (&usage["currentEntries"], &usage["currentLeaderboards"]),
        (&json!(entries), &json!(list.len()))
    );
    assert_eq!(usage["remainingEntries"], 120 - entries);
}

/// Makes a leaderboard and a key, and hands them to the others.
async fn replace(management: &Api, boards: &Mutex<Vec<(String, String)>>) -> Reply {
    let reply = management.post("/leaderboards", &json!({"name": "Board"})).await;
    if reply.status == 201 {
        let id = reply.json()["id"].as_str().expect("an id").to_owned();
        let key = management.post(&format!("/leaderboards/{id}/keys"), &json!({"kind": "secret"})).await;
        if key.status == 201 {
            boards.lock().await.push((id, key.json()["key"].as_str().expect("a key").to_owned()));
        }
    }
    reply
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_is_refused_where_the_plan_has_none_and_nothing_is_written() {
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("free").await;
    let api = replica.api(&board.secret);
    let player = Uuid::new_v4();
    let submit = async |score: i32, metadata: Value| {
        let body = json!({"name": "Player", "score": score, "player_id": player, "metadata": metadata});
        api.post(LIST, &body).await
    };
    submit(1, json!({"level": 1})).await.is_error(400, "plan_restriction", Some("metadata"));
    api.get(&format!("{LIST}/{player}")).await.is_error(404, "not_found", None);
    submit(2, json!({})).await.ok();
    submit(3, Value::Null).await.ok();
    submit(4, json!({"level": 1})).await.is_error(400, "plan_restriction", Some("metadata"));
    // What is wrong anyway is said to be wrong.
    submit(4, json!([1])).await.is_error(400, "invalid_metadata", Some("metadata"));
    let entry = api.get(&format!("{LIST}/{player}")).await.ok();
    assert_eq!((&entry["score"], &entry["metadata"]), (&json!(3), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_plan_is_in_force_on_all_replicas_within_a_second() {
    let world = World::new();
    let replicas = [world.replica().await, world.replica().await, world.replica().await];
    let account = replicas[0].account("free").await;
    let board = replicas[0].board_of(&account, SortOrder::Desc, Policy::Latest).await;
    let body = json!({"name": "Player", "score": 1, "metadata": {"level": 1}});
    for replica in &replicas {
        let api = replica.api(&board.secret);
        let reply = api.post(LIST, &body).await;
        reply.is_error(400, "plan_restriction", Some("metadata"));
        assert_eq!(reply.header("x-ratelimit-limit"), "10000");
    }
    let id = account.id.to_string();
    for (plan, status, limit) in [("indie", 200, "500000"), ("unlimited", 200, ""), ("free", 400, "10000")] {
        let command = ["account", "set-plan", "--account", &id, "--plan", plan, "--json"];
        let ended = world.admin(&command).run().await;
        assert!(ended.status.success(), "{}", ended.log);
        let since = Instant::now();
        let answer: Value = serde_json::from_str(&ended.output).expect("JSON");
        assert_eq!(answer["account"]["plan"], plan);
        for replica in &replicas {
            let api = replica.api(&board.secret);
            eventually("the plan is in force", || async {
                let reply = api.post(LIST, &body).await;
                (reply.header("x-ratelimit-limit") == limit && reply.status == status).then_some(())
            })
            .await;
        }
        assert!(since.elapsed().as_millis() < 1_000, "{plan} after {:?}", since.elapsed());
        assert_eq!(replicas[1].api(&board.secret).get("/usage").await.ok()["plan"], plan);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_plan_is_refused_and_the_account_keeps_its_own() {
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("indie").await;
    let id = board.account.id.to_string();
    for command in [
        &["account", "set-plan", "--account", &id, "--plan", "Indie"][..],
        &["account", "create", "--email", "gold@example.org", "--plan", "gold"],
    ] {
        let ended = world.admin(command).run().await;
        let error = ended.log;
        assert!(!ended.status.success() && ended.output.is_empty());
        assert!(error.contains("no such plan") && error.contains("free, indie, pro, studio"), "{error}");
    }
    assert_eq!(replica.api(&board.secret).get("/usage").await.ok()["plan"], "indie");
    let listed = world.admin(&["account", "list"]).run().await;
    assert!(!listed.output.contains("gold@example.org"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plans_file_replaces_the_built_in_plans() {
    let world = World::new();
    let before = world.replica().await;
    let board = before.board("indie").await;
    assert_eq!(before.api(&board.secret).get(LIST).await.header("x-ratelimit-limit"), "500000");
    before.stop().await;

    let plans = "[[plan]]\nname = \"club\"\nmetadata = false\nrequests_per_month = 77\nentries = 1\n\
                 [[plan]]\nname = \"open\"\nmetadata = true\nrealtime_streams = 3\n";
    let world = world.with_plans(plans).with_options(&["--default-plan", "club"]);
    let replica = world.replica().await;
    // The account's plan is no longer there: it gets the default one.
    let api = replica.api(&board.secret);
    api.submit(Uuid::new_v4(), "Player", 1.0).await.ok();
    let full = api.submit(Uuid::new_v4(), "Player", 1.0).await;
    full.is_error(400, "plan_limit", None);
    assert_eq!(full.header("x-ratelimit-limit"), "77");
    let usage = api.get("/usage").await.ok();
    assert_eq!((&usage["plan"], &usage["remainingLeaderboards"]), (&json!("club"), &Value::Null));

    let open = replica.board("open").await;
    let reply = replica.api(&open.secret).get(LIST).await;
    assert_eq!((reply.status.as_u16(), reply.header("x-ratelimit-limit")), (200, ""));
    assert!(replica.app().create_account("b@example.org", Some("indie")).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_that_can_not_be_meant_keep_the_server_from_starting_and_it_says_why() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("plans.toml");
    let path = path.to_str().expect("text");
    let start = async |default: &str| {
        let line = [
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--redis-url",
            "redis+unix:///nowhere",
            "--plans-file",
            path,
        ];
        let ended = Rankora::new(&line).args(&["--default-plan", default]).run().await;
        assert!(!ended.status.success());
        ended.log
    };
    let missing = start("p").await;
    assert!(missing.contains(path) && missing.contains("No such file"), "{missing}");
    let good = "[[plan]]\nname = \"p\"\nmetadata = true\n";
    for (text, reason) in [
        ("[[plan", "line 1"),
        ("", "no [[plan]]"),
        ("[[plan]]\nname = \"p\"\n", "missing field `metadata`"),
        (&format!("{good}entrys = 5\n"), "unknown field `entrys`"),
        (&format!("{good}entries = -5\n"), "-5"),
        (&format!("{good}requests_per_month = \"many\"\n"), "line 4"),
        (&format!("{good}burst = {{ per_second = 0, bucket = 1 }}\n"), "burst of plan `p`"),
        (&format!("{good}{good}"), "two plans with the name `p`"),
        (&good.replace("\"p\"", "\"P!\""), "a plan's name"),
    ] {
        std::fs::write(path, text).expect("a file");
        let error = start("p").await;
        assert!(error.contains(path) && error.contains(reason), "{text:?}: {error}");
        assert!(!error.contains("panicked"), "{error}");
    }
    std::fs::write(path, good).expect("a file");
    let error = start("gold").await;
    assert!(error.contains("no plan \"gold\""), "{error}");
}
