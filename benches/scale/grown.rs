//! A leaderboard that grows, and one beside it that stays small.

use std::time::Duration;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use rankora::domain::leaderboard::{Policy, SortOrder};

use super::{
    instruments::{load::Load, request},
    support::{
        load,
        model::Player,
        process::Process,
        redis::Server,
        world::{Board, World},
    },
};

const SMALL: usize = 1_000;
const METADATA: &str = r#"{"level":12,"country":"DE"}"#;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// A new score of a player who has one.
    Submit,
    /// One player's row with its rank.
    Rank,
}

impl Work {
    pub const BOTH: [Self; 2] = [Self::Submit, Self::Rank];
}

/// What one request cost, in microseconds of CPU time.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    pub service: f64,
    pub redis: f64,
}

impl Cost {
    /// Of both.
    pub fn whole(&self) -> f64 {
        self.service + self.redis
    }
}

/// The same on both leaderboards, one right after the other.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    pub small: Cost,
    pub large: Cost,
}

/// Both, on one Redis and one replica.
pub struct Grown {
    redis: Server,
    world: World,
    rankora: Process,
    small: Board,
    large: Board,
    size: usize,
    empty: u64,
    turns: u32,
}

impl Grown {
    pub async fn new() -> Self {
        let redis = Server::start(&[]);
        let world = World::on(&redis);
        let replica = world.replica().await;
        let small = replica.board("unlimited").await;
        let large = replica.board_of(&small.account, SortOrder::Desc, Policy::Latest).await;
        replica.stop().await;
        load::pour(&world, &small, (0..SMALL).map(player), METADATA).await;
        let rankora = world.process().start();
        rankora.ready().await;
        let empty = redis.used_memory().await;
        Self { redis, world, rankora, small, large, size: 0, empty, turns: 0 }
    }

    /// Lets the large one grow to so many entries; returns the bytes of Redis' memory that each of them takes.
    pub async fn grow(&mut self, size: usize) -> f64 {
        load::pour(&self.world, &self.large, (self.size..size).map(player), METADATA).await;
        self.size = size;
        // Redis doubles its tables in the background; meanwhile it has both.
        let memory = self.redis.used_memory().await.saturating_sub(self.empty) as f64 / size as f64;
        let path = format!("/leaderboard/entries?limit=1&offset={}", size - 1);
        let last = self.rankora.api(&self.large.secret).await.get(&path).await.ok();
        assert_eq!((last["entries"][0]["rank"].as_u64(), last["pagination"]["total"].as_u64()), {
            let size = Some(size as u64);
            (size, size)
        });
        memory
    }

    /// A turn of each. Who begins changes from pair to pair.
    pub async fn pair(&mut self, work: Work, connections: usize, seconds: f64) -> Pair {
        self.turns += 1;
        let (small, large) = ((&self.small, SMALL), (&self.large, self.size));
        let turn = async |(board, size)| self.turn(board, size, work, connections, seconds).await;
        if self.turns.is_multiple_of(2) {
            let small = turn(small).await;
            return Pair { small, large: turn(large).await };
        }
        let large = turn(large).await;
        Pair { small: turn(small).await, large }
    }

    async fn turn(&self, board: &Board, size: usize, work: Work, connections: usize, seconds: f64) -> Cost {
        let length = Duration::from_secs_f64(seconds);
        let load = Load { address: self.rankora.address().await, connections, length, pace: None };
        let before = (self.rankora.cpu_time(), self.redis.cpu_time().await);
        let ask = |random: u64, into: &mut Vec<u8>| {
            let player = player(random as usize % size).id;
            match work {
                Work::Submit => {
                    let line = format_args!("POST /api/v1/leaderboard/entries");
                    request::submit(into, &board.secret, line, player, random >> 20);
                }
                Work::Rank => {
                    let line = format_args!("GET /api/v1/leaderboard/entries/{player}");
                    request::plain(into, &board.secret, line);
                }
            }
        };
        let answers = tokio::task::block_in_place(|| {
            // A thread of its own, since this one belongs to a runtime.
            std::thread::scope(|scope| scope.spawn(|| load.put(ask)).join().expect("answers"))
        });
        let each = |cpu: Duration| cpu.as_secs_f64() * 1e6 / answers.waits.len() as f64;
        let redis = each(self.redis.cpu_time().await - before.1);
        Cost { service: each(self.rankora.cpu_time() - before.0), redis }
    }
}

/// The player of this number, on either; the name has ten characters.
fn player(number: usize) -> Player {
    let mut random = StdRng::seed_from_u64(number as u64);
    Player {
        id: uuid::Builder::from_random_bytes(random.random()).into_uuid(),
        name: format!("P{number:09}"),
        score: f64::from(random.random_range(0..1_000_000)),
    }
}
