//! What listening costs: connections, subscriptions, work and memory.

use std::{collections::HashSet, time::Instant};

use futures_util::{StreamExt, future::join_all, stream};
use rankora::domain::leaderboard::{Policy, SortOrder};
use redis::aio::MultiplexedConnection;
use uuid::Uuid;

use crate::support::{
    eventually, many_sockets,
    redis::Server,
    scrape::Scrape,
    stream::EventStream,
    usage::gathered_writes,
    world::{Board, World},
};

/// How many subscription connections there are, and how many of them listen to this leaderboard.
async fn subscriptions(redis: &mut MultiplexedConnection, world: &World, board: &Board) -> (usize, usize) {
    let mut list = redis::cmd("CLIENT");
    list.arg(&["LIST", "TYPE", "pubsub"]);
    let list: String = list.query_async(redis).await.expect("a list");
    let mut count = redis::cmd("PUBSUB");
    count.arg("SHARDNUMSUB").arg(&world.keys(board).channel);
    let (_, listening): (String, usize) = count.query_async(redis).await.expect("a count");
    (list.lines().count(), listening)
}

async fn channels(redis: &mut MultiplexedConnection) -> usize {
    let mut list = redis::cmd("PUBSUB");
    list.arg("SHARDCHANNELS").arg("*:events");
    let list: Vec<String> = list.query_async(redis).await.expect("a list");
    list.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_has_one_subscription_connection_and_listens_only_where_somebody_does() {
    let server = Server::start(&[]);
    let world = World::on(&server);
    let mut redis = server.connection().await;
    let replicas = [world.replica().await, world.replica().await, world.replica().await];
    let account = replicas[0].account("unlimited").await;
    let mut boards = Vec::new();
    for _ in 0..4 {
        boards.push(replicas[0].board_of(&account, SortOrder::Desc, Policy::Latest).await);
    }
    // Who only reads and writes doesn't listen.
    for board in &boards {
        let api = replicas[0].api(&board.secret);
        api.submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
        api.get("/leaderboard/entries").await.ok();
    }
    eventually("a connection for each replica", async || {
        (subscriptions(&mut redis, &world, &boards[0]).await == (3, 0)).then_some(())
    })
    .await;
    assert_eq!(channels(&mut redis).await, 0);

    let mut streams = Vec::new();
    for (replica, board) in [(0, 0), (0, 0), (0, 1), (1, 0), (1, 2)] {
        // Pages of their own: they share the subscription all the same.
        for query in ["", "?limit=1", "?offset=3&order=asc"] {
            let mut stream = replicas[replica].api(&boards[board].secret).stream(query).await;
            stream.begin().await;
            streams.push(stream);
        }
    }
    for (board, listening) in boards.iter().zip([2, 1, 1, 0]) {
        assert_eq!(subscriptions(&mut redis, &world, board).await, (3, listening));
    }
    // The last two are those on the second replica.
    streams.truncate(9);
    eventually("nobody listens there any more", async || {
        let mut listening = Vec::new();
        for board in &boards {
            listening.push(subscriptions(&mut redis, &world, board).await);
        }
        (listening == [(3, 1), (3, 1), (3, 0), (3, 0)]).then_some(())
    })
    .await;
    // A place that was given up can be taken again.
    let mut again = replicas[1].api(&boards[2].secret).stream("").await;
    again.begin().await;
    replicas[0].api(&boards[2].secret).submit(Uuid::new_v4(), "Bob", 2.0).await.ok();
    again.expect("update").await;
    drop((streams, again));
    eventually("nobody listens", async || (channels(&mut redis).await == 0).then_some(())).await;
    for replica in replicas {
        replica.stop().await;
    }
    assert_eq!(channels(&mut redis).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_streams_hear_of_one_event_at_once_and_cost_little() {
    const BOARDS: usize = 100;
    const STREAMS: usize = 20;
    many_sockets();
    let world = World::new().with_options(&["--metrics-listen", "127.0.0.1:0"]);
    let program = world.process().start_ready().await;
    let writer = world.replica().await;
    let account = writer.account("unlimited").await;
    let mut boards = Vec::new();
    for _ in 0..BOARDS {
        boards.push(writer.board_of(&account, SortOrder::Desc, Policy::Latest).await);
    }
    // All that comes once is there before the count begins.
    let api = program.api("").await;
    api.with_key(&boards[0].secret).stream("").await.begin().await;
    let before = program.memory();
    let open = |index: usize| {
        let api = api.with_key(&boards[index % BOARDS].publishable);
        async move {
            let mut stream = api.stream("").await;
            stream.begin().await;
            stream
        }
    };
    let mut streams: Vec<EventStream> =
        stream::iter(0..BOARDS * STREAMS).map(open).buffered(50).collect().await;
    let each = program.memory().saturating_sub(before) / streams.len() as u64;

    let since = Instant::now();
    for board in &boards {
        writer.api(&board.secret).submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    }
    let heard = join_all(streams.iter_mut().map(|stream| stream.expect("update"))).await;
    let took = since.elapsed();
    for (index, update) in heard.iter().enumerate() {
        // A public handle is another one on each leaderboard.
        let first = &heard[index % BOARDS].data["payload"]["new"]["id"];
        assert_eq!(&update.data["payload"]["new"]["id"], first);
    }
    eprintln!("{each} bytes a stream; {BOARDS} events to {} streams in {took:?}", streams.len());
    assert!(each < 24 * 1024, "{each}");

    let metrics = Scrape::of(&program).await;
    // Written out once for all who listen.
    assert_eq!(metrics.get("rankora_events_relayed_total"), BOARDS as f64);
    assert_eq!(metrics.get("rankora_open_streams"), streams.len() as f64);
    assert_eq!(metrics.get("rankora_stream_resyncs_total"), 0.0);
    writer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_follow_each_other_closely_share_writes_and_none_is_missing() {
    const STREAMS: usize = 200;
    const EVENTS: usize = 200;
    /// Between two rounds through so many streams.
    const PAUSE_MS: u64 = 5;
    /// What the replica writes besides.
    const OTHER: u64 = 300;
    let world = World::new();
    let program = world.process().start_ready().await;
    let writer = world.replica().await;
    let board = writer.board("unlimited").await;
    let (api, player) = (writer.api(&board.secret), Uuid::new_v4());
    api.submit(player, "Ada", 0.0).await.ok();
    let reader = program.api(&board.publishable).await;
    let open = async |_| {
        let mut stream = reader.stream("").await;
        stream.begin().await;
        stream
    };
    let mut streams: Vec<EventStream> = stream::iter(0..STREAMS).map(open).buffered(50).collect().await;

    let (before, since) = (gathered_writes(program.pid()), Instant::now());
    for score in 1..=EVENTS {
        api.submit(player, "Ada", score as f64).await.ok();
    }
    let took = since.elapsed();
    for stream in &mut streams {
        let mut heard = HashSet::new();
        for _ in 0..EVENTS {
            heard.insert(stream.expect("update").await.data["payload"]["new"]["score"].to_string());
        }
        assert_eq!(heard.len(), EVENTS);
    }
    let writes = gathered_writes(program.pid()) - before;
    let rounds = took.as_millis() as u64 / PAUSE_MS + 3;
    assert!(writes <= rounds * STREAMS as u64 + OTHER, "{writes} writes in {rounds} rounds");
    writer.stop().await;
}
