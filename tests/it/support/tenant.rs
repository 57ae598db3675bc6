//! A tenant who behaves, and how long it waits for its answers.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use uuid::Uuid;

use super::{api::Api, process::Process, world::Board};

/// Clients of one leaderboard who submit and list in turn.
pub struct Tenant(Vec<Api>);

/// How long answers took.
#[derive(Clone, Copy, Debug)]
pub struct Latency {
    pub median: Duration,
    pub p99: Duration,
}

impl Tenant {
    /// Four clients, each with connections of its own.
    pub async fn of(process: &Process, board: &Board) -> Self {
        let mut clients = Vec::new();
        for _ in 0..4 {
            clients.push(process.api(&board.secret).await);
        }
        Self(clients)
    }

    /// Makes so many requests, a few milliseconds apart; each must succeed.
    pub async fn latency(&self, requests: usize) -> Latency {
        let made = AtomicUsize::new(0);
        let clients = self.0.iter().map(async |api| {
            let (mut took, player) = (Vec::new(), Uuid::new_v4());
            loop {
                let nth = made.fetch_add(1, Ordering::Relaxed);
                if nth >= requests {
                    return took;
                }
                let asked = Instant::now();
                let reply = match nth % 2 {
                    0 => api.submit(player, "Tenant", nth as f64).await,
                    _ => api.get("/leaderboard/entries").await,
                };
                reply.ok();
                took.push(asked.elapsed());
                tokio::time::sleep(Duration::from_millis(4)).await;
            }
        });
        let mut took = join_all(clients).await.concat();
        took.sort_unstable();
        Latency { median: took[took.len() / 2], p99: took[took.len() * 99 / 100] }
    }
}
