//! The two that take turns, and the Redis that both are on.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use nix::unistd::Pid;
use uuid::Uuid;

use super::{
    anchor,
    instruments::{
        load::{Answers, Load},
        request::submission,
    },
    support::{
        process::Process,
        redis::Server,
        usage,
        world::{Board, World},
    },
    work::{Side, Work},
};

/// One turn of one of them.
#[derive(Debug)]
pub struct Turn {
    answers: Answers,
    /// CPU time of the server, and of Redis.
    service: Duration,
    redis: Duration,
    /// The server's memory after it, in bytes.
    pub memory: u64,
}

impl Turn {
    /// Answers a second.
    pub fn rate(&self) -> f64 {
        self.answers.rate()
    }

    /// What this share of the clients waited at the most, in microseconds.
    pub fn wait(&self, share: f64) -> f64 {
        self.answers.wait(share)
    }

    /// The server's CPU time for each answer, in microseconds.
    pub fn service_cpu(&self) -> f64 {
        self.each(self.service)
    }

    /// Redis' CPU time for each answer, in microseconds.
    pub fn redis_cpu(&self) -> f64 {
        self.each(self.redis)
    }

    fn each(&self, cpu: Duration) -> f64 {
        cpu.as_secs_f64() * 1e6 / self.answers.waits.len() as f64
    }
}

/// Both, with the same entries.
pub struct Scene {
    redis: Server,
    rankora: Process,
    rankora_address: SocketAddr,
    anchor: Anchor,
    board: Board,
    players: Vec<Uuid>,
}

struct Anchor {
    process: Child,
    address: SocketAddr,
}

impl Drop for Anchor {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Scene {
    /// Starts Redis and both, and fills a leaderboard in each.
    pub async fn set(entries: usize, connections: usize) -> Self {
        let redis = Server::start(&[]);
        let world = World::on(&redis);
        let replica = world.replica().await;
        let board = replica.board("unlimited").await;
        replica.stop().await;
        let rankora = world.process().start();
        rankora.ready().await;
        let rankora_address = rankora.address().await;
        let players: Vec<_> = std::iter::repeat_with(Uuid::new_v4).take(entries).collect();
        fill_rankora(rankora_address, &board, &players, connections).await;
        fill_anchor(&redis, &players).await;
        let page = rankora.api(&board.secret).await.get("/leaderboard/entries?limit=50").await.ok();
        let anchor = start_anchor(&redis, &board.secret, page.to_string().len());
        Self { redis, rankora, rankora_address, anchor, board, players }
    }

    /// One turn.
    pub async fn turn(
        &self,
        side: Side,
        work: Work,
        connections: usize,
        seconds: f64,
        pace: Option<f64>,
    ) -> Turn {
        let address = match side {
            Side::Anchor => self.anchor.address,
            Side::Rankora => self.rankora_address,
        };
        let load = Load { address, connections, length: Duration::from_secs_f64(seconds), pace };
        let pid = match side {
            Side::Anchor => Pid::from_raw(self.anchor.process.id().cast_signed()),
            Side::Rankora => self.rankora.pid(),
        };
        let before = (usage::cpu_time(pid), self.redis.cpu_time().await);
        let answers = tokio::task::block_in_place(|| {
            // A thread of its own, since this one belongs to a runtime.
            let put = || {
                load.put(|random, into| work.request(side, &self.board.secret, &self.players, random, into))
            };
            std::thread::scope(|scope| scope.spawn(put).join().expect("answers"))
        });
        let service = usage::cpu_time(pid) - before.0;
        let redis = self.redis.cpu_time().await - before.1;
        Turn { answers, service, redis, memory: usage::memory(pid).expect("a running server") }
    }
}

async fn fill_rankora(address: SocketAddr, board: &Board, players: &[Uuid], connections: usize) {
    let api = super::support::api::Api::new(&format!("http://{address}"), &board.secret);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let clients = (0..connections).map(async |_| {
        while let Some(player) = players.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
            let body = submission(*player, rand::random());
            let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
            api.post("/leaderboard/entries", &body).await.ok();
        }
    });
    futures_util::future::join_all(clients).await;
}

async fn fill_anchor(redis: &Server, players: &[Uuid]) {
    let mut redis = redis.connection().await;
    for chunk in players.chunks(1000) {
        let mut pipeline = redis::pipe();
        for player in chunk {
            let (random, bytes) = (rand::random::<u64>(), player.as_bytes().as_slice());
            pipeline.zadd(anchor::RANKING, bytes, random % 1_000_000).ignore();
            pipeline.hset(anchor::ENTRIES, bytes, submission(*player, random)).ignore();
        }
        pipeline.exec_async(&mut redis).await.expect("room in Redis");
    }
    let mut head = redis::pipe();
    head.hset(anchor::BOARD, "head", "0123456789abcdefdl-")
        .exec_async(&mut redis)
        .await
        .expect("room in Redis");
}

fn start_anchor(redis: &Server, key: &str, bytes: usize) -> Anchor {
    let mut process = Command::new(std::env::current_exe().expect("this program"))
        .args(["anchor", "--redis", &redis.url(), "--key", key, "--bytes", &bytes.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the anchor");
    let mut line = String::new();
    BufReader::new(process.stdout.take().expect("its stdout")).read_line(&mut line).expect("an address");
    Anchor { process, address: line.trim().parse().expect("an address") }
}
