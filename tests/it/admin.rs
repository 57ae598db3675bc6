//! The admin commands: what they answer, and that running replicas heed it at once.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use rankora::store::Keys;
use redis::AsyncCommands;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    eventually,
    process::{Ended, Rankora},
    world::World,
};

/// The answer to a command that must succeed, without a word on stderr.
async fn answer(world: &World, args: &[&str]) -> Value {
    let ended = world.admin(args).args(&["--json"]).run().await;
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(ended.log, "", "it has nothing to say");
    serde_json::from_str(&ended.output).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

#[track_caller]
fn is_failure(ended: &Ended, reason: &str) {
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert_eq!((ended.log.as_str(), ended.output.as_str()), (format!("rankora: {reason}").as_str(), ""));
}

/// All keys of a world in Redis.
async fn redis_keys(world: &World) -> Vec<String> {
    world.redis().await.keys(format!("{}:*", world.prefix())).await.expect("keys")
}

/// The names of an object's fields.
fn fields(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_created_listed_and_put_on_other_plans() {
    let world = World::new();
    let created =
        answer(&world, &["account", "create", "--email", "Studio@example.org", "--plan", "pro"]).await;
    assert_eq!(fields(&created), ["account"]);
    let account = &created["account"];
    assert_eq!(fields(account), ["created_at", "email", "id", "plan"]);
    assert_eq!((&account["email"], &account["plan"]), (&json!("Studio@example.org"), &json!("pro")));
    let id = account["id"].as_str().expect("an id");
    Uuid::parse_str(id).expect("a UUID");
    // Whoever hosts it for themselves has no plan to sell.
    let other = answer(&world, &["account", "create", "--email", "other@example.org"]).await;
    assert_eq!(other["account"]["plan"], "unlimited");

    for named in [id, "studio@example.ORG"] {
        let changed = answer(&world, &["account", "set-plan", "--account", named, "--plan", "indie"]).await;
        assert_eq!(changed["account"]["plan"], "indie");
        answer(&world, &["account", "set-plan", "--account", named, "--plan", "pro"]).await;
    }
    let listed = answer(&world, &["account", "list"]).await;
    assert_eq!(listed, json!({"accounts": [account, other["account"]]}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_creation_that_was_killed_half_way_can_be_repeated() {
    let world = World::new();
    let keys = Keys::new(world.prefix());
    let mut redis = world.redis().await;
    // Its address was claimed, and it never came to be.
    let nobody = Uuid::new_v4().to_string();
    let () = redis.set(keys.email("one@example.org"), &nobody).await.expect("a claim");
    let create = ["account", "create", "--email", "One@example.org"];
    let created = answer(&world, &create).await;
    let listed = answer(&world, &["account", "list"]).await;
    assert_eq!(listed, json!({"accounts": [created["account"]]}));
    let found = ["account", "set-plan", "--account", "one@example.org", "--plan", "pro"];
    assert_eq!(answer(&world, &found).await["account"]["id"], created["account"]["id"]);

    // It came to be, and was never listed.
    let id = created["account"]["id"].as_str().expect("an id");
    let () = redis.zrem(keys.accounts(), id).await.expect("an index");
    assert_eq!(answer(&world, &["account", "list"]).await, json!({"accounts": []}));
    let before = redis_keys(&world).await;
    is_failure(&world.admin(&create).run().await, "There is an account with this e-mail address");
    assert_eq!(answer(&world, &["account", "list"]).await["accounts"][0]["id"], id);
    let mut after = redis_keys(&world).await;
    after.retain(|key| !before.contains(key));
    assert_eq!(after, [keys.accounts()], "the one that was refused left nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_creations_at_once_one_is_granted_the_address() {
    let world = World::new();
    let create = async || {
        let ended = world.admin(&["account", "create", "--email", "one@example.org"]).run().await;
        ended.status.success()
    };
    let (a, b, c, d) = tokio::join!(create(), create(), create(), create());
    assert_eq!([a, b, c, d].into_iter().filter(|created| *created).count(), 1);
    assert_eq!(answer(&world, &["account", "list"]).await["accounts"].as_array().expect("a list").len(), 1);
    assert_eq!(redis_keys(&world).await.len(), 3, "record, claim and index");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_done_is_said_on_stderr_alone() {
    let world = World::new();
    let account = ["account", "create", "--email", "one@example.org", "--plan", "free"];
    let created = answer(&world, &account).await;
    let id = created["account"]["id"].as_str().expect("an id");
    let nobody = Uuid::new_v4().to_string();
    let plans = "There is no such plan; there are free, indie, pro, studio, unlimited";
    for (args, reason) in [
        (
            &["account", "create", "--email", "ONE@example.org"][..],
            "There is an account with this e-mail address",
        ),
        (&["account", "create", "--email", "nonsense"], "This is no e-mail address"),
        (&["account", "create", "--email", "two@example.org", "--plan", "gold"], plans),
        (&["account", "set-plan", "--account", id, "--plan", "gold"], plans),
        (&["account", "set-plan", "--account", &nobody, "--plan", "pro"], "Account not found"),
        (&["account", "key", "create", "--account", "nobody@example.org"], "Account not found"),
        (&["leaderboard", "list", "--account", "nobody@example.org"], "Account not found"),
        (&["key", "list", "--account", "nobody@example.org"], "Account not found"),
        (&["key", "revoke", "--account", id, "--key", &nobody], "Key not found"),
        (&["key", "revoke", "--account", id, "--key", "nonsense"], "The key's id must be a UUID"),
        (
            &["key", "create", "--account", id, "--leaderboard", &nobody, "--kind", "secret"],
            "Leaderboard not found",
        ),
        (
            &["key", "create", "--account", id, "--leaderboard", "nonsense", "--kind", "secret"],
            "The leaderboard's id must be a UUID",
        ),
    ] {
        for json in [&["--json"][..], &[]] {
            is_failure(&world.admin(args).args(json).run().await, reason);
        }
    }
    // The command line itself is wrong: its usage is shown.
    for args in [
        &["leaderboard", "create", "--account", id, "--name", "Board", "--sort-order", "up"][..],
        &["key", "create", "--account", id, "--leaderboard", &nobody, "--kind", "management"],
        &["account", "create"],
        &["account"],
    ] {
        let ended = world.admin(args).run().await;
        assert_eq!((ended.status.code(), ended.output.as_str()), (Some(2), ""), "{ended:?}");
        assert!(ended.log.contains("Usage:") || ended.log.contains("--help"), "{}", ended.log);
    }
    let up = ["leaderboard", "create", "--account", id, "--name", "Board", "--sort-order", "up"];
    let said = world.admin(&up).run().await.log;
    assert!(said.contains("it must be one of: desc, asc"), "{said}");
    let boards = ["leaderboard", "create", "--account", id, "--name", "Board"];
    for _ in 0..3 {
        answer(&world, &boards).await;
    }
    is_failure(&world.admin(&boards).run().await, "The plan has no room for another leaderboard");
    assert_eq!(answer(&world, &["account", "list"]).await["accounts"].as_array().expect("a list").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_leaderboard_comes_with_keys_that_work() {
    let world = World::new();
    let replica = world.replica().await;
    answer(&world, &["account", "create", "--email", "one@example.org"]).await;
    let plain =
        answer(&world, &["leaderboard", "create", "--account", "one@example.org", "--name", "Plain"]).await;
    assert_eq!(fields(&plain), ["leaderboard", "publishable_key", "secret_key"]);
    let settings = |value: &Value| {
        ["name", "sort_order", "policy", "score_format"]
            .map(|name| value[name].as_str().expect("text").to_owned())
    };
    assert_eq!(settings(&plain["leaderboard"]), ["Plain", "desc", "latest", "number"]);
    let options = ["--sort-order", "asc", "--policy", "best", "--score-format", "time"];
    let mut args = vec!["leaderboard", "create", "--account", "one@example.org", "--name", "Laps"];
    args.extend(options);
    let laps = answer(&world, &args).await;
    assert_eq!(settings(&laps["leaderboard"]), ["Laps", "asc", "best", "time"]);

    let secret = laps["secret_key"].as_str().expect("a key");
    let publishable = laps["publishable_key"].as_str().expect("a key");
    assert!(secret.starts_with("rk_sec_") && publishable.starts_with("rk_pub_"), "{laps}");
    replica.api(secret).submit(Uuid::new_v4(), "Ada", 61.5).await.ok();
    let own = replica.api(publishable).get("/leaderboard").await.ok();
    assert_eq!((&own["id"], settings(&own)[0].as_str()), (&laps["leaderboard"]["id"], "Laps"));
    replica.api(publishable).submit(Uuid::new_v4(), "Bob", 60.0).await.is_error(403, "forbidden", None);

    let listed = answer(&world, &["leaderboard", "list", "--account", "one@example.org"]).await;
    assert_eq!(fields(&listed), ["leaderboards"]);
    let names: Vec<_> =
        listed["leaderboards"].as_array().expect("a list").iter().map(|board| &board["name"]).collect();
    assert_eq!(names, ["Plain", "Laps"]);
    assert_eq!(listed["leaderboards"][1]["total_entries"], 1);
    assert_eq!(listed["leaderboards"][1]["id"], laps["leaderboard"]["id"]);
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_created_listed_and_revoked_on_running_replicas() {
    let world = World::new();
    let replica = world.replica().await;
    answer(&world, &["account", "create", "--email", "one@example.org"]).await;
    let place = ["--account", "one@example.org"];
    let board = answer(&world, &["leaderboard", "create", place[0], place[1], "--name", "Board"]).await;
    let board = board["leaderboard"]["id"].as_str().expect("an id");
    let mut created = Vec::new();
    for kind in ["secret", "publishable"] {
        let args =
            ["key", "create", place[0], place[1], "--leaderboard", board, "--kind", kind, "--label", "CI"];
        created.push(answer(&world, &args).await);
    }
    created.push(answer(&world, &["account", "key", "create", place[0], place[1], "--label", "CI"]).await);
    for (key, prefix) in created.iter().zip(["rk_sec_", "rk_pub_", "rk_mgt_"]) {
        assert_eq!(fields(key), ["id", "key"]);
        assert!(key["key"].as_str().expect("a key").starts_with(prefix), "{key}");
    }
    let management = created[2]["key"].as_str().expect("a key");
    let boards = replica.api(management).get("/leaderboards").await.ok();
    assert_eq!(boards["leaderboards"].as_array().expect("a list").len(), 1);

    let listed = answer(&world, &["key", "list", place[0], place[1]]).await;
    let keys = listed["keys"].as_array().expect("a list");
    assert_eq!((fields(&listed), keys.len()), (vec!["keys"], 5));
    for (key, kind) in created.iter().zip(["secret", "publishable", "management"]) {
        let listed = keys.iter().find(|listed| listed["id"] == key["id"]).expect("a key");
        assert_eq!(fields(listed), ["created_at", "id", "key", "kind", "label", "leaderboard"]);
        assert_eq!((&listed["kind"], &listed["label"]), (&json!(kind), &json!("CI")));
        assert_eq!(listed["leaderboard"], if kind == "management" { Value::Null } else { json!(board) });
        // Only what is public anyway can be read again.
        assert_eq!(listed["key"], if kind == "publishable" { key["key"].clone() } else { Value::Null });
    }

    let api = replica.api(created[0]["key"].as_str().expect("a key"));
    api.get("/leaderboard").await.ok();
    let id = created[0]["id"].as_str().expect("an id");
    let revoked = answer(&world, &["key", "revoke", place[0], place[1], "--key", id]).await;
    let since = Instant::now();
    assert_eq!(revoked, json!({"revoked": id}));
    eventually("the end of the key", async || (api.get("/leaderboard").await.status == 401).then_some(()))
        .await;
    assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
    let left = answer(&world, &["key", "list", place[0], place[1]]).await;
    assert_eq!(left["keys"].as_array().expect("a list").len(), 4);
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_plan_reaches_running_replicas() {
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("free").await;
    let api = replica.api(&board.publishable);
    api.get("/realtime").await.is_error(400, "plan_restriction", None);
    let account = board.account.id.to_string();
    answer(&world, &["account", "set-plan", "--account", &account, "--plan", "pro"]).await;
    eventually("streams", async || {
        let answer = api.request(reqwest::Method::GET, "/realtime").send().await.expect("an answer");
        (answer.status() == 200).then_some(())
    })
    .await;
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_get_lines() {
    let world = World::new();
    let run = async |args: &[&str]| {
        let ended = world.admin(args).run().await;
        assert!(ended.status.success() && ended.log.is_empty(), "{ended:?}");
        ended.output
    };
    assert_eq!(run(&["account", "list"]).await, "accounts: none\n");
    let created = run(&["account", "create", "--email", "one@example.org"]).await;
    assert!(created.contains("account.email: one@example.org\n"), "{created}");
    assert!(created.contains("account.plan: unlimited\n"), "{created}");
    run(&["account", "create", "--email", "two@example.org"]).await;
    let listed = run(&["account", "list"]).await;
    let accounts: Vec<_> = listed.split("\n\n").collect();
    assert_eq!(accounts.len(), 2, "{listed}");
    assert!(accounts[1].contains("email: two@example.org\n"), "{listed}");
    let board = run(&["leaderboard", "create", "--account", "one@example.org", "--name", "Board"]).await;
    assert!(board.contains("leaderboard.name: Board\n"), "{board}");
    assert!(board.contains("\nsecret_key: rk_sec_"), "{board}");
    assert!(!board.contains('{') && !board.contains('"') && board.ends_with('\n'), "{board}");
}

#[tokio::test(flavor = "multi_thread")]
async fn they_log_when_asked_to_and_color_only_a_terminal() {
    let world = World::new();
    let ended = world.admin(&["account", "list", "--json", "--log", "info"]).run().await;
    assert!(ended.log.contains("Redis is ready"), "{}", ended.log);
    assert!(!ended.log.contains('\u{1b}'), "{:?}", ended.log);
    assert_eq!(ended.output, "{\"accounts\":[]}\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_has_seen_enough_is_no_failure() {
    let world = World::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rankora"));
    command.args(["admin", "--redis-url", world.redis_url(), "--key-prefix", world.prefix()]);
    command.args(["account", "list"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program");
    drop(child.stdout.take());
    let ended = child.wait_with_output().expect("its end");
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_they_say_why_and_give_up() {
    let args = ["admin", "--redis-url", "redis+unix:///nowhere/redis.sock", "account", "list"];
    let ended = Rankora::new(&args).run().await;
    assert_eq!((ended.status.code(), ended.output.as_str()), (Some(1), ""));
    let last = ended.log.lines().last().expect("a line");
    assert!(last.starts_with("rankora: Redis can't be reached: No such file"), "{}", ended.log);
}
