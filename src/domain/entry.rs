//! One player's place on a leaderboard.

use super::{ids::PlayerId, metadata::Metadata, name::PlayerName, score::Score, timestamp::Timestamp};

/// What is kept of a player on a leaderboard.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Who.
    pub player: PlayerId,
    /// The name shown.
    pub name: PlayerName,
    /// The score.
    pub score: Score,
    /// What the game attached.
    pub metadata: Option<Metadata>,
    /// When the player came to this leaderboard.
    pub created_at: Timestamp,
    /// When anything of it last changed.
    pub updated_at: Timestamp,
}

/// An entry with its rank, counted from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The entry.
    pub entry: Entry,
    /// Its rank in the order in which it was read.
    pub rank: u64,
}

/// A submission, parsed and valid.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Who; made by the server where the client named nobody.
    pub player: PlayerId,
    /// The name to show.
    pub name: PlayerName,
    /// The score, or with [`Policy::Sum`](super::leaderboard::Policy::Sum) what to add.
    pub score: Score,
    /// What becomes of the metadata.
    pub metadata: MetadataChange,
}

/// What a submission does to the metadata.
#[derive(Clone, Debug, PartialEq)]
pub enum MetadataChange {
    /// Left out: an update keeps what is there.
    Keep,
    /// Given; `None` clears.
    Set(Option<Metadata>),
}
