//! The least that a submission can be: a score into a sorted set, and its rank out of it. What that costs more in a
//! large one, no program on Redis can save.

use std::time::{Duration, Instant};

use rand::RngExt;
use redis::{Script, aio::MultiplexedConnection, pipe};

use super::support::redis::Server;

const SMALL: (&str, u64) = ("small", 1_000);
/// Commands under way at once, so that little of the time is the socket's.
const BATCH: usize = 500;
/// Members of sixteen bytes, as a player's id has.
const GROW: &str = "for number = ARGV[1], ARGV[2] - 1 do
    redis.call('ZADD', KEYS[1], (number * 104729) % 1000003, string.format('%016d', number))
end";

/// A large sorted set and a small one, on a Redis of their own.
pub struct Bare {
    redis: Server,
    connection: MultiplexedConnection,
    size: u64,
}

impl Bare {
    pub async fn new() -> Self {
        let redis = Server::start(&[]);
        let connection = redis.connection().await;
        let mut bare = Self { redis, connection, size: 0 };
        bare.fill(SMALL.0, 0, SMALL.1).await;
        bare
    }

    /// Lets the large one grow to so many members.
    pub async fn grow(&mut self, size: usize) {
        let from = std::mem::replace(&mut self.size, size as u64);
        self.fill("large", from, self.size).await;
    }

    async fn fill(&mut self, key: &str, from: u64, to: u64) {
        let script = Script::new(GROW);
        for from in (from..to).step_by(10_000) {
            let mut part = script.key(key);
            part.arg(from).arg(to.min(from + 10_000));
            let () = part.invoke_async(&mut self.connection).await.expect("members");
        }
    }

    /// The CPU time of Redis in the large one, divided by what it is in the small one.
    pub async fn pair(&mut self, seconds: f64) -> f64 {
        let small = self.turn(SMALL.0, SMALL.1, seconds).await;
        self.turn("large", self.size, seconds).await / small
    }

    async fn turn(&mut self, key: &str, size: u64, seconds: f64) -> f64 {
        let (before, until) =
            (self.redis.cpu_time().await, Instant::now() + Duration::from_secs_f64(seconds));
        let mut done = 0;
        while Instant::now() < until {
            let mut batch = pipe();
            for _ in 0..BATCH {
                let mut random = rand::rng();
                let member = format!("{:016}", random.random_range(0..size));
                batch.zadd(key, &member, random.random_range(0..1_000_000_u32)).ignore();
                batch.cmd("ZREVRANK").arg(key).arg(&member).ignore();
            }
            let () = batch.query_async(&mut self.connection).await.expect("answers");
            done += BATCH;
        }
        (self.redis.cpu_time().await - before).as_secs_f64() / done as f64
    }
}
