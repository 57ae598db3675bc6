//! What the tests stand on: one private redis-server per test binary, worlds that don't see each other, replicas in
//! this process, and clients that speak real HTTP.

#![allow(dead_code, reason = "each test module uses its part")]

pub mod abuse;
pub mod acl;
pub mod api;
pub mod balancer;
pub mod browser;
pub mod certificates;
pub mod child;
pub mod configuration;
pub mod connection;
pub mod contract;
pub mod demo;
pub mod embedded_board;
pub mod faults;
pub mod fold;
pub mod gate;
pub mod listener;
pub mod load;
pub mod mailbox;
pub mod model;
pub mod owner;
pub mod pages;
pub mod process;
pub mod promql;
pub mod proxy;
pub mod raw;
pub mod redis;
pub mod routes;
pub mod scrape;
pub mod scratch;
pub mod site;
pub mod source;
pub mod sse;
pub mod stream;
pub mod tenant;
pub mod topology;
pub mod usage;
pub mod visitor;
pub mod wire;
pub mod world;

use std::time::Duration;

/// For connections of the tests' own: the library's half a second is not much on a busy machine.
fn patient() -> ::redis::AsyncConnectionConfig {
    ::redis::AsyncConnectionConfig::new().set_response_timeout(Some(PATIENCE))
}

/// How long anything may take before a test gives up waiting for it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `probe` finds what it looks for; fails the test where that takes too long.
pub async fn eventually<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let waiting = async {
        loop {
            if let Some(found) = probe().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("waited in vain: {what}"))
}

/// The seed of a randomised test: a new one each time, or `RANKORA_TEST_SEED`, to run a failure again.
pub fn seed() -> u64 {
    let seed = match std::env::var("RANKORA_TEST_SEED") {
        Ok(seed) => seed.parse().expect("RANKORA_TEST_SEED is a number"),
        Err(_) => rand::random(),
    };
    // Shown where the test fails.
    eprintln!("RANKORA_TEST_SEED={seed}");
    seed
}

/// Lets this process open as many sockets as it may.
pub fn many_sockets() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    setrlimit(Resource::RLIMIT_NOFILE, most, most).expect("a higher limit");
}
