//! Entries as their leaderboard's owner changes them: not counted as requests, and told to streams like any other
//! change.

use std::time::Duration;

use redis::Value;

use super::{
    Store,
    error::StoreError,
    keys::BoardKeys,
    quota::limit_text,
    reply::{Parts, number, text},
    script,
};
use crate::domain::{
    ids::{PlayerId, RemovalId},
    metadata::Metadata,
    name::PlayerName,
    score::Score,
};

/// How long removed entries can be put back.
const KEEP_REMOVED: Duration = Duration::from_secs(60 * 60);
/// Entries removed or put back by one script: about two milliseconds of Redis.
pub const REMOVED_AT_ONCE: usize = 100;

/// What became of putting entries back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoreOutcome {
    /// So many are back, and so many are left to do.
    Restored {
        /// Entries that are back.
        back: u64,
        /// Entries that are kept still.
        left: u64,
    },
    /// There is no such leaderboard.
    Missing,
    /// The plan has no room for them.
    Full,
}

/// What became of an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditOutcome {
    /// The entry is as it was wanted.
    Edited,
    /// The player has no entry.
    Missing,
    /// There is no such leaderboard.
    Gone,
}

impl Store {
    /// Gives an entry this name, score and metadata, whatever the policy.
    pub async fn edit_entry(
        &self,
        keys: &BoardKeys,
        player: PlayerId,
        name: &PlayerName,
        score: Score,
        metadata: Option<&Metadata>,
    ) -> Result<EditOutcome, StoreError> {
        let names = [&*keys.board, &keys.ranking, &keys.pending, &keys.entries];
        let mut call = script::EDIT_ENTRY.by_hash(&names, 6);
        call.arg(self.clock.for_scripts())
            .arg(&keys.channel)
            .arg(player.as_bytes().as_slice())
            .arg(name.as_str())
            .arg(score.to_string())
            .arg(metadata.map_or("", Metadata::as_str));
        match text(self.connections.write(&script::EDIT_ENTRY, call).await?)?.as_deref() {
            Some("ok") => Ok(EditOutcome::Edited),
            Some("missing") => Ok(EditOutcome::Missing),
            Some("gone") => Ok(EditOutcome::Gone),
            _ => Err(StoreError::Unexpected("the outcome of an edit")),
        }
    }

    /// Removes up to [`REMOVED_AT_ONCE`] entries and keeps them for an hour; how many were there, or `None` where the
    /// leaderboard doesn't exist.
    pub async fn remove_entries(
        &self,
        keys: &BoardKeys,
        removal: RemovalId,
        players: &[PlayerId],
    ) -> Result<Option<u64>, StoreError> {
        let removed = keys.removed(removal);
        let names = [&*keys.board, &keys.ranking, &keys.pending, &keys.entries, &keys.usage, &removed];
        let mut call = script::REMOVE_ENTRIES.by_hash(&names, 3 + players.len());
        call.arg(self.clock.for_scripts())
            .arg(&keys.channel)
            .arg(u64::try_from(KEEP_REMOVED.as_millis()).unwrap_or(u64::MAX));
        for player in players {
            call.arg(player.as_bytes().as_slice());
        }
        match self.connections.write(&script::REMOVE_ENTRIES, call).await? {
            Value::Int(-1) => Ok(None),
            removed => Ok(Some(number(&removed)?)),
        }
    }

    /// Which of these removals have something left to put back; one round trip.
    pub async fn kept_removals(
        &self,
        keys: &BoardKeys,
        removals: &[RemovalId],
    ) -> Result<Vec<bool>, StoreError> {
        if removals.is_empty() {
            return Ok(Vec::new());
        }
        let mut pipeline = redis::pipe();
        for removal in removals {
            pipeline.cmd("EXISTS").arg(keys.removed(*removal));
        }
        let answers = self.connections.pipeline(&pipeline).await?;
        answers.iter().map(|answer| Ok(number(answer)? == 1)).collect()
    }

    /// Puts some of the entries that were removed together back at their places.
    pub async fn restore_removed(
        &self,
        keys: &BoardKeys,
        removal: RemovalId,
        entry_limit: Option<u64>,
    ) -> Result<RestoreOutcome, StoreError> {
        let removed = keys.removed(removal);
        let names = [&*keys.board, &keys.ranking, &keys.pending, &keys.entries, &keys.usage, &removed];
        let mut call = script::RESTORE_REMOVED.by_hash(&names, 4);
        call.arg(self.clock.for_scripts())
            .arg(&keys.channel)
            .arg(limit_text(entry_limit))
            .arg(REMOVED_AT_ONCE);
        let mut reply = Parts::of(self.connections.write(&script::RESTORE_REMOVED, call).await?)?;
        match reply.next()? {
            Value::Int(-1) => Ok(RestoreOutcome::Missing),
            Value::Int(-2) => Ok(RestoreOutcome::Full),
            back => Ok(RestoreOutcome::Restored { back: number(&back)?, left: reply.number()? }),
        }
    }

    /// How many entries have a score in each of these ranges, whose first ends are in them and last ends aren't; the
    /// last range has both. One round trip.
    pub async fn count_scores(&self, keys: &BoardKeys, ends: &[f64]) -> Result<Vec<u64>, StoreError> {
        let mut pipeline = redis::pipe();
        for (index, pair) in ends.windows(2).enumerate() {
            let open = if index + 2 == ends.len() { "" } else { "(" };
            pipeline.cmd("ZCOUNT").arg(&keys.ranking).arg(pair[0]).arg(format!("{open}{}", pair[1]));
        }
        let mut answers = Parts::of(Value::Array(self.connections.pipeline(&pipeline).await?))?;
        (1..ends.len()).map(|_| answers.number()).collect()
    }

    /// The lowest and the highest score; `None` without entries. One round trip.
    pub async fn score_range(&self, keys: &BoardKeys) -> Result<Option<(Score, Score)>, StoreError> {
        let mut pipeline = redis::pipe();
        for index in [0, -1] {
            pipeline.cmd("ZRANGE").arg(&keys.ranking).arg(index).arg(index).arg("WITHSCORES");
        }
        let mut answers = Parts::of(Value::Array(self.connections.pipeline(&pipeline).await?))?;
        let mut score = || -> Result<Option<Score>, StoreError> {
            let mut pair = Parts::of(answers.next()?)?;
            if pair.remaining() < 2 {
                return Ok(None);
            }
            pair.next()?;
            Ok(pair.text()?.and_then(|text| Score::from_redis(&text)))
        };
        Ok(score()?.zip(score()?))
    }
}
