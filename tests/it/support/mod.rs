//! What the tests stand on: one private redis-server per test binary, worlds that don't see each other, replicas in
//! this process, and clients that speak real HTTP.

#![allow(dead_code, reason = "each test module uses its part")]

pub mod api;
pub mod process;
pub mod redis;
pub mod stream;
pub mod world;

use std::time::Duration;

/// How long anything may take before a test gives up waiting for it.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until `probe` finds what it looks for; fails the test where that takes too long.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut probe: impl FnMut() -> F) -> T {
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
