//! What a submission and a rank cost on leaderboards of a thousand entries and of millions, beside a bare sorted set, and
//! how much memory of Redis an entry takes.
//!
//! `cargo bench --bench scale -- [--full] [--pairs N] [--seconds N] [--write FILE]`: a large leaderboard grows tenfold
//! from step to step, to 10,000,000 entries with `--full`, and takes turns at each size with one of 1,000 entries on the
//! same redis-server and the same replica. What counts is the ratio of the two in one pair.

#[path = "../../tests/it/support/mod.rs"]
mod support;

#[path = "../instruments/mod.rs"]
mod instruments;

mod bare;
mod grown;
mod report;

use std::path::PathBuf;

use clap::Parser;

use self::{
    bare::Bare,
    grown::{Grown, Work},
    instruments::document,
    report::Row,
};

#[derive(Parser)]
struct Options {
    /// To 10,000,000 entries, for which Redis takes some 3 GiB.
    #[arg(long)]
    full: bool,
    /// How often the two leaderboards take turns.
    #[arg(long, default_value_t = 3)]
    pairs: usize,
    /// How long a turn lasts, in seconds.
    #[arg(long, default_value_t = 1.5)]
    seconds: f64,
    /// Clients, each with one request under way.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// The document whose table is replaced.
    #[arg(long)]
    write: Option<PathBuf>,
    /// Added by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let options = Options::parse();
    support::many_sockets();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measure(&options));
}

async fn measure(options: &Options) {
    let mut grown = Grown::new().await;
    let mut bare = Bare::new().await;
    let mut rows = Vec::new();
    for size in [1_000, 10_000, 100_000, 1_000_000, 10_000_000] {
        if size > 1_000_000 && !options.full {
            break;
        }
        let memory = grown.grow(size).await;
        let mut pairs = Vec::new();
        for work in Work::BOTH {
            // What is made on the first requests is there before anything counts.
            grown.pair(work, options.connections, 0.3).await;
            let mut of_work = Vec::new();
            for _ in 0..options.pairs {
                of_work.push(grown.pair(work, options.connections, options.seconds).await);
            }
            pairs.push(of_work);
        }
        bare.grow(size).await;
        let mut bare_pairs = vec![];
        for _ in 0..options.pairs {
            bare_pairs.push(bare.pair(options.seconds).await);
        }
        let row = Row { size, memory, pairs, bare: bare_pairs };
        println!("{}", row.in_full());
        rows.push(row);
    }
    let table = report::table(&rows);
    println!("\n{table}");
    if let Some(path) = &options.write {
        document::write(path, "scale", &table);
    }
}
