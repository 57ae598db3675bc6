//! Places for open streams, counted over all replicas. A replica says how many it holds; what it says lapses when
//! it isn't renewed, so that a dead replica's places are free again.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{
    sync::{Notify, Semaphore},
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::{
    error::AppError,
    side_by_side::{self, AT_ONCE},
};
use crate::{
    domain::{
        ids::AccountId,
        plan::{Plan, Realtime},
    },
    store::{AccountKeys, Store, StoreError},
};

/// What a replica says holds for this long. A killed replica's places are free after it.
const LAPSE: Duration = Duration::from_secs(12);
/// How often it is said anew.
const RENEW: Duration = Duration::from_secs(4);

/// Nobody can say what Redis was told last.
const UNKNOWN: u64 = u64::MAX;

/// The open streams of this replica, by account.
pub struct Places {
    replica: String,
    accounts: Mutex<HashMap<AccountId, Arc<AccountPlaces>>>,
    closed: Arc<Notify>,
}

struct AccountPlaces {
    keys: AccountKeys,
    open: AtomicU64,
    /// What Redis was told last, or [`UNKNOWN`].
    told: AtomicU64,
    /// Held while Redis is told, so that a later count never arrives before an earlier one.
    telling: tokio::sync::Mutex<()>,
    /// Whether it is about to be told, so that it isn't lined up twice.
    waits: AtomicBool,
}

/// The place of one open stream; free again when it is dropped.
pub struct Place {
    account: Arc<AccountPlaces>,
    closed: Arc<Notify>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.account.open.fetch_sub(1, Ordering::AcqRel);
        metrics::gauge!("rankora_open_streams").decrement(1.0);
        self.closed.notify_one();
    }
}

impl Places {
    /// No streams yet; `replica` names this process among all replicas.
    pub fn new(replica: String) -> Self {
        Self { replica, accounts: Mutex::default(), closed: Arc::default() }
    }

    /// Takes a place. A client that comes back has ten per cent of grace, since its old place may not be free yet.
    ///
    /// # Errors
    /// [`AppError::StreamLimit`], or the store's failure: then no place was taken.
    pub async fn take(
        &self,
        store: &Store,
        account: AccountId,
        plan: &Plan,
        returns: bool,
    ) -> Result<Place, AppError> {
        let limit = match plan.realtime {
            Realtime::None => {
                let message = "The plan has no realtime streams";
                return Err(AppError::PlanRestriction { field: None, message });
            }
            Realtime::Unlimited => None,
            Realtime::Streams(streams) if returns => Some(streams + streams.div_ceil(10)),
            Realtime::Streams(streams) => Some(streams),
        };
        let account = self.account(store, account);
        let _telling = account.telling.lock().await;
        let own = account.open.load(Ordering::Acquire) + 1;
        // Whoever asks may go away before the answer, or the answer may get lost: then the count is told anew.
        let told = account.told.swap(UNKNOWN, Ordering::AcqRel);
        if !store.set_open_streams(&account.keys, &self.replica, own, LAPSE, limit).await? {
            account.told.store(told, Ordering::Release);
            return Err(AppError::StreamLimit);
        }
        account.open.fetch_add(1, Ordering::AcqRel);
        account.told.store(own, Ordering::Release);
        metrics::gauge!("rankora_open_streams").increment(1.0);
        Ok(Place { account: account.clone(), closed: self.closed.clone() })
    }

    /// Renews what this replica says, and takes closed streams off soon after they close, until `stop`. None of it
    /// waits for another account's, whose server may hang.
    pub async fn keep(&self, store: &Store, stop: CancellationToken) {
        let mut renew = interval(RENEW);
        renew.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut health = store.health();
        let at_once = Semaphore::new(AT_ONCE);
        let mut telling = FuturesUnordered::new();
        loop {
            let all = tokio::select! {
                _ = renew.tick() => true,
                // Counts may have lapsed while Redis was away.
                Ok(()) = health.changed() => health.borrow_and_update().is_ready(),
                () = self.closed.notified() => false,
                Some(told) = telling.next() => {
                    if let Err(error) = told {
                        let error: StoreError = error;
                        debug!(error = &error as &dyn std::error::Error, "open streams could not be counted");
                    }
                    continue;
                }
                () = stop.cancelled() => break,
            };
            for account in self.to_be_told(all) {
                if account.waits.swap(true, Ordering::AcqRel) {
                    continue;
                }
                telling.push(async {
                    let account = account;
                    let _permit = at_once.acquire().await;
                    self.tell(store, &account).await
                });
            }
            self.forget();
        }
        while telling.next().await.is_some() {}
    }

    /// Says how many streams are open, for the end.
    pub async fn close(&self, store: &Store) -> Result<(), StoreError> {
        side_by_side::for_each(self.to_be_told(true), async |account| self.tell(store, &account).await).await
    }

    /// The accounts whose count has changed, or all that have streams too.
    fn to_be_told(&self, all: bool) -> Vec<Arc<AccountPlaces>> {
        let differs = |account: &&Arc<AccountPlaces>| {
            let open = account.open.load(Ordering::Acquire);
            open != account.told.load(Ordering::Acquire) || (all && open > 0)
        };
        self.lock().values().filter(differs).cloned().collect()
    }

    async fn tell(&self, store: &Store, account: &AccountPlaces) -> Result<(), StoreError> {
        let _telling = account.telling.lock().await;
        account.waits.store(false, Ordering::Release);
        let open = account.open.load(Ordering::Acquire);
        store.set_open_streams(&account.keys, &self.replica, open, LAPSE, None).await?;
        account.told.store(open, Ordering::Release);
        Ok(())
    }

    /// Forgets accounts without streams.
    fn forget(&self) {
        self.lock()
            .retain(|_, account| Arc::strong_count(account) > 1 || account.told.load(Ordering::Acquire) > 0);
    }

    fn account(&self, store: &Store, account: AccountId) -> Arc<AccountPlaces> {
        let mut accounts = self.lock();
        let places = accounts.entry(account).or_insert_with(|| {
            Arc::new(AccountPlaces {
                keys: store.keys().account(account),
                open: AtomicU64::new(0),
                told: AtomicU64::new(0),
                telling: tokio::sync::Mutex::default(),
                waits: AtomicBool::new(false),
            })
        });
        places.clone()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AccountId, Arc<AccountPlaces>>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
