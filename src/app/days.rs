//! What happens on an account, day by day. Each replica counts in memory and adds that up in Redis every few seconds:
//! no request waits for it, and what a killed replica loses is missing from a chart, not from a bill.

use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use super::{App, AppError};
use crate::{
    domain::ids::{AccountId, KeyId, PlayerId},
    store::{
        AccountKeys, Store, StoreError,
        days::{Day, Happened},
        key_uses::KeyUse,
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
    keys: Mutex<HashMap<KeyId, Arc<KeyTally>>>,
    /// Whether one of the keys was used since the last addition.
    key_used: AtomicBool,
}

/// How often one key was used lately.
#[derive(Debug, Default)]
pub struct KeyTally(AtomicU64);

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

    /// The count of one of the account's keys. It is held by whoever may use the key, so that no request looks for it.
    pub fn of_key(&self, key: KeyId) -> Arc<KeyTally> {
        self.keys().entry(key).or_default().clone()
    }

    /// A request under a key was answered.
    pub fn used(&self, key: &KeyTally) {
        key.0.fetch_add(1, Ordering::Relaxed);
        // Read first: all processors may hold what nobody writes.
        if !self.key_used.load(Ordering::Relaxed) {
            self.key_used.store(true, Ordering::Release);
        }
    }

    fn keys(&self) -> MutexGuard<'_, HashMap<KeyId, Arc<KeyTally>>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is nothing to add up.
    pub fn is_empty(&self) -> bool {
        if self.key_used.load(Ordering::Relaxed) {
            return false;
        }
        [&self.requests, &self.submissions, &self.refusals]
            .iter()
            .all(|count| count.load(Ordering::Relaxed) == 0)
    }

    /// Adds it up in Redis. Where that fails and didn't happen, it is kept for the next time.
    pub async fn add_up(&self, store: &Store, keys: &AccountKeys) -> Result<(), StoreError> {
        if self.is_empty() {
            return Ok(());
        }
        let of_keys = self.add_up_keys(store, keys).await;
        let of_days = self.add_up_day(store, keys).await;
        of_keys.and(of_days)
    }

    async fn add_up_keys(&self, store: &Store, keys: &AccountKeys) -> Result<(), StoreError> {
        if !self.key_used.swap(false, Ordering::Acquire) {
            return Ok(());
        }
        let mut uses = Vec::new();
        self.keys().retain(|id, tally| {
            let requests = tally.0.swap(0, Ordering::Relaxed);
            if requests > 0 {
                uses.push((*id, requests));
            }
            // Who still holds it may go on counting.
            requests > 0 || Arc::strong_count(tally) > 1
        });
        let (counted, result) = store.count_keys(keys, &uses).await;
        result.inspect_err(|error| {
            if !error.outcome_unknown() {
                for (key, requests) in uses.drain(counted..) {
                    self.of_key(key).0.fetch_add(requests, Ordering::Relaxed);
                }
                self.key_used.store(true, Ordering::Release);
            }
        })
    }

    async fn add_up_day(&self, store: &Store, keys: &AccountKeys) -> Result<(), StoreError> {
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

    /// How keys of an account were used in the last days; `None` for one that wasn't in the last forty. It is seconds
    /// behind.
    pub async fn key_uses(
        &self,
        account: AccountId,
        keys: &[KeyId],
        days: u32,
    ) -> Result<Vec<Option<KeyUse>>, AppError> {
        Ok(self.store.read_key_uses(&self.store.keys().account(account), keys, days).await?)
    }
}
