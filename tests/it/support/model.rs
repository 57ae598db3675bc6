//! A leaderboard as naive as can be, with which the real one must agree, and answers with their scores to the bit.

use rankora::domain::leaderboard::{Policy, SortOrder};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::api::Reply;

/// The players, in the order in which they reached their scores.
#[derive(Clone, Debug)]
pub struct Model {
    pub order: SortOrder,
    pub policy: Policy,
    players: Vec<Player>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Player {
    pub id: Uuid,
    pub name: String,
    pub score: f64,
}

/// What a submission must have answered.
#[derive(Debug, Deserialize, PartialEq)]
pub struct Submitted {
    pub player_id: Uuid,
    pub rank: usize,
    #[serde(deserialize_with = "exact")]
    pub score: f64,
    #[serde(deserialize_with = "exact_or_null")]
    pub previous_score: Option<f64>,
    pub previous_rank: Option<usize>,
    pub total_entries: usize,
}

/// A page as the list route answers it.
#[derive(Debug, Deserialize)]
pub struct Listed {
    pub entries: Vec<ListedRow>,
    pub pagination: Pagination,
}

#[derive(Debug, Deserialize)]
pub struct ListedRow {
    /// The public handle.
    pub id: String,
    pub name: String,
    #[serde(deserialize_with = "exact")]
    pub score: f64,
    pub rank: usize,
}

#[derive(Debug, Deserialize)]
pub struct Pagination {
    pub limit: usize,
    pub offset: usize,
    pub total: usize,
}

/// An entry as its own route answers it.
#[derive(Debug, Deserialize)]
pub struct Entry {
    pub player_id: Uuid,
    pub name: String,
    #[serde(deserialize_with = "exact")]
    pub score: f64,
    pub rank: usize,
}

impl Model {
    pub fn new(order: SortOrder, policy: Policy) -> Self {
        Self { order, policy, players: Vec::new() }
    }

    /// `None` where a sum leaves the finite numbers.
    pub fn submit(&mut self, id: Uuid, name: &str, score: f64) -> Option<Submitted> {
        let previous_rank = self.rank(id);
        let index = self.players.iter().position(|player| player.id == id);
        let previous_score = index.map(|index| self.players[index].score);
        let score = match (previous_score, self.policy) {
            (None, _) | (_, Policy::Latest) => score,
            (Some(old), Policy::Sum) => old + score,
            (Some(old), Policy::Best) if self.order == SortOrder::Desc => old.max(score),
            (Some(old), Policy::Best) => old.min(score),
        };
        if !score.is_finite() {
            return None;
        }
        // -0 is 0.
        let score = score + 0.0;
        let player = Player { id, name: name.to_owned(), score };
        match index {
            Some(index) if self.players[index].score == score => self.players[index] = player,
            Some(index) => {
                self.players.remove(index);
                self.players.push(player);
            }
            None => self.players.push(player),
        }
        Some(Submitted {
            player_id: id,
            rank: self.rank(id).expect("it was put in"),
            score,
            previous_score,
            previous_rank,
            total_entries: self.len(),
        })
    }

    /// Puts in players who aren't there yet, in this order.
    pub fn extend(&mut self, players: impl IntoIterator<Item = Player>) {
        self.players.extend(players);
    }

    /// False where there is no such player.
    pub fn delete(&mut self, id: Uuid) -> bool {
        let before = self.len();
        self.players.retain(|player| player.id != id);
        self.len() < before
    }

    pub fn reset(&mut self) {
        self.players.clear();
    }

    pub fn len(&self) -> usize {
        self.players.len()
    }

    /// The players from the first rank to the last.
    pub fn ranking(&self) -> Vec<&Player> {
        let mut ranking: Vec<_> = self.players.iter().collect();
        // Stable: whoever came first stays ahead.
        ranking.sort_by(|a, b| match self.order {
            SortOrder::Desc => b.score.total_cmp(&a.score),
            SortOrder::Asc => a.score.total_cmp(&b.score),
        });
        ranking
    }

    pub fn rank(&self, id: Uuid) -> Option<usize> {
        self.rank_in(self.order, id)
    }

    /// One more than the players who are ahead.
    pub fn rank_in(&self, order: SortOrder, id: Uuid) -> Option<usize> {
        let index = self.players.iter().position(|player| player.id == id)?;
        let score = self.players[index].score;
        let is_ahead = |(other, player): &(usize, &Player)| {
            let better = match order {
                SortOrder::Desc => player.score > score,
                SortOrder::Asc => player.score < score,
            };
            better || (player.score == score && *other < index)
        };
        Some(1 + self.players.iter().enumerate().filter(is_ahead).count())
    }

    /// Checks a page that was read with `order` asked for.
    #[track_caller]
    pub fn check_page(&self, page: &Listed, order: Option<SortOrder>) {
        let mut expected = self.ranking();
        if order.is_some_and(|order| order != self.order) {
            expected.reverse();
        }
        assert_eq!(page.pagination.total, self.len(), "total");
        let (limit, offset) = (page.pagination.limit, page.pagination.offset);
        let expected: Vec<_> = expected
            .iter()
            .enumerate()
            .skip(offset)
            .take(limit)
            .map(|(index, player)| (player.name.as_str(), player.score.to_bits(), index + 1))
            .collect();
        assert_eq!(page.rows(), expected, "from {offset} on, order {order:?}");
    }
}

impl Listed {
    #[track_caller]
    pub fn of(reply: &Reply) -> Self {
        parse(reply)
    }

    /// Name, bits of the score, rank.
    pub fn rows(&self) -> Vec<(&str, u64, usize)> {
        self.entries.iter().map(|row| (row.name.as_str(), row.score.to_bits(), row.rank)).collect()
    }
}

impl Submitted {
    #[track_caller]
    pub fn of(reply: &Reply) -> Self {
        parse(reply)
    }
}

impl Entry {
    #[track_caller]
    pub fn of(reply: &Reply) -> Self {
        parse(reply)
    }
}

#[track_caller]
fn parse<T: for<'de> Deserialize<'de>>(reply: &Reply) -> T {
    assert!(reply.status.is_success(), "{} {}", reply.status, reply.text);
    serde_json::from_str(&reply.text).unwrap_or_else(|error| panic!("{error}: {}", reply.text))
}

/// serde_json may miss the nearest double by one; the standard library never does.
fn exact<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    let score: f64 = raw.get().parse().map_err(serde::de::Error::custom)?;
    assert!(!raw.get().contains(['e', 'E']), "an exponent: {}", raw.get());
    Ok(score)
}

fn exact_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    match raw.get() {
        "null" => Ok(None),
        text => text.parse().map(Some).map_err(serde::de::Error::custom),
    }
}
