//! Managing an account's leaderboards.

use std::{sync::Arc, time::Duration};

use super::{App, AppError, Board, Ledger, access::Access};
use crate::{
    domain::{
        ids::{AccountId, HandleSecret, LeaderboardId},
        leaderboard::{Leaderboard, Settings, SettingsPatch},
        plan::Plan,
    },
    store::{
        AccountKeys, BoardKeys,
        api_keys::KeyRecord,
        leaderboards::{CreateOutcome, SortProgress, UpdateOutcome},
    },
};

/// Entries brought into a new order before the request that asked for it is answered.
const SORT_AT_ONCE: u32 = 500;

/// What an account has used of its plan.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Requests this month.
    pub requests: u64,
    /// When the month ends, unix seconds.
    pub resets: u64,
    /// Leaderboards.
    pub leaderboards: u64,
    /// Entries on all of them.
    pub entries: u64,
}

impl App {
    /// What the account has used.
    pub async fn usage(&self, access: &Access) -> Result<Usage, AppError> {
        self.usage_of(&access.ledger).await
    }

    /// What an account has used.
    pub async fn account_usage(&self, account: AccountId) -> Result<Usage, AppError> {
        self.usage_of(&self.ledgers.get(&self.store, account)).await
    }

    async fn usage_of(&self, ledger: &Ledger) -> Result<Usage, AppError> {
        // This replica's own lease is known not to be used yet.
        ledger.give_back(&self.store).await?;
        let (taken, leaderboards) = self.store.usage(ledger.keys()).await?;
        ledger.note(taken.used);
        let used = taken.used;
        Ok(Usage { requests: used.requests, resets: used.resets, leaderboards, entries: taken.entries })
    }

    /// Streams of an account that are open now, on all replicas.
    pub async fn open_streams(&self, account: AccountId) -> Result<u64, AppError> {
        Ok(self.store.open_streams(&self.store.keys().account(account)).await?)
    }

    /// What this replica knows of a leaderboard: how its players' handles are made, for one.
    pub async fn known_board(&self, account: AccountId, id: LeaderboardId) -> Result<Arc<Board>, AppError> {
        let board = self.boards.get(&self.store, account, id).await?;
        board.filter(|board| board.keys.account == account).ok_or(AppError::NotFound("Leaderboard"))
    }

    /// An account's leaderboards from `offset` on, oldest first, and how many there are.
    pub async fn list_leaderboards(
        &self,
        account: AccountId,
        offset: u64,
        limit: u32,
    ) -> Result<(Vec<Leaderboard>, u64), AppError> {
        Ok(self.store.list_leaderboards(&self.store.keys().account(account), offset, limit).await?)
    }

    /// One leaderboard of the account.
    pub async fn leaderboard(&self, account: AccountId, id: LeaderboardId) -> Result<Leaderboard, AppError> {
        let read = self.store.read_leaderboard(&self.board_keys(account, id), None).await?;
        read.value.ok_or(AppError::NotFound("Leaderboard"))
    }

    /// Creates a leaderboard where the plan has room.
    pub async fn create_leaderboard(
        &self,
        account: AccountId,
        plan: &Plan,
        settings: &Settings,
    ) -> Result<Leaderboard, AppError> {
        let keys = self.store.keys().account(account);
        let id = LeaderboardId::new_v4();
        let secret = HandleSecret::generate();
        match self.store.create_leaderboard(&keys, id, settings, &secret, plan.leaderboards).await? {
            CreateOutcome::Created => self.leaderboard(account, id).await,
            CreateOutcome::Full => Err(AppError::PlanLimit("The plan has no room for another leaderboard")),
            CreateOutcome::NoAccount => Err(AppError::NotFound("Account")),
        }
    }

    /// Changes settings. Another sort order takes effect when all entries are in it; small leaderboards are done
    /// when this returns.
    pub async fn update_leaderboard(
        &self,
        account: AccountId,
        id: LeaderboardId,
        patch: &SettingsPatch,
    ) -> Result<Leaderboard, AppError> {
        let keys = self.board_keys(account, id);
        match self.store.update_leaderboard(&keys, patch).await? {
            UpdateOutcome::Updated => {}
            UpdateOutcome::Missing => return Err(AppError::NotFound("Leaderboard")),
            UpdateOutcome::Busy => {
                return Err(AppError::Conflict("The leaderboard's sort order is being changed already"));
            }
        }
        if patch.sort_order.is_some() {
            self.begin_sort_change(&keys).await;
        }
        self.leaderboard(account, id).await
    }

    /// Does the first part of the work at once. Where that fails, it is done as all the rest is: by whichever
    /// replica finds it noted.
    async fn begin_sort_change(&self, keys: &BoardKeys) {
        let progress =
            self.store.advance_sort_change(keys, SORT_AT_ONCE, &self.replica, Duration::ZERO).await;
        if matches!(progress, Ok(SortProgress::Switched)) {
            self.boards.advance(keys);
        }
    }

    /// Removes all entries, and says how many there were.
    pub async fn reset_leaderboard(&self, account: AccountId, id: LeaderboardId) -> Result<u64, AppError> {
        let keys = self.board_keys(account, id);
        let result = self.store.reset_leaderboard(&keys).await;
        self.boards.advance(&keys);
        result?.ok_or(AppError::NotFound("Leaderboard"))
    }

    /// Deletes a leaderboard with its entries and keys.
    pub async fn delete_leaderboard(&self, account: AccountId, id: LeaderboardId) -> Result<(), AppError> {
        let keys = self.store.keys().account(account);
        let mut api_keys = self.keys_of(&keys, id).await?;
        let ids: Vec<_> = api_keys.iter().map(|key| key.id).collect();
        let result = self.store.delete_leaderboard(&keys, id, &ids).await;
        self.boards.advance(&keys.leaderboard(id));
        if !result? {
            return Err(AppError::NotFound("Leaderboard"));
        }
        // Until it was gone, more may have been made.
        api_keys.extend(self.keys_of(&keys, id).await?);
        for key in &api_keys {
            self.store.revoke_api_key(&keys, key).await?;
            self.gate.forget(&key.hash).await;
        }
        Ok(())
    }

    async fn keys_of(&self, account: &AccountKeys, id: LeaderboardId) -> Result<Vec<KeyRecord>, AppError> {
        let mut keys = self.store.list_api_keys(account).await?;
        keys.retain(|key| key.leaderboard == Some(id));
        Ok(keys)
    }

    pub(super) fn board_keys(&self, account: AccountId, id: LeaderboardId) -> BoardKeys {
        self.store.keys().account(account).leaderboard(id)
    }
}
