//! A client that comes back gets exactly what it missed, or a fresh page.

use rankora::{clock::Clock, domain::timestamp::Timestamp};
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    api::Api,
    fold::sequence,
    redis::Server,
    stream::{EventStream, Message},
    world::{Board, Replica, World},
};

const START: i64 = 1_790_000_000_000_000;
/// Longer than a fresh page may be on its way.
const LONG: i64 = 60_000_000;

/// A leaderboard on two replicas, with a client on each that hears of everything.
struct Scene {
    world: World,
    clock: Clock,
    now: i64,
    replicas: [Replica; 2],
    board: Board,
    anchors: [EventStream; 2],
    players: Vec<Uuid>,
}

impl Scene {
    /// One player is there, and has been for long.
    async fn new() -> Self {
        Self::on(World::new()).await
    }

    async fn on(world: World) -> Self {
        let clock = Clock::manual(Timestamp::from_micros(START));
        let world = world.with_clock(clock.clone());
        let replicas = [world.replica().await, world.replica().await];
        let board = replicas[0].board("unlimited").await;
        let players: Vec<_> = std::iter::repeat_with(Uuid::new_v4).take(20).collect();
        replicas[0].api(&board.secret).submit(players[0], "Player 0", 1000.0).await.ok();
        let mut anchors = Vec::new();
        for replica in &replicas {
            let mut anchor = replica.api(&board.secret).stream("").await;
            anchor.begin().await;
            anchors.push(anchor);
        }
        let anchors = anchors.try_into().unwrap_or_else(|_| unreachable!("two"));
        let mut scene = Self { world, clock, now: START, replicas, board, anchors, players };
        scene.pass(LONG);
        scene
    }

    fn api(&self, replica: usize) -> Api {
        self.replicas[replica].api(&self.board.secret)
    }

    fn pass(&mut self, micros: i64) {
        self.now += micros;
        self.clock.set(Timestamp::from_micros(self.now));
    }

    /// Sets a player's score, and waits until both replicas have heard of it; returns the id of the update.
    async fn score(&mut self, player: usize, score: f64) -> String {
        let name = format!("Player {player}");
        self.api(0).submit(self.players[player], &name, score).await.ok();
        let mut id = String::new();
        for anchor in &mut self.anchors {
            id = next_update(anchor).await.id;
        }
        id
    }

    /// Comes back with this id; returns the stream after `connected`.
    async fn back(&self, replica: usize, query: &str, id: &str) -> EventStream {
        let mut stream = self.api(replica).stream_from(query, Some(id)).await;
        stream.expect("connected").await;
        stream
    }

    async fn stop(self) {
        for replica in self.replicas {
            replica.stop().await;
        }
    }
}

async fn next_update(stream: &mut EventStream) -> Message {
    loop {
        let message = stream.next().await.expect("a message");
        if message.kind() == "update" {
            return message;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_the_missed_updates_come_on_any_replica_that_knows_them() {
    let mut scene = Scene::new().await;
    let mut ids = Vec::new();
    for (player, score) in [(1, 10.0), (2, 20.0), (1, 30.0), (3, 5.0)] {
        ids.push(scene.score(player, score).await);
    }
    for replica in [0, 1] {
        for seen in 0..4 {
            let mut stream = scene.back(replica, "", &ids[seen]).await;
            for id in &ids[seen + 1..] {
                assert_eq!(&stream.expect("update").await.id, id);
            }
            // What comes next shows that nothing came twice.
            ids.push(scene.score(4, seen as f64).await);
            assert_eq!(Some(&stream.expect("update").await.id), ids.last());
        }
    }
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_missed_updates_do_not_make_the_page_right_a_fresh_one_comes_instead() {
    let mut scene = Scene::new().await;
    let seen = scene.score(1, 10.0).await;
    scene.score(2, 20.0).await;
    // The page of one row is another one now; the page of five rows was only added to.
    let last = scene.score(3, 2000.0).await;
    let mut stream = scene.back(1, "?limit=1", &seen).await;
    let initial = stream.expect("initial").await;
    assert_eq!(initial.id, last);
    assert_eq!(initial.data["entries"][0]["name"], "Player 3");
    let id = scene.score(2, 21.0).await;
    assert_eq!(stream.expect("update").await.id, id);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_was_not_whole_yet_is_not_taken_for_one() {
    let mut scene = Scene::new().await;
    scene.score(1, 10.0).await;
    // A client that left right after this waited for a fresh page.
    let breaking = scene.score(2, 2000.0).await;
    let same_moment = scene.score(1, 11.0).await;
    scene.pass(9_000_000);
    let soon = scene.score(1, 12.0).await;
    for id in [&breaking, &same_moment, &soon] {
        let mut stream = scene.back(1, "?limit=1", id).await;
        assert_eq!(stream.expect("initial").await.id, soon);
    }
    // Who has seen this has seen the page before.
    scene.pass(LONG);
    let later = scene.score(1, 13.0).await;
    let last = scene.score(1, 14.0).await;
    let mut stream = scene.back(1, "?limit=1", &later).await;
    assert_eq!(stream.expect("update").await.id, last);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_replica_knows_only_since_lately_is_not_enough() {
    let mut scene = Scene::new().await;
    let first = scene.score(1, 10.0).await;
    let replica = scene.world.replica().await;
    let api = replica.api(&scene.board.secret);
    let mut anchor = api.stream("").await;
    anchor.begin().await;
    scene.pass(9_000_000);
    let second = scene.score(2, 20.0).await;
    assert_eq!(anchor.expect("update").await.id, second);
    let third = scene.score(3, 30.0).await;
    assert_eq!(anchor.expect("update").await.id, third);
    // What was there before the first one that this replica heard of may have broken the client's page.
    for id in [first, second] {
        let mut stream = api.stream_from("", Some(&id)).await;
        assert_eq!(stream.begin().await.id, third);
    }
    replica.stop().await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_or_foreign_id_gets_a_fresh_page() {
    let mut scene = Scene::new().await;
    scene.score(1, 10.0).await;
    let last = scene.score(2, 20.0).await;
    let (seq, at) = last.split_once('-').expect("an id");
    let at: i64 = at.parse().expect("a time");
    let foreign = [
        // The same number in another history, before and after.
        format!("{seq}-{}", at - 1),
        format!("{seq}-{}", at + 1),
        // One that will be.
        format!("{}-{at}", sequence(&last) + 1),
        format!("0-{at}"),
        "0-0".to_owned(),
        format!("-{last}"),
        format!("{last}-1"),
        format!(" {seq} - {at}"),
        format!("+{last}"),
        format!("{seq}-"),
        seq.to_owned(),
        "-".to_owned(),
        String::new(),
        "null".to_owned(),
        "é".to_owned(),
        "18446744073709551615-9223372036854775807".to_owned(),
        "99999999999999999999-99999999999999999999".to_owned(),
        "1".repeat(4000),
    ];
    for id in foreign {
        let mut stream = scene.back(1, "", &id).await;
        assert_eq!(stream.expect("initial").await.id, last, "{id:?}");
    }
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_from_too_long_ago_gets_a_fresh_page() {
    let mut scene = Scene::new().await;
    let old = scene.score(1, 0.0).await;
    let old_enough = scene.score(1, 0.5).await;
    let mut last = String::new();
    for score in 1..=1024 {
        last = scene.score(1, f64::from(score % 900)).await;
    }
    scene.pass(LONG);
    for id in [old, old_enough] {
        let mut stream = scene.back(1, "", &id).await;
        assert_eq!(stream.expect("initial").await.id, last);
    }
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_never_listened_gives_a_fresh_page() {
    let mut scene = Scene::new().await;
    let seen = scene.score(1, 10.0).await;
    let replica = scene.world.replica().await;
    // Missed or not: only who heard of all events of late knows whether a page was whole.
    let mut stream = replica.api(&scene.board.secret).stream_from("", Some(&seen)).await;
    assert_eq!(stream.begin().await.id, seen);
    let next = scene.score(2, 20.0).await;
    assert_eq!(stream.expect("update").await.id, next);
    replica.stop().await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_reset_a_fresh_page_comes() {
    let mut scene = Scene::new().await;
    let seen = scene.score(1, 10.0).await;
    let api = scene.api(0).with_key(&scene.board.account.management);
    api.post(&format!("/leaderboards/{}/reset", scene.board.id), &json!({})).await.ok();
    let last = scene.score(2, 20.0).await;
    let mut stream = scene.back(1, "", &seen).await;
    let initial = stream.expect("initial").await;
    assert_eq!((initial.id, &initial.data["pagination"]["total"]), (last, &json!(1)));
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_lost_subscription_a_fresh_page_comes() {
    let server = Server::start(&[]);
    let mut scene = Scene::on(World::on(&server)).await;
    let seen = scene.score(1, 10.0).await;
    let mut kill = redis::cmd("CLIENT");
    kill.arg(&["KILL", "TYPE", "pubsub"]);
    let killed: usize = kill.query_async(&mut server.connection().await).await.expect("a connection");
    assert_eq!(killed, 2);
    for anchor in &mut scene.anchors {
        anchor.expect("initial").await;
    }
    let next = scene.score(2, 20.0).await;
    let mut stream = scene.back(1, "", &seen).await;
    assert_eq!(stream.expect("initial").await.id, next);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_a_player_comes_back_to_the_page_and_the_row() {
    let mut scene = Scene::new().await;
    let seen = scene.score(1, 10.0).await;
    let last = scene.score(1, 20.0).await;
    let query = format!("?player_id={}", scene.players[1]);
    let mut stream = scene.back(1, &query, &seen).await;
    let initial = stream.expect("initial").await;
    assert_eq!((&initial.id, &initial.data["player"]["score"]), (&last, &json!(20)));
    scene.stop().await;
}
