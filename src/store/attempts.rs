//! How often something has been tried, over all replicas.

use std::time::Duration;

use super::{Store, error::StoreError, reply::number, script};

impl Store {
    /// Counts an attempt of this kind by, or at, a subject; how long to wait where `most` were made within `window`.
    /// The subject should be a hash: it becomes part of a key's name.
    pub async fn count_attempt(
        &self,
        kind: &'static str,
        subject: &str,
        most: u32,
        window: Duration,
    ) -> Result<Option<Duration>, StoreError> {
        let key = self.keys.attempts(kind, subject);
        let mut call = script::COUNT_ATTEMPT.by_hash(&[&key], 3);
        call.arg(self.clock.for_scripts())
            .arg(most)
            .arg(u64::try_from(window.as_millis()).unwrap_or(u64::MAX));
        let wait = number(&self.connections.script(&script::COUNT_ATTEMPT, &call).await?)?;
        Ok((wait > 0).then(|| Duration::from_millis(wait)))
    }

    /// Forgets the attempts at a subject.
    pub async fn forget_attempts(&self, kind: &'static str, subject: &str) -> Result<(), StoreError> {
        let mut command = redis::cmd("DEL");
        command.arg(self.keys.attempts(kind, subject));
        self.connections.command(&command).await?;
        Ok(())
    }
}
