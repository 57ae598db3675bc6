//! How a replica begins and ends: nothing that was asked is lost, nothing that was held is kept.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use nix::sys::signal::Signal;
use rankora::store::Keys;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use uuid::Uuid;

use crate::support::{
    eventually,
    process::{Process, Rankora},
    stream::EventStream,
    world::{Board, World},
};

/// What a stream says last, when it has ended.
async fn last_words(mut stream: EventStream) -> String {
    let mut last = None;
    while let Some(message) = stream.next().await {
        last = Some(message);
    }
    let last = last.expect("a last message");
    assert_eq!(last.kind(), "error", "{}", last.data);
    last.data["message"].as_str().expect("a message").to_owned()
}

/// A connection that a test writes to by hand.
struct Connection(TcpStream);

impl Connection {
    async fn to(process: &Process) -> Self {
        Self(TcpStream::connect(process.address().await).await.expect("a connection"))
    }

    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.expect("a connection");
    }

    async fn submit(&mut self, board: &Board, body: &str) {
        let (key, length) = (&board.secret, body.len());
        let head = format!(
            "POST /api/v1/leaderboard/entries HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {key}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        );
        self.send(&(head + body)).await;
    }

    /// Head and body of the next answer.
    async fn answer(&mut self) -> (String, String) {
        let mut read = Vec::new();
        let head_ends = loop {
            if let Some(at) = read.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            let got = self.0.read_buf(&mut read).await.expect("a connection");
            assert!(got > 0, "the connection ended before the answer");
        };
        let head = String::from_utf8(read[..head_ends].to_vec()).expect("text").to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.map_or(0, |length| length.parse().expect("a number"));
        while read.len() < head_ends + length {
            let got = self.0.read_buf(&mut read).await.expect("a connection");
            assert!(got > 0, "the connection ended within the answer");
        }
        (head, String::from_utf8(read[head_ends..].to_vec()).expect("text"))
    }

    /// A submission whose body the server waits for.
    async fn begin_submission(process: &Process, board: &Board, length: usize) -> Self {
        let mut connection = Self::to(process).await;
        let key = &board.secret;
        let head = format!(
            "POST /api/v1/leaderboard/entries HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {key}\r\n\
             Expect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
        );
        connection.send(&head).await;
        // Said when the handler begins to read.
        let (head, _) = connection.answer().await;
        assert!(head.starts_with("http/1.1 100"), "{head}");
        connection
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_a_thousand_streams_with_a_last_message_and_frees_their_places() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("studio").await;
    let process = world.process().start();
    process.ready().await;
    let api = process.api(&board.publishable).await;
    let streams = join_all((0..1000).map(async |_| {
        let mut stream = api.stream("").await;
        stream.begin().await;
        stream
    }));
    let streams = streams.await;
    let mut redis = world.redis().await;
    let places = Keys::new(world.prefix()).account(board.account.id).streams;
    let held: Vec<String> = ::redis::cmd("HVALS").arg(&places).query_async(&mut redis).await.expect("places");
    assert!(held.iter().any(|held| held.starts_with("1000 ")), "{held:?}");

    let told = Instant::now();
    process.signal(Signal::SIGTERM);
    let words = join_all(streams.into_iter().map(last_words)).await;
    assert!(words.iter().all(|words| words == "The server is shutting down"), "{words:?}");
    assert_eq!(process.ended().await.code(), Some(0), "{}", process.log());
    assert!(told.elapsed() < Duration::from_secs(5), "{:?}", told.elapsed());
    let held: Vec<String> = ::redis::cmd("HVALS").arg(&places).query_async(&mut redis).await.expect("places");
    assert_eq!(held, Vec::<String>::new());
    here.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sigint_ends_it_in_order_too() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let process = world.process().start();
    process.ready().await;
    let mut stream = process.api(&board.publishable).await.stream("").await;
    stream.begin().await;
    process.signal(Signal::SIGINT);
    assert_eq!(last_words(stream).await, "The server is shutting down");
    assert_eq!(process.ended_within(Duration::from_secs(4)).await.code(), Some(0));
    here.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_leased_and_not_used_goes_back() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("pro").await;
    let process = world.process().start();
    process.ready().await;
    let api = process.api(&board.publishable).await;
    for _ in 0..150 {
        api.get("/leaderboard/entries").await.ok();
    }
    // Leased ahead for more cached answers, and not idle for long enough to be returned meanwhile.
    process.signal(Signal::SIGTERM);
    assert_eq!(process.ended().await.code(), Some(0));
    let usage = here.api(&board.account.management).get("/usage").await.ok();
    assert_eq!(usage["currentRequests"], 150);
    here.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_under_way_is_answered() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let process = world.process().start();
    process.ready().await;
    let body = r#"{"name":"Under way","score":1}"#;
    let mut connection = Connection::begin_submission(&process, &board, body.len()).await;
    process.signal(Signal::SIGTERM);
    eventually("refused connections", async || {
        TcpStream::connect(process.address().await).await.is_err().then_some(())
    })
    .await;
    connection.send(body).await;
    let (head, answer) = connection.answer().await;
    assert!(head.starts_with("http/1.1 200"), "{head}{answer}");
    assert!(head.contains("connection: close"), "{head}");
    assert_eq!(process.ended().await.code(), Some(0));
    assert_eq!(here.api(&board.secret).get("/leaderboard").await.ok()["total_entries"], 1);
    here.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_fails_first_and_requests_are_served_meanwhile() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let process = world.process().args(&["--drain-delay-ms", "1500"]).start();
    process.ready().await;
    let api = process.api(&board.secret).await;
    assert_eq!(api.get("/leaderboard").await.header("connection"), "");
    let mut stream = api.stream("").await;
    stream.begin().await;
    process.signal(Signal::SIGTERM);
    assert_eq!(process.unready().await, "The replica is shutting down");
    let reply = api.submit(Uuid::new_v4(), "Late", 1.0).await;
    reply.ok();
    assert_eq!(reply.header("connection"), "close");
    assert_eq!(stream.next().await.expect("an update").kind(), "update");
    assert_eq!(last_words(stream).await, "The server is shutting down");
    assert_eq!(process.ended().await.code(), Some(0));
    here.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_post_over_a_kept_connection_is_lost() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let process = world.process().args(&["--drain-delay-ms", "700"]).start();
    process.ready().await;
    // As a proxy does: one POST after the other, until the answer says that the connection closes.
    let proxies = join_all((0..8).map(async |_| {
        let mut connection = Connection::to(&process).await;
        let mut answered = 0;
        loop {
            connection.submit(&board, r#"{"name":"Somebody","score":1}"#).await;
            let (head, body) = connection.answer().await;
            assert!(head.starts_with("http/1.1 200"), "{head}{body}");
            answered += 1;
            if head.contains("connection: close") {
                return answered;
            }
        }
    }));
    let stopping = async {
        eventually("submissions", async || {
            let board = here.api(&board.secret).get("/leaderboard").await.ok();
            (board["total_entries"].as_u64() > Some(40)).then_some(())
        })
        .await;
        process.signal(Signal::SIGTERM);
    };
    let (answered, ()) = futures_util::future::join(proxies, stopping).await;
    assert_eq!(process.ended().await.code(), Some(0));
    let stored = here.api(&board.secret).get("/leaderboard").await.ok();
    assert_eq!(stored["total_entries"], answered.iter().sum::<i32>());
    here.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_do_not_hold_the_end_up() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let process = world.process().start();
    process.ready().await;
    let _silent = Connection::to(&process).await;
    let mut kept = Connection::to(&process).await;
    kept.submit(&board, r#"{"name":"Somebody","score":1}"#).await;
    kept.answer().await;
    process.signal(Signal::SIGTERM);
    // Requests under way would have ten.
    let status = process.ended_within(Duration::from_secs(4)).await;
    assert_eq!(status.code(), Some(0));
    here.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_never_finishes_holds_the_end_up_no_longer_than_the_drain() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let process = world.process().args(&["--drain-ms", "300"]).start();
    process.ready().await;
    let _stuck = Connection::begin_submission(&process, &board, 100).await;
    process.signal(Signal::SIGTERM);
    assert_eq!(process.ended_within(Duration::from_secs(4)).await.code(), Some(0));
    here.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_it_at_once() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let process = world.process().start();
    process.ready().await;
    let _stuck = Connection::begin_submission(&process, &board, 100).await;
    process.signal(Signal::SIGTERM);
    process.logged("shutting down").await;
    process.signal(Signal::SIGTERM);
    let status = process.ended_within(Duration::from_secs(4)).await;
    assert_eq!(status.code(), Some(128 + 15), "{}", process.log());
    here.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_never_saw_redis_ends_in_order() {
    let process = Rankora::serve().args(&["--redis-url", "redis+unix:///nowhere/redis.sock"]).start();
    process.address().await;
    process.signal(Signal::SIGTERM);
    assert_eq!(process.ended_within(Duration::from_secs(4)).await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_fails_says_why_and_exits_with_one() {
    let world = World::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    for (options, reason) in [
        (["--listen", address.as_str()], "Address already in use"),
        (["--default-plan", "gold"], "there is no plan \"gold\""),
        (["--plans-file", "/nowhere/plans.toml"], "reading /nowhere/plans.toml: No such file"),
        (["--redis-url", "ftp://secret@example.org"], "the Redis URL can't be used"),
    ] {
        let serve = Rankora::new(&["serve"]).env("RANKORA_REDIS_URL", world.redis_url());
        let ended = serve.args(&options).run().await;
        assert_eq!(ended.status.code(), Some(1), "{}", ended.log);
        assert!(ended.log.contains("rankora: ") && ended.log.contains(reason), "{}", ended.log);
        assert!(!ended.log.contains("secret"), "{}", ended.log);
        assert_eq!(ended.output, "");
    }
    // Programs that read the log get JSON to the end.
    let process = world.process().args(&["--default-plan", "gold"]).start();
    assert_eq!(process.ended().await.code(), Some(1));
    let last = process.records().pop().expect("a record");
    let reason =
        "there is no plan \"gold\"; name one of free, indie, pro, studio, unlimited with --default-plan";
    assert_eq!((&last["message"], &last["error"]), (&json!("ended"), &json!(reason)));
}
