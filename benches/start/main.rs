//! How long a start takes, and what a replica that does nothing takes up.
//!
//! `cargo bench --bench start -- [--starts N] [--write FILE]`: from before the program is executed to the first answer
//! of `/readyz` that says 200, with a Redis that runs already and with a private one in an empty directory.

#[path = "../../tests/it/support/mod.rs"]
mod support;

#[path = "../instruments/mod.rs"]
mod instruments;

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use clap::Parser;
use nix::sys::signal::Signal;
use tempfile::TempDir;

use self::{
    instruments::{document, median},
    support::{
        PATIENCE,
        process::{Process, Rankora, redis_servers_in},
        redis::Server,
        usage,
    },
};

/// How long a replica does nothing before its memory is read: what a start needed for a while is given back by then.
const IDLE: Duration = Duration::from_secs(2);

#[derive(Parser)]
struct Options {
    /// How often it starts.
    #[arg(long, default_value_t = 11)]
    starts: usize,
    /// The document whose table is replaced.
    #[arg(long)]
    write: Option<PathBuf>,
    /// Added by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

/// One start.
struct Start {
    took: Duration,
    memory: u64,
    /// Of a private redis-server.
    redis: u64,
}

fn main() {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let redis = Server::start(&[]);
    let url = redis.url();
    let (mut running, mut private) = (Vec::new(), Vec::new());
    for _ in 0..options.starts {
        let address = free_address();
        let serve = Rankora::new(&["serve", "--listen", &address.to_string(), "--redis-url", &url]);
        running.push(runtime.block_on(start(serve, address, None)));
        let (address, directory) = (free_address(), TempDir::new().expect("a directory"));
        let serve = Rankora::new(&["serve", "--listen", &address.to_string()]).data_dir(directory.path());
        private.push(runtime.block_on(start(serve, address, Some(&directory))));
    }
    let size = std::fs::metadata(env!("CARGO_BIN_EXE_rankora")).expect("the program").len();
    let table = table(&running, &private, size);
    println!("{table}");
    if let Some(path) = &options.write {
        document::write(path, "start", &table);
    }
}

/// A port that nobody listens on.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|port| port.local_addr()).expect("a free port")
}

async fn start(rankora: Rankora, address: SocketAddr, directory: Option<&TempDir>) -> Start {
    let begun = Instant::now();
    let process = rankora.start();
    while !is_ready(address) {
        assert!(begun.elapsed() < PATIENCE && process.is_running(), "{}", process.log());
        thread::sleep(Duration::from_micros(200));
    }
    let took = begun.elapsed();
    tokio::time::sleep(IDLE).await;
    let servers = directory.map(|directory| redis_servers_in(directory.path())).unwrap_or_default();
    let redis = servers.into_iter().filter_map(usage::memory).sum();
    let start = Start { took, memory: process.memory(), redis };
    stop(&process).await;
    start
}

async fn stop(process: &Process) {
    process.signal(Signal::SIGTERM);
    process.ended().await;
}

fn is_ready(address: SocketAddr) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer)?;
        std::io::Result::Ok(answer)
    };
    ask().is_ok_and(|answer| answer.ends_with(b" 200"))
}

fn table(running: &[Start], private: &[Start], size: u64) -> String {
    let mib = |bytes: f64| bytes / f64::from(1 << 20);
    let mut table =
        "| Redis | starts | ms to ready, median | longest | idle memory, MiB | of redis-server, MiB |\n\
                     |---|---|---|---|---|---|\n"
            .to_owned();
    for (name, starts) in [("runs already", running), ("private", private)] {
        let took = || starts.iter().map(|start| start.took.as_secs_f64() * 1e3);
        let redis = match mib(median(starts.iter().map(|start| start.redis as f64))) {
            0.0 => "–".to_owned(),
            redis => format!("{redis:.1}"),
        };
        table += &format!(
            "| {name} | {} | {:.0} | {:.0} | {:.1} | {redis} |\n",
            starts.len(),
            median(took()),
            took().fold(0.0, f64::max),
            mib(median(starts.iter().map(|start| start.memory as f64))),
        );
    }
    table + &format!("\nThe program has {:.1} MiB.\n", mib(size as f64))
}
