//! What open streams cost: memory, the time and CPU of an event on its way to all of them, and whether many events a
//! second get through.
//!
//! `cargo bench --bench streams -- [--only memory|fan-out|rate] [--streams N] [--seconds N] [--write FILE]`. All of it
//! shares the machine's cores: the replica, Redis, and the clients, whose CPU time is told apart.

#[path = "../../tests/it/support/mod.rs"]
mod support;

#[path = "../instruments/mod.rs"]
mod instruments;

mod audience;
mod bare;
mod fan_out;
mod memory;
mod rate;
mod stage;

use std::path::PathBuf;

use clap::Parser;

use self::instruments::document;

#[derive(Parser)]
struct Options {
    /// One of `memory`, `fan-out` and `rate`.
    #[arg(long, value_parser = ["memory", "fan-out", "rate"])]
    only: Option<String>,
    /// Streams whose memory is measured, as far as the limit of open files lets them be opened.
    #[arg(long, default_value_t = 20_000)]
    streams: usize,
    /// How long there are many events a second.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// How many events a second.
    #[arg(long, default_value_t = 1_000)]
    events: u32,
    /// Be the bare server, with updates of so many bytes.
    #[arg(long, hide = true)]
    bare: Option<usize>,
    /// The document whose tables are replaced.
    #[arg(long)]
    write: Option<PathBuf>,
    /// Added by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let options = Options::parse();
    support::many_sockets();
    if let Some(bytes) = options.bare {
        return bare::serve(bytes);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let wanted = |name: &str| options.only.as_ref().is_none_or(|only| only == name);
    let tell = |name: &str, table: String| {
        println!("{table}");
        if let Some(path) = &options.write {
            document::write(path, name, &table);
        }
    };
    if wanted("memory") {
        tell("streams: memory", runtime.block_on(memory::measure(options.streams)));
    }
    if wanted("fan-out") {
        tell("streams: fan-out", runtime.block_on(fan_out::measure()));
    }
    if wanted("rate") {
        tell("streams: rate", runtime.block_on(rate::measure(options.events, options.seconds)));
    }
}
