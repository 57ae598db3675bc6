//! Streams where Redis' messages are late or lost, and where clients are slow.

use std::time::{Duration, Instant};

use futures_util::stream;
use rankora::domain::leaderboard::{Policy, SortOrder};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use uuid::Uuid;

use crate::support::{
    PATIENCE,
    api::Api,
    eventually,
    fold::{Asked, Fold, sequence},
    listener::{Habit, Listener},
    process::Process,
    proxy::Proxy,
    redis::{self, Server},
    stream::EventStream,
    world::{Board, Replica, World},
};

/// A replica that writes, and one that hears of it through a proxy.
struct Scene {
    proxy: Proxy,
    writes: Replica,
    listens: Replica,
    board: Board,
    players: Vec<Uuid>,
}

impl Scene {
    /// On it, six players with ten points between each two.
    async fn new() -> Self {
        let proxy = Proxy::start(redis::shared());
        let world = World::on(redis::shared());
        let writes = world.replica().await;
        let world = world.through(&proxy.url());
        let listens = world.replica().await;
        let board = writes.board("unlimited").await;
        let players = std::iter::repeat_with(Uuid::new_v4).take(6).collect();
        let scene = Self { proxy, writes, listens, board, players };
        for index in 0..6 {
            scene.score(index, f64::from(60 - 10 * index as u32)).await;
        }
        scene
    }

    fn writer(&self) -> Api {
        self.writes.api(&self.board.secret)
    }

    async fn score(&self, index: usize, score: f64) {
        self.writer().submit(self.players[index], &format!("Player {index}"), score).await.ok();
    }

    async fn listen(&self, asked: Asked) -> Listener {
        let habit = Habit::settled(self.listens.api(&self.board.secret));
        Listener::start(habit, asked).await
    }

    async fn stop(self) {
        self.writes.stop().await;
        self.listens.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_page_hides_no_event_that_comes_after_it() {
    let scene = Scene::new().await;
    let asked = Asked::page(3, 0);
    let mut plain = scene.listen(asked.clone()).await;
    let mut follower = scene.listen(asked.following(scene.players[0])).await;
    // Because of the follower, each event makes a fresh page, at once and then after a second.
    let pages = follower.fold().initials;
    scene.score(1, 51.0).await;
    eventually("a fresh page", async || (follower.fold().initials > pages).then_some(())).await;
    scene.score(1, 52.0).await;
    eventually("the next event", async || (plain.fold().updates == 2).then_some(())).await;
    // Within the page, so that nobody needs a fresh one for its rows; and past the followed player.
    scene.proxy.hold_messages();
    scene.score(1, 70.0).await;
    let pages = follower.fold().initials;
    eventually("the page before its event", async || (follower.fold().initials > pages).then_some(())).await;
    scene.proxy.release_messages();

    let writer = scene.writer();
    plain.settles(&writer).await;
    follower.settles(&writer).await;
    scene.score(4, 5.0).await;
    plain.settles(&writer).await;
    follower.settles(&writer).await;
    drop((plain, follower));
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_last_event_is_made_good() {
    let scene = Scene::new().await;
    let asked = Asked::page(3, 0);
    let mut listeners = [
        scene.listen(asked.clone()).await,
        scene.listen(asked.clone().in_order("asc")).await,
        scene.listen(asked.following(scene.players[5])).await,
    ];
    scene.proxy.lose_events();
    let updates = listeners.each_ref().map(|listener| listener.fold().updates);
    scene.score(5, 100.0).await;
    for listener in &mut listeners {
        listener.settles(&scene.writer()).await;
    }
    // Nothing but a page told it.
    assert_eq!(listeners.each_ref().map(|listener| listener.fold().updates), updates);
    drop(listeners);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_looks_as_before_is_told_to_who_has_changed_its_own_meanwhile() {
    let scene = Scene::new().await;
    let mut follower = scene.listen(Asked::page(3, 0).following(scene.players[5])).await;
    let writer = scene.writer();
    // After a fresh page the next one takes a second.
    let pages = follower.fold().initials;
    scene.score(1, 51.0).await;
    eventually("a fresh page", async || (follower.fold().initials > pages).then_some(())).await;
    let updates = follower.fold().updates;
    // Of these, the client hears the first alone. Together they leave the page and its total as they were.
    writer.delete(&format!("/leaderboard/entries/{}", scene.players[5])).await.ok();
    writer.submit(Uuid::new_v4(), "Newcomer", 1.0).await.ok();
    eventually("the deletion", async || (follower.fold().updates > updates).then_some(())).await;
    follower.settles(&writer).await;
    drop(follower);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_event_shows_when_the_next_one_comes() {
    let server = Server::start(&[]);
    let world = World::on(&server);
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let api = replica.api(&board.secret);
    let mut stream = api.stream("").await;
    let first = sequence(&stream.begin().await.id);
    // As if this had been published while nobody could be reached.
    let mut redis = server.connection().await;
    let key = world.keys(&board).board;
    let mut head: Vec<u8> =
        ::redis::cmd("HGET").arg(&key).arg("head").query_async(&mut redis).await.expect("a head");
    head[..8].copy_from_slice(&(first + 1).to_be_bytes());
    let _: u64 =
        ::redis::cmd("HSET").arg(&key).arg("head").arg(head).query_async(&mut redis).await.expect("a number");
    api.submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    let initial = stream.expect("initial").await;
    assert_eq!(sequence(&initial.id), first + 2);
    assert_eq!(initial.data["entries"][0]["name"], "Ada");
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_does_not_begin_with_a_page_from_before_it() {
    let world = World::new();
    let (here, there) = (world.replica().await, world.replica().await);
    let board = here.board("unlimited").await;
    let list = there.api(&board.secret).get("/leaderboard/entries").await;
    assert_eq!(list.ok()["pagination"]["total"], 0);
    here.api(&board.secret).submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    // That replica keeps the list, since it doesn't listen yet.
    let list = there.api(&board.secret).get("/leaderboard/entries").await;
    assert_eq!((list.header("x-cache"), &list.ok()["pagination"]["total"]), ("HIT", &json!(0)));
    let mut stream = there.api(&board.secret).stream("").await;
    assert_eq!(stream.begin().await.data["pagination"]["total"], 1);
    here.stop().await;
    there.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_stream_of_a_leaderboard_gets_its_page_once() {
    let world = World::new();
    let replica = world.replica().await;
    let account = replica.account("unlimited").await;
    for _ in 0..30 {
        let board = replica.board_of(&account, SortOrder::Desc, Policy::Latest).await;
        let api = replica.api(&board.secret);
        let mut stream = api.stream("").await;
        stream.begin().await;
        api.submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
        stream.expect("update").await;
    }
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_remembered_for_streams_when_redis_goes_away_twice() {
    let server = Server::start(&[]);
    let world = World::on(&server);
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let api = replica.api(&board.publishable);
    let mut stream = api.stream("").await;
    stream.begin().await;
    // A replica that lost its subscription for a moment forgets what it knew of keys.
    let mut kill = ::redis::cmd("CLIENT");
    kill.arg(&["KILL", "TYPE", "pubsub"]);
    let _: usize = kill.query_async(&mut server.connection().await).await.expect("a connection");
    stream.expect("initial").await;
    server.kill();
    let mut waiting = api.stream("").await;
    waiting.expect("connected").await;
    let unknown = api.with_key(&board.secret).get("/realtime").await;
    unknown.is_error(503, "unavailable", None);
    replica.stop().await;
}

/// A client of a stream that takes bytes only when it wants to.
async fn slow(program: &Process, key: &str, query: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let mut stream = socket.connect(program.address().await).await.expect("a connection");
    // HTTP/1.0 has no chunks: what comes is the stream itself.
    let request = format!("GET /api/v1/realtime{query} HTTP/1.0\r\nAuthorization: Bearer {key}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("a server that reads");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("a head"));
    }
    assert!(head.starts_with(b"HTTP/1.0 200"), "{}", String::from_utf8_lossy(&head));
    stream
}

fn messages(stream: TcpStream) -> EventStream {
    EventStream::read(stream::try_unfold(stream, async |mut stream| {
        let mut bytes = vec![0; 64 * 1024];
        let read = stream.read(&mut bytes).await?;
        bytes.truncate(read);
        Ok::<_, std::io::Error>((read > 0).then_some((bytes, stream)))
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_holds_nobody_up_costs_little_and_ends_right() {
    const READERS: usize = 100;
    const WRITES: usize = 6_000;
    // On a slow machine they take nothing for minutes.
    let world = World::new().with_options(&["--write-deadline-ms", "3600000"]);
    let program = world.process().start_ready().await;
    let writer = world.replica().await;
    let board = writer.board("unlimited").await;
    let asked = Asked::page(50, 0);
    let mut readers = Vec::new();
    for _ in 0..READERS {
        readers.push(slow(&program, &board.secret, &asked.query()).await);
    }
    let mut quick = Listener::start(Habit::settled(program.api(&board.secret).await), asked.clone()).await;
    let before = program.memory();

    let players: Vec<_> = std::iter::repeat_with(Uuid::new_v4).take(40).collect();
    let api = writer.api(&board.secret);
    let metadata = json!({"long": "x".repeat(60), "longer": "y".repeat(60), "longest": "z".repeat(60)});
    let mut slowest = Duration::ZERO;
    for first in (0..WRITES).step_by(500) {
        let write = |nth: usize| {
            let (api, player) = (&api, players[nth % players.len()]);
            let body = json!({"name": "Player", "score": nth, "player_id": player, "metadata": metadata});
            async move { api.post("/leaderboard/entries", &body).await.ok() }
        };
        for nth in (first..first + 500).step_by(10) {
            futures_util::future::join_all((nth..nth + 10).map(write)).await;
        }
        let since = Instant::now();
        let seq = (first + 500) as u64;
        eventually("the quick reader", async || {
            (quick.fold().last_event_id().map(sequence) == Some(seq)).then_some(())
        })
        .await;
        slowest = slowest.max(since.elapsed());
    }
    let grown = program.memory().saturating_sub(before);
    eprintln!("{slowest:?} behind, {} KiB more", grown / 1024);
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    assert!(grown < 30 << 20, "{grown}");
    quick.settles(&api).await;
    let truth = quick.fold().state();
    for reader in readers.into_iter().take(5) {
        let mut stream = messages(reader);
        let mut fold = Fold::new(asked.clone(), "desc");
        while fold.last_event_id().map(sequence) != Some(WRITES as u64) {
            // The kernel may ask only every two minutes whether a full socket has room again.
            let message = timeout(3 * PATIENCE, stream.next_ever()).await;
            let message = message.unwrap_or_else(|_| panic!("nothing comes any more: {fold:#?}"));
            fold.apply(&message.expect("a message"));
        }
        assert_eq!(fold.state(), truth);
        assert!(fold.initials >= 2, "{} pages, {} updates", fold.initials, fold.updates);
        assert!(fold.updates < WRITES, "the server kept all of them");
    }
    writer.stop().await;
}
