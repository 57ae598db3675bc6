//! Ties, ranks and pages: compared with a naive model, flooded, and read while they change.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use rankora::domain::leaderboard::{Policy, SortOrder};
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{
    self,
    api::Api,
    model::{Entry, Listed, Model, Submitted},
    world::World,
};

/// Few, so that ties abound, and as far apart as doubles go.
const SCORES: [f64; 16] = [
    0.0,
    -0.0,
    1.0,
    2.0,
    2.5,
    -1.0,
    -2.5,
    0.1,
    1e300,
    -1e300,
    f64::MAX,
    5e-324,
    -5e-324,
    9_007_199_254_740_991.0,
    1e16,
    f64::MIN_POSITIVE,
];
const PLAYERS: usize = 60;
const STEPS: usize = 450;

/// One board and its model, written and read through two replicas.
struct Comparison {
    rng: StdRng,
    model: Model,
    players: Vec<Uuid>,
    apis: [Api; 2],
    management: Api,
    reset: String,
}

impl Comparison {
    async fn run(order: SortOrder, policy: Policy) {
        let world = World::new();
        let replicas = [world.replica().await, world.replica().await];
        let account = replicas[0].account("unlimited").await;
        let board = replicas[0].board_of(&account, order, policy).await;
        let mut comparison = Self {
            rng: StdRng::seed_from_u64(support::seed()),
            model: Model::new(order, policy),
            players: Vec::new(),
            apis: [replicas[0].api(&board.secret), replicas[1].api(&board.secret)],
            management: replicas[0].api(&account.management),
            reset: format!("/leaderboards/{}/reset", board.id),
        };
        comparison.players = (0..PLAYERS).map(|_| uuid(&mut comparison.rng)).collect();
        for step in 0..STEPS {
            let writer = comparison.step().await;
            comparison.check(writer, step % 50 == 49).await;
        }
    }

    /// Changes board and model alike; returns the replica that wrote.
    async fn step(&mut self) -> usize {
        let writer = self.rng.random_range(0..2);
        let player = *self.players.choose(&mut self.rng).expect("players");
        match self.rng.random_range(0..200) {
            0 => {
                // Through the first replica, as the management client is.
                let answer = self.management.post(&self.reset, &json!({})).await.ok();
                assert_eq!(answer["removed_entries"], self.model.len());
                self.model.reset();
                return 0;
            }
            1..=25 => {
                let reply = self.apis[writer].delete(&format!("/leaderboard/entries/{player}")).await;
                match self.model.delete(player) {
                    true => assert_eq!(reply.ok(), json!({"success": true})),
                    false => reply.is_error(404, "not_found", None),
                }
            }
            _ => {
                let score = *SCORES.choose(&mut self.rng).expect("scores");
                let name = format!("Player {} {}", self.rng.random_range(0..9), &player.to_string()[..8]);
                let reply = self.apis[writer].submit(player, &name, score).await;
                match self.model.submit(player, &name, score) {
                    Some(expected) => assert_eq!(Submitted::of(&reply), expected),
                    None => reply.is_error(400, "invalid_score", Some("score")),
                }
            }
        }
        writer
    }

    /// Compares a page on the replica that wrote, which may not show less than what was written through it, and on
    /// the other one what is never cached; now and then all of the board.
    async fn check(&mut self, writer: usize, whole: bool) {
        let order = *[None, Some(SortOrder::Asc), Some(SortOrder::Desc)].choose(&mut self.rng).expect("one");
        let limit = self.rng.random_range(1..=50);
        let first = self.rng.random_range(0..PLAYERS + 5);
        let offsets: Vec<_> = if whole { (0..PLAYERS).step_by(limit).collect() } else { vec![first] };
        for offset in offsets {
            let order_text = order.map_or(String::new(), |order| format!("&order={}", order.as_str()));
            let path = format!("/leaderboard/entries?limit={limit}&offset={offset}{order_text}");
            self.model.check_page(&Listed::of(&self.apis[writer].get(&path).await), order);
        }
        let reader = &self.apis[1 - writer];
        let player = *self.players.choose(&mut self.rng).expect("players");
        let reply = reader.get(&format!("/leaderboard/entries/{player}")).await;
        match self.model.rank(player) {
            None => reply.is_error(404, "not_found", None),
            Some(rank) => {
                let expected = self.model.ranking()[rank - 1];
                let entry = Entry::of(&reply);
                assert_eq!((entry.player_id, entry.rank), (player, rank));
                assert_eq!((&entry.name, entry.score.to_bits()), (&expected.name, expected.score.to_bits()));
            }
        }
        assert_eq!(reader.get("/leaderboard").await.ok()["total_entries"], self.model.len());
    }
}

fn uuid(rng: &mut StdRng) -> Uuid {
    uuid::Builder::from_random_bytes(rng.random()).into_uuid()
}

macro_rules! agrees_with_the_model {
    ($($name:ident: $order:ident $policy:ident;)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            Comparison::run(SortOrder::$order, Policy::$policy).await;
        }
    )+};
}

agrees_with_the_model! {
    a_descending_board_of_latest_scores_agrees_with_the_model: Desc Latest;
    an_ascending_board_of_latest_scores_agrees_with_the_model: Asc Latest;
    a_descending_board_of_best_scores_agrees_with_the_model: Desc Best;
    an_ascending_board_of_best_scores_agrees_with_the_model: Asc Best;
    a_descending_board_of_sums_agrees_with_the_model: Desc Sum;
    an_ascending_board_of_sums_agrees_with_the_model: Asc Sum;
}

#[tokio::test(flavor = "multi_thread")]
async fn players_who_tie_stay_in_the_order_in_which_they_came() {
    let world = World::new();
    let replica = world.replica().await;
    let account = replica.account("unlimited").await;
    for order in [SortOrder::Desc, SortOrder::Asc] {
        let board = replica.board_of(&account, order, Policy::Latest).await;
        let api = replica.api(&board.secret);
        // The lowest id comes last, the highest in the middle: ids must not matter.
        let ids = [7, u128::MAX, 3, 1].map(Uuid::from_u128);
        for (index, id) in ids.into_iter().enumerate() {
            let answer = api.submit(id, &format!("Player {index}"), 10.0).await.ok();
            assert_eq!(answer["rank"], index + 1, "{order:?}");
        }
        // The same score again, under another name: the place stays.
        let answer = api.submit(ids[0], "Renamed", 10.0).await.ok();
        assert_eq!((&answer["rank"], &answer["previous_rank"]), (&json!(1), &json!(1)), "{order:?}");
        // Away and back again: the place is lost.
        api.submit(ids[0], "Renamed", 11.0).await.ok();
        assert_eq!(api.submit(ids[0], "Renamed", 10.0).await.ok()["rank"], 4, "{order:?}");
        let list = Listed::of(&api.get("/leaderboard/entries").await);
        let names: Vec<_> = list.entries.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["Player 1", "Player 2", "Player 3", "Renamed"], "{order:?}");
        let mirror = if order == SortOrder::Desc { "asc" } else { "desc" };
        let list = Listed::of(&api.get(&format!("/leaderboard/entries?order={mirror}")).await);
        let names: Vec<_> = list.entries.iter().map(|row| (row.rank, row.name.as_str())).collect();
        let expected = [(1, "Renamed"), (2, "Player 3"), (3, "Player 2"), (4, "Player 1")];
        assert_eq!(names, expected, "{order:?}");
    }
}

/// Who submitted, when that began and when it was acknowledged, and the rank in the answer.
struct Arrival {
    name: String,
    begun: Instant,
    acknowledged: Instant,
    rank: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_one_score_is_ranked_by_arrival() {
    const TASKS: usize = 24;
    const EACH: usize = 25;
    let world = World::new();
    let replicas = [world.replica().await, world.replica().await, world.replica().await];
    let account = replicas[0].account("unlimited").await;
    for order in [SortOrder::Desc, SortOrder::Asc] {
        let board = replicas[0].board_of(&account, order, Policy::Latest).await;
        let mut tasks = JoinSet::new();
        for task in 0..TASKS {
            let api = replicas[task % 3].api(&board.secret);
            tasks.spawn(async move {
                let mut arrivals = Vec::new();
                for index in 0..EACH {
                    let name = format!("Player {task} {index}");
                    let begun = Instant::now();
                    let answer = Submitted::of(&api.submit(Uuid::new_v4(), &name, 7.25).await);
                    assert_eq!(answer.total_entries, answer.rank, "the last one so far");
                    arrivals.push(Arrival { name, begun, acknowledged: Instant::now(), rank: answer.rank });
                }
                arrivals
            });
        }
        let mut arrivals: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();

        arrivals.sort_by_key(|arrival| arrival.rank);
        let ranks: Vec<_> = arrivals.iter().map(|arrival| arrival.rank).collect();
        assert_eq!(ranks, (1..=TASKS * EACH).collect::<Vec<_>>(), "{order:?}");
        let mut latest_begin = arrivals[0].begun;
        for arrival in &arrivals {
            assert!(arrival.acknowledged > latest_begin, "{} is ahead of its time", arrival.name);
            latest_begin = latest_begin.max(arrival.begun);
        }
        // A page that no replica has read before, so that none comes from a cache.
        let api = replicas[1].api(&board.secret);
        let mut listed = Vec::new();
        for offset in (0..TASKS * EACH).step_by(50) {
            let page = api.get(&format!("/leaderboard/entries?limit=50&offset={offset}")).await;
            listed.extend(Listed::of(&page).entries.into_iter().map(|row| (row.rank, row.name)));
        }
        let expected: Vec<_> = arrivals.into_iter().map(|arrival| (arrival.rank, arrival.name)).collect();
        assert_eq!(listed, expected, "{order:?}");
    }
}

/// Writers whose players' names say their scores, until each has written `writes` times.
fn write_all_the_time(apis: &[Api], writes: usize) -> JoinSet<()> {
    let mut writers = JoinSet::new();
    let seed = support::seed();
    for (index, api) in apis.iter().cloned().enumerate() {
        let mut rng = StdRng::seed_from_u64(seed.wrapping_add(index as u64));
        writers.spawn(async move {
            for _ in 0..writes {
                let number = rng.random_range(0..40_u32);
                let player = Uuid::from_u128(u128::from(number));
                if rng.random_range(0..10) == 0 {
                    api.delete(&format!("/leaderboard/entries/{player}")).await;
                } else {
                    let score = rng.random_range(0..30);
                    api.submit(player, &format!("P{number} has {score}"), f64::from(score)).await.ok();
                }
            }
        });
    }
    writers
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_that_race_with_writes_answer_with_what_was_true() {
    let world = World::new();
    let replicas = [world.replica().await, world.replica().await];
    let board = replicas[0].board("unlimited").await;
    let apis = [0, 1, 0, 1].map(|index: usize| replicas[index].api(&board.secret));
    let mut writers = write_all_the_time(&apis, 250);
    let done = Arc::new(AtomicBool::new(false));

    let mut readers = JoinSet::new();
    for reader in 0..4_usize {
        let api = replicas[reader % 2].api(&board.publishable);
        let done = done.clone();
        readers.spawn(async move {
            let mut read = 0;
            while !done.load(Ordering::Relaxed) {
                let (limit, offset) = (10 + reader * 10, (read * 7) % 30);
                let order = ["desc", "asc"][read % 2];
                let path = format!("/leaderboard/entries?limit={limit}&offset={offset}&order={order}");
                check_racing_page(&Listed::of(&api.get(&path).await), order);
                let reply =
                    api.get(&format!("/leaderboard/entries/{}", Uuid::from_u128(read as u128 % 40))).await;
                if reply.status != 404 {
                    let entry = Entry::of(&reply);
                    let number = entry.player_id.as_u128();
                    assert_eq!(entry.name, format!("P{number} has {}", entry.score));
                    assert!((1..=40).contains(&entry.rank), "{entry:?}");
                }
                read += 1;
            }
            read
        });
    }
    while let Some(result) = writers.join_next().await {
        result.expect("a writer");
    }
    done.store(true, Ordering::Relaxed);
    let read: usize = readers.join_all().await.into_iter().sum();
    assert!(read > 100, "only {read} reads raced");
}

#[track_caller]
fn check_racing_page(page: &Listed, order: &str) {
    let Listed { entries, pagination } = page;
    assert!(pagination.total <= 40);
    let there = pagination.total.saturating_sub(pagination.offset).min(pagination.limit);
    assert_eq!(entries.len(), there, "{page:?}");
    for (index, row) in entries.iter().enumerate() {
        assert_eq!(row.rank, pagination.offset + index + 1, "{page:?}");
        assert!(row.name.ends_with(&format!("has {}", row.score)), "{row:?}");
    }
    for pair in entries.windows(2) {
        let (first, second) = (pair[0].score, pair[1].score);
        assert!(if order == "desc" { first >= second } else { first <= second }, "{page:?}");
    }
    let players: HashSet<_> = entries.iter().map(|row| row.name.split(' ').next()).collect();
    let handles: HashSet<_> = entries.iter().map(|row| &row.id).collect();
    assert_eq!((players.len(), handles.len()), (there, there), "{page:?}");
}
