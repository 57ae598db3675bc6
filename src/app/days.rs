//! What happens on an account, day by day. Each replica counts in memory and adds that up in Redis every few seconds:
//! no request waits for it, and what a killed replica loses is missing from a chart, not from a bill.

use std::{
    collections::HashSet,
    mem,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{App, AppError};
use crate::{
    domain::ids::{AccountId, PlayerId},
    store::{
        AccountKeys, Store, StoreError,
        days::{Day, Happened},
    },
};

/// Players that are remembered between two additions; further ones are missing from the day's number.
const MOST_PLAYERS: usize = 100_000;

/// What happened lately, and isn't added up yet.
#[derive(Debug, Default)]
pub struct Tally {
    requests: AtomicU64,
    submissions: AtomicU64,
    refusals: AtomicU64,
    players: Mutex<HashSet<PlayerId>>,
}

impl Tally {
    /// A request was answered.
    pub fn answered(&self, counts: bool, is_refused: bool) {
        if counts {
            self.requests.fetch_add(1, Ordering::Relaxed);
        }
        if is_refused {
            self.refusals.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A submission was accepted.
    pub fn submitted(&self, player: PlayerId) {
        self.submissions.fetch_add(1, Ordering::Relaxed);
        let mut players = self.players.lock().unwrap_or_else(PoisonError::into_inner);
        if players.len() < MOST_PLAYERS {
            players.insert(player);
        }
    }

    /// Whether there is nothing to add up.
    pub fn is_empty(&self) -> bool {
        [&self.requests, &self.submissions, &self.refusals]
            .iter()
            .all(|count| count.load(Ordering::Relaxed) == 0)
    }

    /// Adds it up in Redis. Where that fails and didn't happen, it is kept for the next time.
    pub async fn add_up(&self, store: &Store, keys: &AccountKeys) -> Result<(), StoreError> {
        if self.is_empty() {
            return Ok(());
        }
        let take = |count: &AtomicU64| count.swap(0, Ordering::Relaxed);
        let players = mem::take(&mut *self.players.lock().unwrap_or_else(PoisonError::into_inner));
        let happened = Happened {
            requests: take(&self.requests),
            submissions: take(&self.submissions),
            refusals: take(&self.refusals),
            players: players.into_iter().collect(),
        };
        store.count_day(keys, &happened).await.inspect_err(|error| {
            if !error.outcome_unknown() {
                self.put_back(happened);
            }
        })
    }

    fn put_back(&self, happened: Happened) {
        self.requests.fetch_add(happened.requests, Ordering::Relaxed);
        self.submissions.fetch_add(happened.submissions, Ordering::Relaxed);
        self.refusals.fetch_add(happened.refusals, Ordering::Relaxed);
        self.players.lock().unwrap_or_else(PoisonError::into_inner).extend(happened.players);
    }
}

impl App {
    /// What happened on an account on each of the last days, today's last; it is seconds behind.
    pub async fn last_days(&self, account: AccountId, days: u32) -> Result<Vec<Day>, AppError> {
        Ok(self.store.read_days(&self.store.keys().account(account), days).await?)
    }
}
