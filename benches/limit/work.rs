//! What is asked of both.

use std::{fmt, str::FromStr};

use uuid::Uuid;

use super::instruments::request;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Anchor,
    Rankora,
}

impl Side {
    pub const BOTH: [Self; 2] = [Self::Anchor, Self::Rankora];
}

/// A kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// The first page, from the cache.
    List,
    /// A new score of a player who has one.
    Submit,
    /// One player's row with its rank.
    Rank,
    /// Pages that nobody asked for before.
    Miss,
}

impl Work {
    pub const ALL: [Self; 4] = [Self::List, Self::Submit, Self::Rank, Self::Miss];

    /// What the anchor does in its place.
    pub fn anchor(self) -> &'static str {
        match self {
            Self::List => "fixed bytes of the same size after a look at the bearer header",
            Self::Submit => "one EVALSHA: ZADD, HSET, ZREVRANK, ZCARD, INCR, PUBLISH",
            Self::Rank => "HGET, ZCARD and HGET, then ZREVRANK",
            Self::Miss => "MULTI, HGET, ZCARD, ZREVRANGE, EXEC, then HMGET",
        }
    }

    /// The next request's bytes; `random` is anything.
    pub fn request(self, side: Side, key: &str, players: &[Uuid], random: u64, into: &mut Vec<u8>) {
        let player = players[random as usize % players.len()];
        let offset = random as usize % players.len().saturating_sub(50).max(1);
        let mut plain = |line: fmt::Arguments| request::plain(into, key, line);
        match (self, side) {
            (Self::List, Side::Anchor) => plain(format_args!("GET /fixed")),
            (Self::List, Side::Rankora) => plain(format_args!("GET /api/v1/leaderboard/entries?limit=50")),
            (Self::Rank, Side::Anchor) => plain(format_args!("GET /rank/{player}")),
            (Self::Rank, Side::Rankora) => plain(format_args!("GET /api/v1/leaderboard/entries/{player}")),
            (Self::Miss, Side::Anchor) => plain(format_args!("GET /page/{offset}")),
            (Self::Miss, Side::Rankora) => {
                plain(format_args!("GET /api/v1/leaderboard/entries?limit=50&offset={offset}"))
            }
            (Self::Submit, Side::Anchor) => {
                request::submit(into, key, format_args!("POST /submit"), player, random >> 20)
            }
            (Self::Submit, Side::Rankora) => {
                let line = format_args!("POST /api/v1/leaderboard/entries");
                request::submit(into, key, line, player, random >> 20)
            }
        }
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::List => "list, cached",
            Self::Submit => "submit",
            Self::Rank => "rank",
            Self::Miss => "list, missed",
        })
    }
}

impl FromStr for Work {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = ["list", "submit", "rank", "miss"];
        let index = names.iter().position(|name| *name == text);
        index.map(|index| Self::ALL[index]).ok_or_else(|| format!("one of {}", names.join(", ")))
    }
}
