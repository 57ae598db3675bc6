//! What was changed on a leaderboard, by whom.

use serde::{Deserialize, Serialize};

use super::{Store, error::StoreError, keys::BoardKeys, reply::Parts, script};
use crate::domain::{ids::RemovalId, timestamp::Timestamp};

/// Notes that are kept of one leaderboard.
const KEPT: u32 = 500;

/// What somebody did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// When.
    pub at: Timestamp,
    /// Who: an e-mail address, or the label of a key.
    pub by: String,
    /// What, as a sentence without an end.
    pub what: String,
    /// What was removed together, where that is what was done.
    pub removal: Option<RemovalId>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    by: String,
    what: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    removal: Option<String>,
}

impl Store {
    /// Notes what somebody did; nothing where the leaderboard doesn't exist.
    pub async fn note_history(
        &self,
        keys: &BoardKeys,
        by: &str,
        what: &str,
        removal: Option<RemovalId>,
    ) -> Result<(), StoreError> {
        let removal = removal.map(|removal| removal.to_string());
        let stored = Stored { by: by.to_owned(), what: what.to_owned(), removal };
        let stored = serde_json::to_string(&stored).map_err(|_| StoreError::Unexpected("a note"))?;
        let mut call = script::NOTE_HISTORY.by_hash(&[&keys.history, &keys.board], 3);
        call.arg(self.clock.for_scripts()).arg(KEPT).arg(stored);
        self.connections.write(&script::NOTE_HISTORY, call).await?;
        Ok(())
    }

    /// The latest notes, the last one first.
    pub async fn read_history(&self, keys: &BoardKeys, most: u32) -> Result<Vec<Note>, StoreError> {
        let mut command = redis::cmd("ZREVRANGE");
        command.arg(&keys.history).arg(0).arg(i64::from(most) - 1);
        let mut answer = Parts::of(self.connections.command(&command).await?)?;
        let mut notes = Vec::with_capacity(answer.remaining());
        while answer.remaining() > 0 {
            let member = answer.text()?.unwrap_or_default();
            notes.push(parse(&member).ok_or(StoreError::Unexpected("a stored note"))?);
        }
        Ok(notes)
    }
}

fn parse(member: &str) -> Option<Note> {
    let (at, stored) = member.split_once(' ')?;
    let Stored { by, what, removal } = serde_json::from_str(stored).ok()?;
    let removal = removal.and_then(|removal| RemovalId::parse(&removal).ok());
    Some(Note { at: Timestamp::from_micros(at.parse().ok()?), by, what, removal })
}
