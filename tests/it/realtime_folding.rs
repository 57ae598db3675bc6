//! What clients build from streams ends equal to the leaderboard, whatever is done to the connections meanwhile.
//!
//! `RANKORA_TEST_WRITES` sets the writes of a run, `RANKORA_TEST_RUNS` how often each test runs.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use rankora::domain::leaderboard::{Policy, SortOrder};
use reqwest::StatusCode;
use serde_json::json;
use tokio::sync::watch;
use uuid::Uuid;

use crate::support::{
    api::Api,
    eventually,
    fold::Asked,
    listener::{Habit, Listener},
    redis::Server,
    world::{Board, Replica, World},
};

/// Players that come and go; somewhat more than two hundred are there at a time.
const PLAYERS: usize = 240;
/// Few, so that many are equal.
const SCORES: u64 = 60;
const WRITERS: usize = 12;

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// A leaderboard on three replicas, and what is done to it.
struct Scene {
    server: Server,
    replicas: Vec<Replica>,
    board: Board,
    players: Vec<Uuid>,
    /// Whether clients may move on.
    restless: watch::Sender<bool>,
}

impl Scene {
    async fn set(trouble: Trouble) -> Self {
        let server = Server::start(&[]);
        let world = World::on(&server);
        let replicas = vec![world.replica().await, world.replica().await, world.replica().await];
        let replica = &replicas[0];
        let account = replica.account("unlimited").await;
        let board = replica.board_of(&account, trouble.order, trouble.policy).await;
        let players = std::iter::repeat_with(Uuid::new_v4).take(PLAYERS).collect();
        Self { server, replicas, board, players, restless: watch::Sender::new(true) }
    }

    fn apis(&self, first: usize) -> Vec<Api> {
        let mut apis: Vec<_> = self.replicas.iter().map(|replica| replica.api(&self.board.secret)).collect();
        apis.rotate_left(first % self.replicas.len());
        apis
    }

    fn habit(&self, first: usize, trouble: Trouble) -> Habit {
        let restless = self.restless.subscribe();
        Habit { replicas: self.apis(first), moves: None, restless, rebuilds: trouble.rebuilds }
    }

    /// Two hundred players, before anybody listens.
    async fn fill(&self) {
        let api = &self.apis(0)[0];
        let submit = |index: usize| async move {
            let score = index as u64 % SCORES;
            api.submit(self.players[index], &format!("Player {index}"), score as f64).await.ok();
        };
        join_all((0..200).map(submit)).await;
    }

    /// Makes writes through all replicas and calls `between` after each one; ends when all are made.
    async fn write(&self, writes: usize, between: impl AsyncFn(usize)) {
        let made = AtomicUsize::new(0);
        let writer = |index: usize| {
            let (api, made, between) = (&self.apis(index)[0], &made, &between);
            let api = api.clone();
            async move {
                let mut rng = StdRng::seed_from_u64(rand::random());
                loop {
                    let nth = made.fetch_add(1, Ordering::Relaxed);
                    if nth >= writes {
                        return;
                    }
                    self.write_once(&api, &mut rng).await;
                    between(nth).await;
                }
            }
        };
        join_all((0..WRITERS).map(writer)).await;
    }

    async fn write_once(&self, api: &Api, rng: &mut StdRng) {
        let index = rng.random_range(0..self.players.len());
        let player = self.players[index];
        // What a player comes back to, so that names and metadata change alone as well.
        let usual = index as u64 % SCORES;
        let mut body = json!({"name": format!("Player {index}"), "score": usual, "player_id": player});
        let reply = match rng.random_range(0..100) {
            0..15 => api.delete(&format!("/leaderboard/entries/{player}")).await,
            what => {
                match what {
                    15..65 => body["score"] = json!(rng.random_range(0..SCORES)),
                    65..75 => body["metadata"] = json!({"level": rng.random_range(0..9)}),
                    75..80 => body["metadata"] = json!(null),
                    _ => body["name"] = json!(format!("Player {index} {}", rng.random_range(0..9))),
                }
                api.post("/leaderboard/entries", &body).await
            }
        };
        let expected = [StatusCode::OK, StatusCode::NOT_FOUND, StatusCode::SERVICE_UNAVAILABLE];
        assert!(expected.contains(&reply.status), "{} {}", reply.status, reply.text);
    }

    /// Resets the leaderboard or turns its order around.
    async fn rebuild(&self) {
        let api = &self.apis(rand::random_range(0..3))[0].with_key(&self.board.account.management);
        let path = format!("/leaderboards/{}", self.board.id);
        let reply = match rand::random_ratio(1, 3) {
            true => api.post(&format!("{path}/reset"), &json!({})).await,
            false => {
                let order = if rand::random() { "asc" } else { "desc" };
                api.patch(&path, &json!({"sort_order": order})).await
            }
        };
        let expected = [StatusCode::OK, StatusCode::CONFLICT, StatusCode::SERVICE_UNAVAILABLE];
        assert!(expected.contains(&reply.status), "{} {}", reply.status, reply.text);
    }

    /// Lets the clients settle, and checks them all against the leaderboard; then once more after a last write, for
    /// what might come late.
    async fn settle(&self, listeners: &mut [Listener]) {
        self.restless.send_replace(false);
        let last = Uuid::new_v4();
        let api = &self.apis(0)[0];
        let board = format!("/leaderboards/{}", self.board.id);
        let management = api.with_key(&self.board.account.management);
        // What the leaderboard shows must not change while the clients are held against it.
        eventually("the last change of order", async || {
            let reply = management.get(&board).await;
            (reply.status == StatusCode::OK && reply.ok()["pending_sort_order"].is_null()).then_some(())
        })
        .await;
        for score in [1.5, 2.5] {
            // A connection that was killed shows when it is used.
            eventually("a last write", || async {
                let reply = api.submit(last, "The last one", score).await;
                (reply.status != StatusCode::SERVICE_UNAVAILABLE).then(|| reply.ok())
            })
            .await;
            let mut slowest = Duration::ZERO;
            for listener in listeners.iter_mut() {
                slowest = slowest.max(listener.settles(api).await);
            }
            eprintln!("settled in {slowest:?}");
        }
    }
}

/// The pages whose clients must end right: all there is, windows in both orders, the end of the leaderboard.
fn pages() -> Vec<Asked> {
    let window = Asked::page(5, 50);
    vec![
        Asked::page(50, 0),
        Asked::page(50, 150),
        Asked::page(50, 200),
        Asked::page(5, 0),
        window.clone(),
        Asked::page(5, 0).in_order("asc"),
        window.clone().in_order("asc"),
        Asked::page(5, 0).in_order("desc"),
        window.in_order("desc"),
    ]
}

fn soon() -> usize {
    rand::rng().random_range(1..150)
}

/// Kills connections at random moments: always those of the relays, now and then all others too.
struct Killer {
    connection: redis::aio::MultiplexedConnection,
    others: bool,
}

impl Killer {
    async fn new(server: &Server, others: bool) -> Self {
        Self { connection: server.connection().await, others }
    }

    async fn strike(&self) {
        let mut connection = self.connection.clone();
        let kill = async |kind, connection: &mut redis::aio::MultiplexedConnection| {
            let mut command = redis::cmd("CLIENT");
            command.arg(&["KILL", "TYPE", kind, "SKIPME", "yes"]);
            let _: usize = command.query_async(connection).await.expect("a connection of one's own");
        };
        if self.others && rand::random_ratio(1, 4) {
            kill("normal", &mut connection).await;
        }
        kill("pubsub", &mut connection).await;
    }
}

/// What is done to a leaderboard while clients listen.
#[derive(Clone, Copy)]
struct Trouble {
    order: SortOrder,
    policy: Policy,
    /// Whether the other connections are killed as well.
    others: bool,
    /// Whether the leaderboard is reset and turned around.
    rebuilds: bool,
}

const TROUBLE: Trouble =
    Trouble { order: SortOrder::Desc, policy: Policy::Latest, others: false, rebuilds: false };

async fn clients_end_right(trouble: Trouble, default_writes: usize) {
    for _ in 0..setting("RANKORA_TEST_RUNS", 1) {
        run(trouble, setting("RANKORA_TEST_WRITES", default_writes)).await;
    }
}

async fn run(trouble: Trouble, writes: usize) {
    let scene = Scene::set(trouble).await;
    scene.fill().await;
    let mut listeners = Vec::new();
    for (index, asked) in pages().into_iter().enumerate() {
        let habit = scene.habit(index, trouble);
        listeners.push(Listener::start(habit.clone(), asked.clone()).await);
        listeners.push(Listener::start(Habit { moves: Some(soon), ..habit }, asked).await);
    }
    for (index, player) in scene.players.iter().enumerate().step_by(PLAYERS / 3) {
        let asked = [Asked::page(5, 0), Asked::page(5, 50).in_order("asc"), Asked::page(50, 0)];
        for asked in asked {
            listeners.push(Listener::start(scene.habit(index, trouble), asked.following(*player)).await);
        }
    }
    let killer = Killer::new(&scene.server, trouble.others).await;
    let (next_kill, next_rebuild) = (AtomicUsize::new(50), AtomicUsize::new(writes / 10));
    let due = |next: &AtomicUsize, nth, gap: std::ops::Range<usize>| {
        let due = nth == next.load(Ordering::Relaxed);
        if due {
            next.store(nth + rand::rng().random_range(gap), Ordering::Relaxed);
        }
        due
    };
    let between = async |nth| {
        if due(&next_kill, nth, 20..300) {
            killer.strike().await;
        }
        if trouble.rebuilds && due(&next_rebuild, nth, 1..writes / 5) {
            scene.rebuild().await;
        }
    };
    scene.write(writes, between).await;
    scene.settle(&mut listeners).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_end_right_while_subscriptions_are_killed() {
    clients_end_right(TROUBLE, 10_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_end_right_while_all_connections_are_killed() {
    clients_end_right(Trouble { others: true, ..TROUBLE }, 3_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_end_right_where_the_best_score_counts() {
    let best = Trouble { order: SortOrder::Asc, policy: Policy::Best, ..TROUBLE };
    clients_end_right(best, 2_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_end_right_where_scores_add_up() {
    clients_end_right(Trouble { policy: Policy::Sum, ..TROUBLE }, 2_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_end_right_across_resets_and_changes_of_the_order() {
    clients_end_right(Trouble { rebuilds: true, others: true, ..TROUBLE }, 3_000).await;
}
