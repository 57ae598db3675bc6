//! What a stream says, word by word.

use std::collections::HashSet;

use rankora::domain::leaderboard::{Policy, SortOrder};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    api::{Api, ENTRY_TIME, Reply, fields, has_form},
    fold::sequence,
    sse::Blocks,
    stream::{EventStream, Message},
    world::{Replica, World},
};

/// The form of a message's time.
const MESSAGE_TIME: &str = "####-##-##T##:##:##.###Z";

/// The fields of a row, wherever a stream shows one.
const ROW: [&str; 6] = ["id", "metadata", "name", "rank", "score", "updated_at"];

async fn blocks(api: &Api, query: &str) -> Blocks {
    let response = api.request(Method::GET, &format!("/realtime{query}")).send().await.expect("an answer");
    assert_eq!(response.status(), StatusCode::OK);
    Blocks::of(response)
}

/// The next update's id, type, old and new.
async fn update(stream: &mut EventStream) -> (String, Value, Value, Value) {
    taken_apart(stream.expect("update").await)
}

/// The same, where a fresh page may come before it.
async fn update_after_pages(stream: &mut EventStream) -> (String, Value, Value, Value) {
    loop {
        let message = stream.next().await.expect("a message");
        if message.kind() == "update" {
            return taken_apart(message);
        }
    }
}

fn taken_apart(message: Message) -> (String, Value, Value, Value) {
    let Message { id, data } = message;
    assert_eq!(fields(&data), ["payload", "timestamp", "type"], "{data}");
    assert!(has_form(&data["timestamp"], MESSAGE_TIME), "{data}");
    let payload = &data["payload"];
    assert_eq!(fields(payload), ["eventType", "new", "old"], "{data}");
    for row in [&payload["new"], &payload["old"]] {
        assert!(row.is_null() || fields(row) == ROW, "{data}");
        assert!(row.is_null() || has_form(&row["updated_at"], ENTRY_TIME), "{data}");
    }
    (id, payload["eventType"].clone(), payload["old"].clone(), payload["new"].clone())
}

async fn rows(api: &Api, query: &str) -> Vec<Value> {
    let list = api.get(&format!("/leaderboard/entries{query}")).await.ok();
    list["entries"].as_array().expect("rows").clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_begins_with_connected_and_the_page_as_the_list_shows_it() {
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("studio").await;
    let api = replica.api(&board.secret);
    for score in 1..=7 {
        api.submit(Uuid::new_v4(), &format!("Player {score}"), f64::from(score)).await.ok();
    }
    let mut stream = api.stream("?limit=3&offset=2&order=asc").await;

    let connected = stream.next().await.expect("a message");
    assert_eq!(fields(&connected.data), ["message", "timestamp", "type", "user_plan"]);
    assert_eq!(connected.data["type"], "connected");
    assert_eq!(connected.data["user_plan"], "studio");
    assert!(connected.data["message"].as_str().is_some_and(|text| !text.is_empty()));
    assert!(has_form(&connected.data["timestamp"], MESSAGE_TIME), "{}", connected.data);
    assert_eq!(connected.id, "");

    let initial = stream.next().await.expect("a message");
    assert_eq!(fields(&initial.data), ["entries", "pagination", "success", "timestamp", "type"]);
    assert_eq!(initial.data["type"], "initial");
    assert!(has_form(&initial.data["timestamp"], MESSAGE_TIME), "{}", initial.data);
    let list = api.get("/leaderboard/entries?limit=3&offset=2&order=asc").await.ok();
    for field in ["success", "entries", "pagination"] {
        assert_eq!(initial.data[field], list[field]);
    }
    assert_eq!(sequence(&initial.id), 7);
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_one_line_of_data_with_an_id_and_never_an_event_name() {
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let api = replica.api(&board.secret);
    let response = api.request(Method::GET, "/realtime").send().await.expect("an answer");
    let header = |name: &str| response.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(header("content-type"), "text/event-stream");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("x-accel-buffering"), "no");
    assert_eq!(header("access-control-allow-origin"), "*");
    assert!(!header("x-request-id").is_empty());

    let mut blocks = Blocks::of(response);
    let player = Uuid::new_v4();
    let body =
        json!({"name": "Line Breaker", "score": 1, "player_id": player, "metadata": {"a": "b\nc\r\n\nd"}});
    let names = |block: &str| -> Vec<String> {
        block.lines().map(|line| line.split_once(": ").expect("a field").0.to_owned()).collect()
    };
    let connected = blocks.next().await.expect("a block");
    assert_eq!(names(&connected), ["retry", "data"]);
    let initial = blocks.next().await.expect("a block");
    assert_eq!(names(&initial), ["id", "data"]);
    api.post("/leaderboard/entries", &body).await.ok();
    api.delete(&format!("/leaderboard/entries/{player}")).await.ok();
    for _ in 0..2 {
        let update = blocks.next().await.expect("a block");
        assert_eq!(names(&update), ["id", "data"]);
        assert!(!update.contains(&player.to_string()), "a player_id must not be seen: {update}");
    }
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_are_told_to_come_back_at_different_times() {
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let mut delays = HashSet::new();
    for _ in 0..10 {
        let mut blocks = blocks(&replica.api(&board.secret), "").await;
        let connected = blocks.next().await.expect("a block");
        let retry =
            connected.strip_prefix("retry: ").and_then(|rest| rest.split_once('\n')).expect("retry").0;
        let retry: u64 = retry.parse().expect("milliseconds");
        assert!((1_000..=10_000).contains(&retry), "{retry}");
        delays.insert(retry);
    }
    assert!(delays.len() > 5, "{delays:?}");
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_tells_the_row_before_and_after() {
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let api = replica.api(&board.secret);
    let (ada, bob) = (Uuid::new_v4(), Uuid::new_v4());
    api.submit(bob, "Bob", 10.0).await.ok();
    let mut stream = api.stream("").await;
    let first = sequence(&stream.begin().await.id);

    let body = json!({"name": "Ada", "score": 5.25, "player_id": ada, "metadata": {"level": 3}});
    api.post("/leaderboard/entries", &body).await.ok();
    let (id, kind, old, new) = update(&mut stream).await;
    assert_eq!((sequence(&id), kind, old), (first + 1, json!("INSERT"), Value::Null));
    assert_eq!(
        (&new["rank"], &new["score"], &new["metadata"]),
        (&json!(2), &json!(5.25), &json!({"level": 3}))
    );
    assert_eq!(new, rows(&api, "").await[1]);

    api.submit(ada, "Ada", 20.0).await.ok();
    let (id, kind, old, after) = update(&mut stream).await;
    assert_eq!((sequence(&id), kind, &old), (first + 2, json!("UPDATE"), &new));
    assert_eq!((&after["rank"], &after["score"], &after["id"]), (&json!(1), &json!(20), &new["id"]));
    assert_eq!(after, rows(&api, "").await[0]);

    api.delete(&format!("/leaderboard/entries/{ada}")).await.ok();
    let (id, kind, old, new) = update(&mut stream).await;
    assert_eq!((sequence(&id), kind, old, new), (first + 3, json!("DELETE"), after, Value::Null));
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_that_changes_nothing_is_no_event() {
    let world = World::new();
    let replica = world.replica().await;
    for policy in [Policy::Latest, Policy::Best, Policy::Sum] {
        let board = replica.board_of(&replica.account("unlimited").await, SortOrder::Desc, policy).await;
        let api = replica.api(&board.secret);
        let ada = Uuid::new_v4();
        api.submit(ada, "Ada", 10.0).await.ok();
        let mut stream = api.stream("").await;
        let first = sequence(&stream.begin().await.id);
        // The same again; nothing better; nothing more.
        let again = match policy {
            Policy::Latest => 10.0,
            Policy::Best => 9.0,
            Policy::Sum => 0.0,
        };
        api.submit(ada, "Ada", again).await.ok();
        api.submit(ada, "Ada Two", again).await.ok();
        let (id, _, old, new) = update(&mut stream).await;
        assert_eq!(sequence(&id), first + 1, "{policy:?}");
        assert_eq!((&old["name"], &new["name"]), (&json!("Ada"), &json!("Ada Two")));
        assert_eq!((&old["score"], &new["score"]), (&json!(10), &json!(10)));
    }
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ranks_in_updates_are_in_the_own_order_and_pages_in_the_one_asked_for() {
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let api = replica.api(&board.secret);
    let players: Vec<_> = std::iter::repeat_with(Uuid::new_v4).take(3).collect();
    for (player, score) in players.iter().zip([30.0, 20.0, 10.0]) {
        api.submit(*player, "Player", score).await.ok();
    }
    let mut stream = api.stream("?order=asc").await;
    let initial = stream.begin().await.data;
    assert_eq!((&initial["entries"][0]["rank"], &initial["entries"][0]["score"]), (&json!(1), &json!(10)));
    api.submit(players[2], "Player", 40.0).await.ok();
    let (_, _, old, new) = update(&mut stream).await;
    assert_eq!((&old["rank"], &new["rank"]), (&json!(3), &json!(1)));
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_player_only_that_players_changes_are_told_and_the_row_comes_with_the_page() {
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let api = replica.api(&board.secret);
    let (ada, bob) = (Uuid::new_v4(), Uuid::new_v4());
    for (player, name, score) in [(ada, "Ada", 10.0), (bob, "Bob", 20.0)] {
        api.submit(player, name, score).await.ok();
    }
    let mut stream = api.stream(&format!("?limit=1&player_id={}", ada.to_string().to_uppercase())).await;
    let initial = stream.begin().await.data;
    assert_eq!(fields(&initial), ["entries", "pagination", "player", "success", "timestamp", "type"]);
    assert_eq!(initial["entries"][0]["name"], "Bob");
    assert_eq!(initial["entries"][0].get("is_current_player"), None);
    let mut player = rows(&api, &format!("?limit=2&player_id={ada}")).await.remove(1);
    assert_eq!(player["is_current_player"], true);
    assert_eq!(initial["player"], player);

    // Of another player's change only the page tells, since the rank is another one now.
    api.submit(bob, "Bob", 5.0).await.ok();
    let initial = stream.expect("initial").await.data;
    player["rank"] = json!(1);
    assert_eq!((&initial["entries"][0], &initial["player"]), (&player, &player));

    api.submit(ada, "Ada Two", 10.0).await.ok();
    let (_, kind, _, new) = update(&mut stream).await;
    assert_eq!((kind, &new["name"]), (json!("UPDATE"), &json!("Ada Two")));
    api.delete(&format!("/leaderboard/entries/{ada}")).await.ok();
    let (_, kind, old, _) = update_after_pages(&mut stream).await;
    assert_eq!((kind, old), (json!("DELETE"), new));
    let gone = stream.expect("initial").await.data;
    assert_eq!((&gone["player"], &gone["pagination"]["total"]), (&Value::Null, &json!(1)));
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_player_who_is_not_there_yet_can_be_followed() {
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let api = replica.api(&board.secret);
    let ada = Uuid::new_v4();
    let mut stream = api.stream(&format!("?player_id={ada}")).await;
    assert_eq!(stream.begin().await.data["player"], Value::Null);
    api.submit(Uuid::new_v4(), "Bob", 1.0).await.ok();
    api.submit(ada, "Ada", 2.0).await.ok();
    // The page with Bob in it may come before Ada does.
    let (_, kind, old, new) = update_after_pages(&mut stream).await;
    assert_eq!((kind, old, &new["name"]), (json!("INSERT"), Value::Null, &json!("Ada")));
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_stream_is_kept_alive_by_a_comment() {
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let mut blocks = blocks(&replica.api(&board.secret), "").await;
    for _ in 0..2 {
        blocks.next().await.expect("a block");
    }
    let since = std::time::Instant::now();
    // On a busy machine the connection to Redis may be given up, and then a fresh page comes first.
    let comment = loop {
        let block = blocks.next().await.expect("a block");
        if !block.contains("\"type\":\"initial\"") {
            break block;
        }
    };
    assert!(comment.starts_with(':') && !comment.contains('\n'), "{comment}");
    assert!(since.elapsed() < std::time::Duration::from_secs(16), "{:?}", since.elapsed());
    replica.stop().await;
}

/// Two replicas with a stream on the second one.
pub async fn stream_elsewhere(
    world: &World,
) -> (Replica, Replica, crate::support::world::Board, EventStream) {
    let (here, there) = (world.replica().await, world.replica().await);
    let board = here.board("unlimited").await;
    let mut stream = there.api(&board.publishable).stream("").await;
    stream.begin().await;
    (here, there, board, stream)
}

/// The message of the error with which a stream ends.
pub async fn ends(mut stream: EventStream) -> Value {
    let error = stream.expect("error").await.data;
    assert_eq!(fields(&error), ["message", "timestamp", "type"]);
    assert!(has_form(&error["timestamp"], MESSAGE_TIME), "{error}");
    assert!(stream.next().await.is_none(), "nothing follows an error");
    error["message"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_says_that_its_leaderboard_was_deleted_and_ends() {
    let world = World::new();
    let (here, there, board, stream) = stream_elsewhere(&world).await;
    let api = here.api(&board.account.management);
    let mut revoked = there.api(&board.secret).stream("").await;
    revoked.begin().await;
    api.delete(&format!("/leaderboards/{}", board.id)).await.ok();
    for stream in [stream, revoked] {
        assert_eq!(ends(stream).await, "The leaderboard was deleted", "its keys are gone as well");
    }
    here.stop().await;
    there.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_says_that_its_key_was_revoked_and_ends_within_a_second() {
    let world = World::new();
    let (here, there, board, mut other) = stream_elsewhere(&world).await;
    let api = here.api(&board.account.management);
    let path = format!("/leaderboards/{}/keys", board.id);
    // Many, each with other streams beside it, since it depends on who hears of it first.
    let mut revoked = Vec::new();
    for _ in 0..10 {
        let key = api.post(&path, &json!({"kind": "publishable"})).await.ok();
        for replica in [&here, &there, &there] {
            let mut stream = replica.api(key["key"].as_str().expect("a key")).stream("").await;
            stream.begin().await;
            revoked.push((key["id"].clone(), stream));
        }
    }
    for (id, _) in revoked.iter().step_by(3) {
        api.delete(&format!("{path}/{}", id.as_str().expect("an id"))).await.ok();
    }
    let since = std::time::Instant::now();
    for (_, stream) in revoked {
        assert_eq!(ends(stream).await, "The API key was revoked");
    }
    assert!(since.elapsed() < std::time::Duration::from_secs(1), "{:?}", since.elapsed());
    // The others go on.
    here.api(&board.secret).submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    other.expect("update").await;
    here.stop().await;
    there.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_says_that_the_server_shuts_down_and_ends() {
    let world = World::new();
    let (here, there, _, stream) = stream_elsewhere(&world).await;
    let (_, message) = tokio::join!(there.stop(), ends(stream));
    assert_eq!(message, "The server is shutting down");
    here.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_without_realtime_refuses_streams() {
    let world = World::new();
    let replica = world.replica().await;
    for plan in ["free", "indie"] {
        let board = replica.board(plan).await;
        replica.api(&board.secret).get("/realtime").await.is_error(400, "plan_restriction", None);
    }
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publishable_key_may_stand_in_the_url_of_a_stream() {
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let api = replica.api(&board.secret);
    let request = api.anonymous(Method::GET, &format!("/realtime?limit=1&key={}", board.publishable));
    let mut stream = EventStream::of(request.send().await.expect("an answer"));
    assert_eq!(stream.begin().await.data["pagination"]["limit"], 1);
    let secret = api.anonymous(Method::GET, &format!("/realtime?key={}", board.secret));
    Reply::of(secret).await.is_error(401, "unauthorized", None);
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_takes_the_parameters_of_the_list() {
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let api = replica.api(&board.secret);
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=51", "limit"),
        ("offset=-1", "offset"),
        ("order=up", "order"),
        ("player_id=ada", "player_id"),
    ] {
        let code = format!("invalid_{field}");
        api.get(&format!("/realtime?{query}")).await.is_error(400, &code, Some(field));
    }
    let mut stream = api.stream("?player_id=&unknown=1").await;
    let initial = stream.begin().await.data;
    assert_eq!(initial["pagination"], json!({"limit": 5, "offset": 0, "total": 0}));
    assert_eq!(initial.get("player"), None, "an empty player_id is none");
    replica.stop().await;
}
