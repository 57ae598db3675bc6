//! What happens on a leaderboard, in the order in which it was written.

use std::fmt;

use super::{entry::Row, ids::PlayerId, timestamp::Timestamp};

/// Names one change of a leaderboard: its sequence number, and the time of its write. The time tells two
/// histories apart where a failover made Redis forget a number and give it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventId {
    /// Counts the changes of a leaderboard from 1; 0 is a leaderboard that nothing has happened to.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
}

impl EventId {
    /// Parses what [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (seq, at) = text.split_once('-')?;
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        (digits(seq) && digits(at)).then_some(())?;
        Some(Self { seq: seq.parse().ok()?, at: Timestamp::from_micros(at.parse().ok()?) })
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.seq, self.at.micros())
    }
}

/// One change, with the id of the change before it.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its own id.
    pub id: EventId,
    /// The id of its predecessor.
    pub previous: EventId,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum EventKind {
    /// One player's entry changed.
    Entry(EntryChange),
    /// All entries were removed, or the sort order was switched: what a client knows is void.
    Rebuilt,
    /// The leaderboard was deleted.
    Deleted,
}

/// The change of one entry; at least one of `old` and `new` is there.
#[derive(Clone, Debug)]
pub struct EntryChange {
    /// Whose entry it is.
    pub player: PlayerId,
    /// The row before; `None` where there was none. Its rank is in the leaderboard's own order, as it was then.
    pub old: Option<Row>,
    /// The row after; `None` where it was deleted.
    pub new: Option<Row>,
    /// Entries on the leaderboard after it.
    pub total: u64,
}

impl EntryChange {
    /// Entries on the leaderboard before it.
    pub fn total_before(&self) -> u64 {
        match (&self.old, &self.new) {
            (None, Some(_)) => self.total.saturating_sub(1),
            (Some(_), None) => self.total + 1,
            _ => self.total,
        }
    }
}
