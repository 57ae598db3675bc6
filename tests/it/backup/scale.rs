//! A leaderboard of many entries goes through little memory, and Redis answers others meanwhile.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{directory, output};
use crate::support::{
    load,
    process::{Ended, Rankora},
    redis::Server,
    world::{Board, World},
};

/// What either command may need in RAM, however many entries there are.
const MEMORY: u64 = 32 * 1024 * 1024;
/// The entries that one command may touch, on the average.
const AT_ONCE: usize = 600;

/// Entries; `RANKORA_BACKUP_ENTRIES=1000000` for the real thing.
fn entries() -> usize {
    std::env::var("RANKORA_BACKUP_ENTRIES").map_or(100_000, |entries| entries.parse().expect("a number"))
}

/// Runs a command to its end; returns its answer and the most memory it had.
async fn measured(command: Rankora, what: &str) -> (Value, u64) {
    let begun = Instant::now();
    let process = command.start();
    let mut peak = 0;
    while process.is_running() {
        peak = peak.max(process.peak_memory().unwrap_or(0));
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let ended = Ended { status: process.ended().await, output: process.output(), log: process.log() };
    eprintln!("{what}: {:.1} s, {} KiB at the most", begun.elapsed().as_secs_f64(), peak / 1024);
    (serde_json::from_str(&output(ended)).expect("JSON"), peak)
}

/// Tells of Redis' slowest command since the log was emptied. How long that takes on a busy machine is no measure.
async fn tell_slowest(server: &Server, what: &str) {
    let mut redis = server.connection().await;
    let log: Vec<redis::Value> =
        redis::cmd("SLOWLOG").arg("GET").arg(-1).query_async(&mut redis).await.expect("a log");
    let micros = log.iter().filter_map(|entry| match entry {
        redis::Value::Array(fields) => match (&fields[2], &fields[3]) {
            (redis::Value::Int(micros), redis::Value::Array(words)) => {
                Some((*micros, format!("{:?}", words[0])))
            }
            _ => None,
        },
        _ => None,
    });
    let (micros, command) = micros.max().unwrap_or_default();
    eprintln!("{what}: longest command of Redis {micros} µs, {command}");
    redis::cmd("SLOWLOG").arg("RESET").exec_async(&mut redis).await.expect("an empty log");
}

/// Compares two leaderboards, member by member and entry by entry.
async fn compare(worlds: [&World; 2], board: &Board, entries: usize) {
    let keys = worlds.map(|world| world.keys(board));
    for from in (0..entries).step_by(1000) {
        let mut halves = Vec::new();
        for (world, keys) in worlds.into_iter().zip(&keys) {
            let mut redis = world.redis().await;
            let mut range = redis::cmd("ZRANGE");
            range.arg(&keys.ranking).arg(from).arg(from + 999).arg("WITHSCORES");
            let members: Vec<(Vec<u8>, String)> = range.query_async(&mut redis).await.expect("a range");
            let mut stored = redis::cmd("HMGET");
            stored.arg(&keys.entries);
            for (member, _) in &members {
                stored.arg(&member[8..]);
            }
            let stored: Vec<Vec<u8>> = stored.query_async(&mut redis).await.expect("entries");
            halves.push((members, stored));
        }
        assert_eq!(halves[0].0.len(), 1000.min(entries - from));
        assert!(halves[0] == halves[1], "from {from} on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_entries_go_through_little_memory_while_redis_answers_others() {
    let entries = entries();
    let options = ["--slowlog-log-slower-than", "1000", "--slowlog-max-len", "100000"];
    let servers = [Server::start(&options), Server::start(&options)];
    let worlds = [World::on(&servers[0]), World::on(&servers[1])];
    let replica = worlds[0].replica().await;
    let board = replica.board("unlimited").await;
    load::fill(&worlds[0], &board, &load::players(entries), "{\"level\":12,\"car\":\"red\"}").await;
    let busy = worlds[1].replica().await;
    let other = busy.board("unlimited").await;
    for server in &servers {
        tell_slowest(server, "before").await;
    }

    // Others ask all the while.
    let stop = Arc::new(AtomicBool::new(false));
    let ask = |api: crate::support::api::Api| {
        let stop = stop.clone();
        tokio::spawn(async move {
            let mut longest = Duration::ZERO;
            while !stop.load(Ordering::Relaxed) {
                let begun = Instant::now();
                api.submit(uuid::Uuid::from_u128(7), "Ada", f64::from(rand::random::<u16>())).await.ok();
                longest = longest.max(begun.elapsed());
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            longest
        })
    };
    let bystander = replica.board("unlimited").await;
    let asking = [ask(replica.api(&bystander.secret)), ask(busy.api(&other.secret))];

    let directory = directory();
    let path = directory.path().join("backup");
    let path = path.to_str().expect("a path");
    let account = board.account.id.to_string();
    let args = ["export", "--account", &account, "--output", path, "--json"];
    let (exported, peak) = measured(worlds[0].admin(&args), "export").await;
    assert_eq!(exported["exported"]["entries"], entries);
    assert!(peak > 0 && peak < MEMORY, "{peak} bytes for the export");
    tell_slowest(&servers[0], "export").await;
    assert!(servers[0].calls("hscan").await as usize * AT_ONCE >= entries);
    let size = std::fs::metadata(path).expect("a file").len();
    eprintln!("the file has {size} bytes");

    let already = servers[1].calls("hincrby").await;
    let (imported, peak) = measured(worlds[1].admin(&["import", "--json", "--input", path]), "import").await;
    assert_eq!(imported["imported"]["entries"], entries);
    assert!(peak > 0 && peak < MEMORY, "{peak} bytes for the import");
    tell_slowest(&servers[1], "import").await;
    let added = servers[1].calls("hincrby").await - already;
    assert!(added as usize * AT_ONCE >= entries);
    compare([&worlds[0], &worlds[1]], &board, entries).await;

    let deleted = worlds[1].admin(&["account", "delete", "--account", &account, "--json"]);
    assert_eq!(measured(deleted, "delete").await.0["deleted"], account.as_str());
    tell_slowest(&servers[1], "delete").await;
    stop.store(true, Ordering::Relaxed);
    for asking in asking {
        eprintln!("the slowest submission meanwhile: {:?}", asking.await.expect("answers"));
    }
    replica.stop().await;
    busy.stop().await;
}
