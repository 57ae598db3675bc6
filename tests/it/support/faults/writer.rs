//! Clients that submit ever higher scores for a few players, and now and then one for a new player, and remember which
//! ones were acknowledged.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::sleep;
use uuid::Uuid;

use super::fleet::Fleet;
use crate::support::{api::Reply, world::Board};

/// Players of each writer on each leaderboard.
const PLAYERS: usize = 3;
/// How long a client waits before it tries again.
const RETRY: Duration = Duration::from_millis(20);
/// How long a client waits for an answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A client with players of its own on some leaderboards, all of one account.
pub struct Writer {
    pub nth: usize,
    pub fleet: Arc<Fleet>,
    pub boards: Vec<Board>,
    /// Between two requests.
    pub pace: Duration,
    pub stop: Arc<AtomicBool>,
}

/// What a client saw.
#[derive(Default)]
pub struct Seen {
    pub players: Vec<Player>,
    /// Players with one acknowledged score each. Nothing later hides that one of them is gone.
    pub once: Vec<(Board, Uuid)>,
    /// When each acknowledgement came.
    pub acknowledged: Vec<Instant>,
    /// The longest time that it waited for an answer of any kind.
    pub slowest: Duration,
    /// Requests that may have been carried out although nobody said so.
    pub unknown: usize,
    /// Answers other than these, which nobody should get.
    pub strange: Vec<String>,
}

/// A player whose scores only rise.
pub struct Player {
    pub id: Uuid,
    pub board: Board,
    /// The acknowledged scores that nothing tells to be lost.
    acknowledged: Vec<f64>,
    /// How many were acknowledged, and were gone later.
    pub lost: usize,
}

impl Player {
    /// Takes in that this score was stored at a time after all those acknowledgements; `None`: no entry at all.
    pub fn found(&mut self, stored: Option<f64>) {
        while self.acknowledged.last().is_some_and(|score| stored.is_none_or(|stored| *score > stored)) {
            self.acknowledged.pop();
            self.lost += 1;
        }
    }
}

impl Writer {
    /// Writes until told to stop, one request at a time.
    pub async fn write(self) -> Seen {
        let mut seen = Seen::default();
        for board in &self.boards {
            let new =
                || Player { id: Uuid::new_v4(), board: board.clone(), acknowledged: Vec::new(), lost: 0 };
            seen.players.extend(std::iter::repeat_with(new).take(PLAYERS));
        }
        let (mut replica, mut score) = (self.nth, 0.0);
        while !self.stop.load(Ordering::Relaxed) {
            score += 1.0;
            let acknowledged = match rand::random_ratio(1, 4) {
                true => self.submit_once(replica, score, &mut seen).await,
                false => self.submit_higher(replica, score, &mut seen).await,
            };
            match acknowledged {
                true => sleep(self.pace).await,
                // As a load balancer would, if this one is in trouble.
                false => {
                    replica += 1;
                    sleep(RETRY).await;
                }
            }
        }
        seen
    }

    /// Whether it was acknowledged.
    async fn submit_higher(&self, replica: usize, score: f64, seen: &mut Seen) -> bool {
        let index = rand::random_range(0..seen.players.len());
        let (board, id) = (seen.players[index].board.clone(), seen.players[index].id);
        let Some(answer) = self.submit(replica, &board, id, score, seen).await else { return false };
        let player = &mut seen.players[index];
        player.found(answer["previous_score"].as_f64());
        player.acknowledged.push(score);
        true
    }

    /// Whether it was acknowledged.
    async fn submit_once(&self, replica: usize, score: f64, seen: &mut Seen) -> bool {
        let board = self.boards[rand::random_range(0..self.boards.len())].clone();
        let id = Uuid::new_v4();
        let acknowledged = self.submit(replica, &board, id, score, seen).await.is_some();
        if acknowledged {
            seen.once.push((board, id));
        }
        acknowledged
    }

    /// The acknowledgement.
    async fn submit(
        &self,
        replica: usize,
        board: &Board,
        player: Uuid,
        score: f64,
        seen: &mut Seen,
    ) -> Option<Value> {
        let api = self.fleet.api(replica, &board.secret);
        let body = json!({"name": format!("Writer {}", self.nth), "score": score, "player_id": player});
        let request = api.request(Method::POST, "/leaderboard/entries").json(&body).timeout(TIMEOUT);
        let since = Instant::now();
        let reply = Reply::try_of(request).await;
        seen.slowest = seen.slowest.max(since.elapsed());
        match reply {
            Ok(reply) if reply.status == StatusCode::OK => {
                seen.acknowledged.push(Instant::now());
                return Some(reply.json());
            }
            // Nobody listens there: a load balancer's next try.
            Err(error) if error.is_connect() => {}
            Err(_) => seen.unknown += 1,
            Ok(reply) => {
                seen.unknown += 1;
                if reply.status != StatusCode::SERVICE_UNAVAILABLE {
                    seen.strange.push(format!("{} {}", reply.status, reply.text));
                }
            }
        }
        None
    }
}
