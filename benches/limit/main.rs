//! How close Rankora comes to the least that a server on Redis has to do.
//!
//! `make bench`, or `cargo bench --bench limit -- [--pairs N] [--seconds N] [--only WORK] [--write FILE]`: an anchor and
//! Rankora take turns on one redis-server, and what counts is the ratio of the two in one pair.

#[path = "../../tests/it/support/mod.rs"]
mod support;

#[path = "../instruments/mod.rs"]
mod instruments;

mod anchor;
mod report;
mod sides;
mod work;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use self::{
    instruments::{document, median},
    report::{Pair, Row},
    sides::Scene,
    work::{Side, Work},
};

#[derive(Parser)]
struct Options {
    #[command(subcommand)]
    role: Option<Role>,
    /// How often the two take turns.
    #[arg(long, default_value_t = 5)]
    pairs: usize,
    /// How long a turn lasts, in seconds.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Clients, each with one request under way.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Entries on the leaderboard.
    #[arg(long, default_value_t = 100_000)]
    entries: usize,
    /// One kind of work.
    #[arg(long)]
    only: Option<Work>,
    /// The document whose table is replaced.
    #[arg(long)]
    write: Option<PathBuf>,
    /// Added by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Subcommand)]
enum Role {
    /// Serves as the anchor; the bench starts itself in this role.
    Anchor(anchor::Options),
}

fn main() {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    match &options.role {
        Some(Role::Anchor(options)) => runtime.block_on(anchor::serve(options)),
        None => measure(&options, &runtime),
    }
}

fn measure(options: &Options, runtime: &tokio::runtime::Runtime) {
    support::many_sockets();
    let scene = runtime.block_on(Scene::set(options.entries, options.connections));
    let mut rows = Vec::new();
    for work in Work::ALL.into_iter().filter(|work| options.only.is_none_or(|only| only == *work)) {
        let turn = |side: Side, pace| {
            runtime.block_on(scene.turn(side, work, options.connections, options.seconds, pace))
        };
        // What is made on the first requests is there before anything counts.
        for side in Side::BOTH {
            turn(side, None);
        }
        let full = Pair::several(options.pairs, |side| turn(side, None));
        let paces = Side::BOTH.map(|side| median(full.iter().map(|pair| pair.of(side).rate())) / 2.0);
        let half = Pair::several(options.pairs, |side| turn(side, Some(paces[side as usize])));
        let row = Row { work, full, half };
        println!("{}", row.in_full());
        rows.push(row);
    }
    let table = report::table(&rows, options.connections, options.entries);
    println!("\n{table}");
    if let Some(path) = &options.write {
        document::write(path, "limit", &table);
    }
}
