//! What becomes of writes, quotas and streams when Redis fails under Rankora, behind sentinels and as a cluster.
//!
//! `cargo bench --profile dev --bench faults -- [--runs N] [--only FAULT] [--topology sentinel|cluster]
//! [--write-replicas 0|1|2]`: each fault so often, 3 times unless told otherwise, in each topology and with each number
//! of confirmations. `--only move-size` moves accounts of up to a million entries to another node of a cluster instead.

#[path = "../tests/it/support/mod.rs"]
mod support;

use std::time::Duration;

use clap::Parser;
use support::faults::{
    Fault, Verdict, move_size,
    trial::{Trial, ground},
    verdict::median_and_longest,
};

/// After what silence a node counts as gone.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Parser)]
struct Options {
    /// How often each fault happens.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// One fault, or `move-size`.
    #[arg(long)]
    only: Option<String>,
    /// One topology.
    #[arg(long, value_parser = ["sentinel", "cluster"])]
    topology: Option<String>,
    /// One number of Redis replicas that confirm each write.
    #[arg(long)]
    write_replicas: Option<u16>,
    /// Added by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    match options.only.as_deref() {
        Some("move-size") => runtime.block_on(move_sizes()),
        only => {
            let only = only.map(|name| name.parse().expect("a fault"));
            runtime.block_on(try_faults(&options, only));
        }
    }
}

async fn try_faults(options: &Options, only: Option<Fault>) {
    println!(
        "| fault | topology | write replicas | runs | unavailable s (median / max) | other shards s | slowest there s \
         | acknowledged | lost | quota drift | wrong streams |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    let topologies = ["sentinel", "cluster"];
    for kind in
        topologies.into_iter().filter(|kind| options.topology.as_deref().is_none_or(|only| only == *kind))
    {
        for fault in Fault::ALL.into_iter().filter(|fault| only.is_none_or(|only| only == *fault)) {
            let topology = ground(kind, PATIENCE).await;
            if !fault.concerns(&topology) {
                continue;
            }
            for write_replicas in 0..=2 {
                if options.write_replicas.is_some_and(|only| only != write_replicas) {
                    continue;
                }
                let trial = Trial {
                    fault,
                    write_replicas,
                    replicas: 3,
                    writers: 8,
                    pace: Duration::from_millis(20),
                    calm: Duration::from_secs(2),
                    lasting: Duration::from_secs(6),
                };
                let mut all = Verdict::default();
                for _ in 0..options.runs {
                    all += trial.run(&topology).await;
                }
                report(kind, &trial, &all);
            }
        }
    }
}

fn report(kind: &str, trial: &Trial, all: &Verdict) {
    println!(
        "| {} | {kind} | {} | {} | {} | {} | {} | {} | {} | {} | {} of {} |",
        trial.fault.name(),
        trial.write_replicas,
        all.unavailable.len(),
        median_and_longest(&all.unavailable),
        median_and_longest(&all.others_unavailable),
        median_and_longest(&all.others_slowest),
        all.acknowledged,
        all.lost,
        all.drift,
        all.wrong_streams.len(),
        all.streams,
    );
    for wrong in all.wrong_streams.iter().chain(&all.strange) {
        eprintln!("{wrong}");
    }
}

async fn move_sizes() {
    println!(
        "| entries | move took s | unavailable s | on its old node s | on its new node s | elsewhere s \
         | slowest elsewhere s |"
    );
    println!("|---|---|---|---|---|---|---|");
    for entries in [1_000, 10_000, 100_000, 1_000_000] {
        let moved = move_size::move_account(entries).await;
        let times = [
            moved.took,
            moved.unavailable,
            moved.on_source,
            moved.on_target,
            moved.elsewhere,
            moved.slowest_elsewhere,
        ];
        let times = times.map(|time| format!("{:.2}", time.as_secs_f64())).join(" | ");
        println!("| {entries} | {times} |");
    }
}
