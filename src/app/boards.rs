//! What a replica knows of the leaderboards that it serves: names, handles, and how fresh its pages are.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    domain::{
        ids::{AccountId, HandleMaker, LeaderboardId},
        leaderboard::SortOrder,
    },
    live::{Address, Generation},
    store::{BoardKeys, Store, StoreError},
};

/// A leaderboard that this replica serves.
#[derive(Debug)]
pub struct Board {
    /// Its names in Redis.
    pub keys: BoardKeys,
    /// Makes its players' public handles.
    pub handles: HandleMaker,
    /// New after each write through this replica, and after each event that arrives here.
    pub generation: Arc<Generation>,
    descending: AtomicBool,
}

impl Board {
    /// Where its events come from.
    pub fn address(&self) -> Address {
        Address { account: self.keys.account, leaderboard: self.keys.leaderboard }
    }

    /// Its own order as last seen: a guess that each read checks.
    pub fn order(&self) -> SortOrder {
        if self.descending.load(Ordering::Relaxed) { SortOrder::Desc } else { SortOrder::Asc }
    }

    /// Notes the order that a read has found.
    pub fn note_order(&self, order: SortOrder) {
        self.descending.store(order == SortOrder::Desc, Ordering::Relaxed);
    }
}

/// One [`Board`] per leaderboard, so that all requests see the same generation.
#[derive(Default)]
pub struct Boards(Mutex<HashMap<LeaderboardId, Arc<Board>>>);

impl Boards {
    /// The board; read from Redis where this replica doesn't know it. `None` where it doesn't exist.
    pub async fn get(
        &self,
        store: &Store,
        account: AccountId,
        leaderboard: LeaderboardId,
    ) -> Result<Option<Arc<Board>>, StoreError> {
        if let Some(board) = self.lock().get(&leaderboard) {
            return Ok(Some(board.clone()));
        }
        let keys = store.keys().account(account).leaderboard(leaderboard);
        let Some((secret, order)) = store.read_identity(&keys).await? else { return Ok(None) };
        let board = Board {
            keys,
            handles: HandleMaker::new(&secret),
            generation: Arc::default(),
            descending: AtomicBool::new(order == SortOrder::Desc),
        };
        Ok(Some(self.lock().entry(leaderboard).or_insert_with(|| Arc::new(board)).clone()))
    }

    /// Notes a write from outside the entry routes, if this replica knows the leaderboard. One that another account
    /// asked for was none.
    pub fn advance(&self, keys: &BoardKeys) {
        if let Some(board) = self.lock().get(&keys.leaderboard).filter(|b| b.keys.account == keys.account) {
            board.generation.advance();
        }
    }

    /// Forgets the boards that nobody uses.
    pub fn sweep(&self) {
        self.lock().retain(|_, board| Arc::strong_count(board) > 1);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<LeaderboardId, Arc<Board>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
