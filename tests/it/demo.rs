//! `rankora demo`: what it prints, and who plays.

use std::{
    collections::{HashMap, HashSet},
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    process::Stdio,
};

use serde_json::Value;
use tempfile::tempdir;

use crate::support::{
    api::Api,
    demo::{Demo, pasted},
    eventually,
    redis::Server,
    stream::EventStream,
    world::World,
};

const PLAYERS: usize = 32;

/// When each player's entry was last written, by their names.
async fn times(api: &Api) -> HashMap<String, String> {
    let list = api.get("/leaderboard/entries?limit=50").await.ok();
    let text = |row: &Value, field: &str| row[field].as_str().expect("a text").to_owned();
    let rows = list["entries"].as_array().expect("rows").iter();
    rows.map(|row| (text(row, "name"), text(row, "updated_at"))).collect()
}

/// Waits for the next update that moved somebody to another rank, and returns the name.
async fn next_move(stream: &mut EventStream) -> String {
    loop {
        let message = stream.next().await.expect("the stream goes on");
        let (old, new) = (&message.data["payload"]["old"], &message.data["payload"]["new"]);
        if !old.is_null() && !new.is_null() && old["rank"] != new["rank"] {
            return new["name"].as_str().expect("a name").to_owned();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_line_submits_as_pasted_and_shows_the_rank() {
    let directory = tempdir().expect("a directory");
    let demo = Demo::start_in(directory.path(), &[]).await;
    let output = pasted(demo.line("curl -sw")).output().expect("sh");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(answer["rank"].as_u64().is_some_and(|rank| rank >= 1), "{answer}");
    assert_eq!((&answer["score"], &answer["previous_rank"]), (&15000.into(), &Value::Null));

    let again = pasted(demo.line("curl -sw")).output().expect("sh");
    let again: Value = serde_json::from_slice(&again.stdout).expect("JSON");
    assert_eq!(again["previous_score"], 15000, "it is the same player");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_line_follows_the_stream_as_pasted() {
    let directory = tempdir().expect("a directory");
    let demo = Demo::start_in(directory.path(), &[]).await;
    let mut curl = pasted(demo.line("curl -N"));
    let mut curl = curl.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("sh");
    let lines = BufReader::new(curl.stdout.take().expect("the stream")).lines().map_while(Result::ok);
    let kinds: Vec<String> = lines
        .filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok())
        .map(|message| message["type"].as_str().expect("a type").to_owned())
        .take(3)
        .collect();
    assert_eq!(kinds, ["connected", "initial", "update"]);
    // Ends curl too, which has nobody to write to any more.
    drop(demo);
    curl.wait().expect("sh ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_says_little_and_stops_at_once() {
    let directory = tempdir().expect("a directory");
    let demo = Demo::start_in(directory.path(), &[]).await;
    assert!(demo.block.len() < 20, "{:#?}", demo.block);
    assert!(!demo.origin().ends_with(":0"), "{}", demo.origin());
    let key_file = directory.path().join("demo-secret-key");
    assert_eq!(std::fs::read_to_string(&key_file).expect("the key"), demo.key("rk_sec_") + "\n");
    let mode = key_file.metadata().expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let ended = demo.stop().await;
    assert!(ended.status.success(), "{:?}", ended.status);
    assert_eq!(ended.log, "");
}

#[tokio::test]
async fn players_in_many_scripts_move_each_other() {
    let directory = tempdir().expect("a directory");
    let demo = Demo::start_in(directory.path(), &[]).await;
    let api = demo.api("rk_pub_");
    let mut stream = api.stream("?limit=50").await;
    stream.begin().await;
    let mut movers = HashSet::new();
    while movers.len() < 3 {
        movers.insert(next_move(&mut stream).await);
    }

    let names = eventually("all players", || async {
        let names: Vec<String> = times(&api).await.into_keys().collect();
        (names.len() == PLAYERS).then_some(names)
    })
    .await;
    let scripts = [
        ("Latin", 'a'..='z'),
        ("Greek", 'α'..='ω'),
        ("Cyrillic", 'а'..='я'),
        ("Hebrew", 'א'..='ת'),
        ("Arabic", '\u{620}'..='\u{64a}'),
        ("Devanagari", '\u{900}'..='\u{97f}'),
        ("Thai", '\u{e00}'..='\u{e7f}'),
        ("Kana", '\u{3040}'..='\u{30ff}'),
        ("Han", '\u{4e00}'..='\u{9fff}'),
        ("Hangul", '\u{ac00}'..='\u{d7a3}'),
    ];
    for (script, characters) in scripts {
        assert!(
            names.iter().any(|name| name.chars().any(|c| characters.contains(&c))),
            "{script}: {names:?}"
        );
    }
}

#[tokio::test]
async fn a_second_start_goes_on_with_the_same_leaderboard_and_new_keys() {
    let directory = tempdir().expect("a directory");
    let demo = Demo::start_in(directory.path(), &[]).await;
    let api = demo.api("rk_sec_");
    let player = uuid::Uuid::new_v4();
    api.submit(player, "Stays", 1.0).await.ok();
    eventually("all players", || async { (times(&api).await.len() == PLAYERS + 1).then_some(()) }).await;
    let (leaderboard, before) = (api.get("/leaderboard").await.ok()["id"].clone(), times(&api).await);
    let former = [demo.key("rk_sec_"), demo.key("rk_pub_")];
    assert!(demo.stop().await.status.success());

    let demo = Demo::start_in(directory.path(), &[]).await;
    let api = demo.api("rk_sec_");
    assert_eq!(api.get("/leaderboard").await.ok()["id"], leaderboard);
    assert_eq!(api.get(&format!("/leaderboard/entries/{player}")).await.ok()["name"], "Stays");
    for key in former {
        api.with_key(&key).get("/leaderboard").await.is_error(401, "unauthorized", None);
    }
    eventually("all players play on", || async {
        let now = times(&api).await;
        let waiting = before.iter().filter(|(name, time)| now[*name] == **time).count();
        (waiting == 1 && now.len() == before.len()).then_some(())
    })
    .await;
    assert_eq!(demo.stop().await.log, "");
}

#[tokio::test]
async fn of_two_demos_on_one_redis_the_later_one_goes_on() {
    let world = World::new();
    let first = Demo::start_on(&world).await;
    let second = Demo::start_on(&world).await;
    let ended = first.wait().await;
    assert!(ended.status.success(), "{:?}", ended.status);
    assert!(ended.said.iter().any(|line| line.contains("another demo")), "{:?}", ended.said);
    let mut stream = second.api("rk_pub_").stream("?limit=50").await;
    stream.begin().await;
    next_move(&mut stream).await;
}

#[tokio::test]
async fn players_wait_for_a_redis_that_is_away() {
    let server = Server::start(&["--appendonly", "yes", "--appendfsync", "always"]);
    let world = World::on(&server);
    let demo = Demo::start_on(&world).await;
    server.kill();
    // They come in one after the other, so that some come now.
    let api = demo.api("rk_pub_");
    let mut refused = 0;
    eventually("an outage that players notice", || {
        let answer = api.get("/leaderboard");
        refused += 1;
        async move { (answer.await.status == 503 && refused > 100).then_some(()) }
    })
    .await;
    let _server = server.restart();
    eventually("all players", || async {
        let answer = api.get("/leaderboard").await;
        (answer.status == 200 && answer.json()["total_entries"] == PLAYERS).then_some(())
    })
    .await;
    let mut stream = api.stream("?limit=50").await;
    stream.begin().await;
    next_move(&mut stream).await;
}

#[tokio::test]
async fn players_go_without_metadata_where_the_plan_has_none() {
    let directory = tempdir().expect("a directory");
    let demo = Demo::start_in(directory.path(), &["--default-plan", "free"]).await;
    let api = demo.api("rk_sec_");
    assert_eq!(api.get("/usage").await.ok()["plan"], "free");
    eventually("players without metadata", || async {
        let list = api.get("/leaderboard/entries").await.ok();
        list["entries"].as_array().is_some_and(|rows| rows.len() == 5).then_some(())
    })
    .await;
}
