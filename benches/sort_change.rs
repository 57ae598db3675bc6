//! What a change of the sort order costs on a large leaderboard, and how much memory its entries take.
//!
//! `cargo bench --bench sort_change -- [ENTRIES]`: fills a leaderboard, 1,000,000 entries unless told otherwise, on a
//! redis-server of its own with an append-only file, and lets clients write and read through two replicas, first without
//! a change and then while the order is changed, three times over. `FSYNC=always` in the environment makes Redis keep
//! every write before it answers.

#[path = "../tests/it/support/mod.rs"]
mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use rankora::domain::leaderboard::{Policy, SortOrder};
use serde_json::json;
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep},
};

use support::{
    api::Api,
    connection::Connection,
    load,
    model::Player,
    redis::Server,
    world::{Board, World},
};

const CLIENTS: usize = 12;
/// Between two requests of one client: some 1,200 requests a second in all, which the machine can carry.
const PACE: Duration = Duration::from_millis(10);
/// How long the clients are watched without a change.
const WINDOW: Duration = Duration::from_secs(10);
/// Scripts that take longer are noted by Redis; a submission takes a fifth of it.
const SLOW_US: u64 = 100;
const METADATA: &str = r#"{"level":12,"country":"DE"}"#;

fn main() {
    // `cargo bench` adds `--bench`.
    let entries = std::env::args().skip(1).find_map(|text| text.parse().ok()).unwrap_or(1_000_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measure(entries));
}

async fn measure(entries: usize) {
    let fsync = std::env::var("FSYNC").unwrap_or_else(|_| "everysec".to_owned());
    let server = Server::start(&["--appendonly", "yes", "--appendfsync", &fsync]);
    let world = World::on(&server);
    let replicas = [world.replica().await, world.replica().await];
    let account = replicas[0].account("unlimited").await;
    let mut redis = world.redis().await;

    let players = load::players(entries);
    let with = replicas[0].board_of(&account, SortOrder::Desc, Policy::Latest).await;
    fill(&world, &with, &players, METADATA, &mut redis).await;
    let without = replicas[0].board_of(&account, SortOrder::Desc, Policy::Latest).await;
    fill(&world, &without, &players, "", &mut redis).await;

    let apis: Vec<_> = replicas.iter().map(|replica| replica.api(&with.secret)).collect();
    let management = replicas[0].api(&account.management);
    let path = format!("/leaderboards/{}", with.id);
    let players = Arc::new(players);
    for order in [SortOrder::Asc, SortOrder::Desc, SortOrder::Asc] {
        let stop = Stop::default();
        let traffic = start_traffic(&apis, &players, &stop);
        sleep(WINDOW).await;
        stop.stop();
        report("without a change", traffic).await;

        slow_scripts(&mut redis).await;
        let stop = Stop::default();
        let traffic = start_traffic(&apis, &players, &stop);
        sleep(Duration::from_millis(500)).await;
        let since = Instant::now();
        management.patch(&path, &json!({"sort_order": order.as_str()})).await.ok();
        let answered = since.elapsed();
        while management.get(&path).await.ok()["sort_order"] != order.as_str() {
            sleep(Duration::from_millis(5)).await;
        }
        let switched = since.elapsed();
        sleep(Duration::from_millis(500)).await;
        stop.stop();
        println!(
            "change to {}: PATCH answered in {answered:.1?}, switched after {switched:.2?}",
            order.as_str()
        );
        report("during the change", traffic).await;
        let chunks = slow_scripts(&mut redis).await;
        let (last, others) = chunks.split_last().expect("slow chunks");
        let mut sorted = others.to_vec();
        sorted.sort_unstable();
        println!(
            "  chunks over {SLOW_US} µs: {}, median {} µs, longest {} µs; the last one, with the switch: {last} µs",
            chunks.len(),
            sorted[sorted.len() / 2],
            sorted[sorted.len() - 1],
        );
    }
    for replica in replicas {
        replica.stop().await;
    }
}

async fn fill(world: &World, board: &Board, players: &[Player], metadata: &str, redis: &mut Connection) {
    let before = used_memory(redis).await;
    let since = Instant::now();
    load::fill(world, board, players, metadata).await;
    let filled = since.elapsed();
    let used = used_memory(redis).await - before;
    let keys = world.keys(board);
    let mut of_keys = 0;
    for key in [&keys.ranking, &keys.entries] {
        let mut usage = redis::cmd("MEMORY");
        usage.arg("USAGE").arg(key).arg("SAMPLES").arg(20_000);
        of_keys += usage.query_async::<u64>(redis).await.expect("bytes");
    }
    let entries = players.len() as u64;
    println!(
        "{entries} entries with metadata {metadata:?} in {filled:.1?}: {} bytes each by used_memory, {} by MEMORY USAGE",
        used / entries,
        of_keys / entries,
    );
}

async fn used_memory(redis: &mut Connection) -> u64 {
    let info: String = redis::cmd("INFO").arg("memory").query_async(redis).await.expect("INFO");
    let used = info.lines().find_map(|line| line.strip_prefix("used_memory:"));
    used.expect("used memory").parse().expect("bytes")
}

/// The times of the slow chunks since the last call, in order, in microseconds. They are told by their number of keys.
async fn slow_scripts(redis: &mut Connection) -> Vec<u64> {
    type Slow = (u64, u64, u64, Vec<Vec<u8>>, String, String);
    let slow: Vec<Slow> =
        redis::cmd("SLOWLOG").arg("GET").arg(-1).query_async(redis).await.expect("the slow log");
    let mut chunks: Vec<_> = slow
        .iter()
        .filter(|(.., arguments, _, _)| arguments.get(2).is_some_and(|keys| keys == b"4"))
        .map(|(id, _, micros, ..)| (*id, *micros))
        .collect();
    chunks.sort_unstable();
    for (name, value) in [("slowlog-log-slower-than", SLOW_US), ("slowlog-max-len", 100_000)] {
        let mut set = redis::cmd("CONFIG");
        let () = set.arg("SET").arg(name).arg(value).query_async(redis).await.expect("a setting");
    }
    let () = redis::cmd("SLOWLOG").arg("RESET").query_async(redis).await.expect("a reset");
    chunks.into_iter().map(|(_, micros)| micros).collect()
}

#[derive(Clone, Default)]
struct Stop(Arc<AtomicBool>);

impl Stop {
    fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What one client saw: the time of each request, and how many were no success.
#[derive(Default)]
struct Seen {
    times: Vec<Duration>,
    failed: usize,
}

fn start_traffic(apis: &[Api], players: &Arc<Vec<Player>>, stop: &Stop) -> JoinSet<Seen> {
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let (api, players, stop) = (apis[client % apis.len()].clone(), players.clone(), stop.clone());
        clients.spawn(async move {
            let mut rng = StdRng::seed_from_u64(client as u64);
            let mut pace = interval(PACE);
            pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut seen = Seen::default();
            while !stop.is_stopped() {
                pace.tick().await;
                let player = &players[rng.random_range(0..players.len())];
                let entry = format!("/leaderboard/entries/{}", player.id);
                let offset = rng.random_range(0..players.len());
                let since = Instant::now();
                let reply = match rng.random_range(0..10) {
                    0..5 => api.submit(player.id, &player.name, f64::from(rng.random_range(0..50_000))).await,
                    5..8 => api.get(&format!("/leaderboard/entries?limit=50&offset={offset}")).await,
                    _ => api.get(&entry).await,
                };
                seen.times.push(since.elapsed());
                seen.failed += usize::from(!reply.status.is_success());
            }
            seen
        });
    }
    clients
}

async fn report(what: &str, traffic: JoinSet<Seen>) {
    let seen = traffic.join_all().await;
    let failed: usize = seen.iter().map(|seen| seen.failed).sum();
    let mut times: Vec<_> = seen.into_iter().flat_map(|seen| seen.times).collect();
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    let over = times.iter().filter(|time| **time > Duration::from_millis(100)).count();
    println!(
        "  {what}: {} requests, {failed} failed, median {:.1?}, 99% {:.1?}, 99.9% {:.1?}, slowest {:.1?}, {over} over 100 ms",
        times.len(),
        at(0.5),
        at(0.99),
        at(0.999),
        at(1.0),
    );
}
