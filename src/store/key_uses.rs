//! How often each key was used, day by day (UTC), and when last: for its owner to see, not for a bill.

use super::{
    Store,
    days::{KEPT_DAYS, day_of},
    error::StoreError,
    keys::AccountKeys,
    reply::Parts,
    script,
};
use crate::domain::{ids::KeyId, timestamp::Timestamp};

/// Keys counted by one script: about a millisecond of Redis.
const KEYS_AT_ONCE: usize = 200;

/// How a key was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// When last, some seconds late.
    pub last: Timestamp,
    /// Requests of each of the last days, today's last.
    pub days: Vec<u32>,
}

impl Store {
    /// Adds to how often keys were used today, and notes that they were used now. Returns how many of them are
    /// counted, with the failure that kept the others from it.
    pub async fn count_keys(
        &self,
        account: &AccountKeys,
        uses: &[(KeyId, u64)],
    ) -> (usize, Result<(), StoreError>) {
        let (now, mut counted) = (self.clock.now(), 0);
        let name = account.key_uses();
        let names = [&*account.record, &account.api_keys, &name];
        for uses in uses.chunks(KEYS_AT_ONCE) {
            let mut call = script::COUNT_KEYS.by_hash(&names, 3 + 2 * uses.len());
            call.arg(day_of(now)).arg(now.unix_seconds()).arg(KEPT_DAYS);
            for (key, requests) in uses {
                call.arg(key.to_string()).arg(requests);
            }
            if let Err(error) = self.connections.script(&script::COUNT_KEYS, &call).await {
                return (counted, Err(error));
            }
            counted += uses.len();
        }
        (counted, Ok(()))
    }

    /// How keys were used in the last days; `None` for one that wasn't in any that is kept. One round trip.
    pub async fn read_key_uses(
        &self,
        account: &AccountKeys,
        keys: &[KeyId],
        days: u32,
    ) -> Result<Vec<Option<KeyUse>>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut command = redis::cmd("HMGET");
        command.arg(account.key_uses());
        for key in keys {
            command.arg(key.to_string());
        }
        let mut answer = Parts::of(self.connections.command(&command).await?)?;
        let today = day_of(self.clock.now());
        let mut read = Vec::with_capacity(keys.len());
        for _ in keys {
            let stored = answer.bytes()?;
            let parsed = stored.map(|stored| {
                parse(&stored, today, days).ok_or(StoreError::Unexpected("a stored use of a key"))
            });
            read.push(parsed.transpose()?);
        }
        Ok(read)
    }
}

fn parse(stored: &[u8], today: u32, days: u32) -> Option<KeyUse> {
    let (last_day, rest) = stored.split_first_chunk()?;
    let (seconds, counts) = rest.split_first_chunk()?;
    let since = today.saturating_sub(u32::from_be_bytes(*last_day));
    let count = |ago: u32| {
        let at = usize::try_from(ago.checked_sub(since)?).ok()?.checked_mul(4)?;
        Some(u32::from_be_bytes(*counts.get(at..)?.first_chunk()?))
    };
    let last = i64::try_from(u64::from_be_bytes(*seconds)).ok()?.checked_mul(1_000_000)?;
    let days = (0..days).rev().map(|ago| count(ago).unwrap_or(0)).collect();
    Some(KeyUse { last: Timestamp::from_micros(last), days })
}
