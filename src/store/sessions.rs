//! Sessions: which browser has signed in to which account. They lie outside the account's tag, by the hash of the
//! browser's token, and say under which epoch of the account they began.

use std::time::Duration;

use super::{Store, error::StoreError, reply::text};
use crate::domain::{ids::AccountId, timestamp::Timestamp, token::TokenHash};

/// A session as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// Whose it is.
    pub account: AccountId,
    /// The account's epoch when it began.
    pub epoch: u64,
    /// When it began.
    pub since: Timestamp,
}

impl Store {
    /// Begins a session, which Redis forgets after `lifetime`.
    pub async fn begin_session(
        &self,
        hash: &TokenHash,
        session: &StoredSession,
        lifetime: Duration,
    ) -> Result<(), StoreError> {
        let StoredSession { account, epoch, since } = session;
        let stored = format!("{account} {epoch} {}", since.micros());
        self.keep_for(lifetime, self.keys.session(hash), stored).await
    }

    /// Keeps what lapses by itself.
    pub(super) async fn keep_for(
        &self,
        lifetime: Duration,
        name: String,
        value: String,
    ) -> Result<(), StoreError> {
        let mut command = redis::cmd("SET");
        let lifetime_ms = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
        command.arg(name).arg(value).arg("PX").arg(lifetime_ms);
        self.connections.write_command(command).await?;
        Ok(())
    }

    /// Finds a session; `None` where it ended.
    pub async fn find_session(&self, hash: &TokenHash) -> Result<Option<StoredSession>, StoreError> {
        let mut command = redis::cmd("GET");
        command.arg(self.keys.session(hash));
        let Some(stored) = text(self.connections.command(&command).await?)? else { return Ok(None) };
        let session = parse(&stored).ok_or(StoreError::Unexpected("a stored session"))?;
        Ok(Some(session))
    }

    /// Ends a session, on all replicas at once: none of them remembers any.
    pub async fn end_session(&self, hash: &TokenHash) -> Result<(), StoreError> {
        let mut command = redis::cmd("DEL");
        command.arg(self.keys.session(hash));
        self.connections.write_command(command).await?;
        Ok(())
    }
}

fn parse(stored: &str) -> Option<StoredSession> {
    let mut words = stored.split(' ');
    let account = AccountId::parse(words.next()?).ok()?;
    let epoch = words.next()?.parse().ok()?;
    let since = Timestamp::from_micros(words.next()?.parse().ok()?);
    Some(StoredSession { account, epoch, since })
}
