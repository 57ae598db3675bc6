//! Counts the open streams of an account over all replicas.

use std::time::Duration;

use super::{Store, error::StoreError, keys::AccountKeys, quota::limit_text, reply::Parts, script};

impl Store {
    /// Says that `replica` holds `own` streams open for the account, for `lapse` from now on. `false`, and nothing
    /// changed, where all replicas together would pass `limit`.
    pub async fn set_open_streams(
        &self,
        account: &AccountKeys,
        replica: &str,
        own: u64,
        lapse: Duration,
        limit: Option<u64>,
    ) -> Result<bool, StoreError> {
        let mut call = script::STREAM_PLACES.by_hash(&[&account.streams], 5);
        call.arg(self.clock.for_scripts())
            .arg(replica)
            .arg(own)
            .arg(u64::try_from(lapse.as_millis()).unwrap_or(u64::MAX))
            .arg(limit_text(limit));
        let mut reply = Parts::of(self.connections.script(&script::STREAM_PLACES, &call).await?)?;
        Ok(reply.number()? == 1)
    }

    /// Streams of the account that are open, as the replicas have said lately.
    pub async fn open_streams(&self, account: &AccountKeys) -> Result<u64, StoreError> {
        let mut command = redis::cmd("HGETALL");
        command.arg(&account.streams);
        let mut answer = Parts::of(self.connections.command(&command).await?)?;
        let (now, mut open) = (self.clock.now().micros(), 0);
        while answer.remaining() > 0 {
            answer.next()?;
            let said = answer.text()?.unwrap_or_default();
            let count = said.split_once(' ').and_then(|(count, lapses)| {
                let lapses: i64 = lapses.parse().ok()?;
                (lapses > now).then(|| count.parse::<u64>().ok()).flatten()
            });
            open += count.unwrap_or(0);
        }
        Ok(open)
    }
}
