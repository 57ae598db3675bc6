//! The ledgers of all accounts that this replica has lately served, and how their leases go back.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{quota::Ledger, side_by_side};
use crate::{
    domain::ids::AccountId,
    store::{Store, StoreError},
};

/// The ledgers.
#[derive(Default)]
pub struct Ledgers(Mutex<HashMap<AccountId, Arc<Ledger>>>);

impl Ledgers {
    /// The account's ledger.
    pub fn get(&self, store: &Store, account: AccountId) -> Arc<Ledger> {
        let mut ledgers = self.lock();
        ledgers.entry(account).or_insert_with(|| Arc::new(Ledger::new(store.keys().account(account)))).clone()
    }

    /// The account's ledger, if it is known here.
    pub fn known(&self, account: AccountId) -> Option<Arc<Ledger>> {
        self.lock().get(&account).cloned()
    }

    /// The ledgers whose leases aren't used and should go back. Forgets accounts that nobody asks for.
    pub fn idle(&self) -> Vec<Arc<Ledger>> {
        let mut ledgers = self.lock();
        ledgers.retain(|_, ledger| {
            Arc::strong_count(ledger) > 1 || !ledger.is_empty() || !ledger.tally.is_empty()
        });
        ledgers.values().filter(|ledger| ledger.is_idle()).cloned().collect()
    }

    /// Adds up what happened lately on all accounts.
    pub async fn add_up_days(&self, store: &Store) -> Result<(), StoreError> {
        let busy: Vec<_> = self.lock().values().filter(|ledger| !ledger.tally.is_empty()).cloned().collect();
        side_by_side::for_each(busy, async |ledger| ledger.tally.add_up(store, ledger.keys()).await).await
    }

    /// Gives all leases back, for the end.
    pub async fn close(&self, store: &Store) -> Result<(), StoreError> {
        let all: Vec<_> = self.lock().values().cloned().collect();
        side_by_side::for_each(all, async |ledger| ledger.give_back(store).await).await
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AccountId, Arc<Ledger>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
