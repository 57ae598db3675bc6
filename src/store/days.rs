//! What happened on an account, day by day (UTC): for its charts, not for its bill.

use redis::Value;

use super::{Store, error::StoreError, keys::AccountKeys, reply::Parts, script};
use crate::domain::{ids::PlayerId, timestamp::Timestamp};

/// Days that are kept.
pub const KEPT_DAYS: u32 = 40;
/// Players sent at once.
const PLAYERS_AT_ONCE: usize = 2000;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// What happened in a while.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Happened {
    /// Requests that counted.
    pub requests: u64,
    /// Submissions that were accepted.
    pub submissions: u64,
    /// Requests that were refused: 4xx.
    pub refusals: u64,
    /// Who submitted.
    pub players: Vec<PlayerId>,
}

/// What happened on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Its first moment.
    pub begins: Timestamp,
    /// Requests that counted.
    pub requests: u64,
    /// Submissions that were accepted.
    pub submissions: u64,
    /// Requests that were refused: 4xx.
    pub refusals: u64,
    /// Players who submitted, to about a per cent.
    pub players: u64,
}

/// The day of a point in time, counted from the epoch.
pub(super) fn day_of(at: Timestamp) -> u32 {
    u32::try_from(at.unix_seconds() / 86_400).unwrap_or(0)
}

impl Store {
    /// Adds to what happened today.
    pub async fn count_day(&self, account: &AccountKeys, happened: &Happened) -> Result<(), StoreError> {
        let day = day_of(self.clock.now());
        let players = account.players(day);
        let mut parts = happened.players.chunks(PLAYERS_AT_ONCE);
        let mut counts = [happened.requests, happened.submissions, happened.refusals];
        loop {
            let part = parts.next();
            if part.is_none() && counts == [0; 3] {
                return Ok(());
            }
            let mut call = script::COUNT_DAY.by_hash(&[&account.record, &account.days, &players], 6);
            call.arg(day);
            for count in std::mem::take(&mut counts) {
                call.arg(count);
            }
            call.arg(KEPT_DAYS).arg(DAY_MS * u64::from(KEPT_DAYS));
            for player in part.unwrap_or_default() {
                call.arg(player.as_bytes().as_slice());
            }
            self.connections.script(&script::COUNT_DAY, &call).await?;
        }
    }

    /// The last days, today's last; one round trip.
    pub async fn read_days(&self, account: &AccountKeys, days: u32) -> Result<Vec<Day>, StoreError> {
        let today = day_of(self.clock.now());
        let days: Vec<u32> = (0..days).rev().filter_map(|ago| today.checked_sub(ago)).collect();
        let mut pipeline = redis::pipe();
        let counts = pipeline.cmd("HMGET").arg(&account.days);
        for day in &days {
            for kind in ["requests", "submissions", "refusals"] {
                counts.arg(format!("{day} {kind}"));
            }
        }
        for day in &days {
            pipeline.cmd("PFCOUNT").arg(account.players(*day));
        }
        let mut answers = Parts::of(Value::Array(self.connections.pipeline(&pipeline).await?))?;
        let mut counts = Parts::of(answers.next()?)?;
        let mut read = Vec::with_capacity(days.len());
        for day in days {
            let mut count = || -> Result<u64, StoreError> {
                Ok(counts.text()?.and_then(|count| count.parse().ok()).unwrap_or(0))
            };
            let [requests, submissions, refusals] = [count()?, count()?, count()?];
            let begins = Timestamp::from_micros(i64::from(day) * 86_400_000_000);
            read.push(Day { begins, requests, submissions, refusals, players: answers.number()? });
        }
        Ok(read)
    }

    /// The names of all days' players that may be there.
    pub(super) fn players_of_days(&self, account: &AccountKeys) -> Vec<String> {
        let today = day_of(self.clock.now());
        (0..=KEPT_DAYS).filter_map(|ago| today.checked_sub(ago)).map(|day| account.players(day)).collect()
    }
}
