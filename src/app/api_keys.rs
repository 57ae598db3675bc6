//! Making, listing and revoking API keys.

use std::time::Duration;

use super::{App, AppError};
use crate::{
    domain::{
        api_key::{ApiKey, KeyKind},
        ids::{AccountId, KeyId, LeaderboardId},
        name::Label,
        timestamp::Timestamp,
    },
    store::api_keys::KeyRecord,
};

/// Keys that a leaderboard can have. They are free and each has its own burst, so there must be an end to them.
const KEYS_OF_A_LEADERBOARD: usize = 100;

impl App {
    /// Makes a key for a leaderboard. Its text is returned here and, unless it is publishable, never again. Of calls at
    /// the same time, some may find room that is gone by then.
    ///
    /// # Errors
    /// [`AppError::NotFound`], [`AppError::PlanLimit`] where it has 100 keys, or the store's failure.
    pub async fn create_leaderboard_key(
        &self,
        account: AccountId,
        leaderboard: LeaderboardId,
        kind: KeyKind,
        label: Label,
    ) -> Result<(ApiKey, KeyRecord), AppError> {
        let keys = self.list_leaderboard_keys(account, leaderboard).await?;
        if keys.len() >= KEYS_OF_A_LEADERBOARD {
            return Err(AppError::PlanLimit("The leaderboard has 100 keys already; revoke one first"));
        }
        self.create_key(account, Some(leaderboard), kind, label).await
    }

    /// Makes a management key for an account.
    pub async fn create_account_key(
        &self,
        account: AccountId,
        label: Label,
    ) -> Result<(ApiKey, KeyRecord), AppError> {
        self.create_key(account, None, KeyKind::Management, label).await
    }

    async fn create_key(
        &self,
        account: AccountId,
        leaderboard: Option<LeaderboardId>,
        kind: KeyKind,
        label: Label,
    ) -> Result<(ApiKey, KeyRecord), AppError> {
        let text = ApiKey::generate(kind);
        let record = KeyRecord {
            id: KeyId::new_v4(),
            kind,
            leaderboard,
            label,
            hash: text.hash(),
            public_text: (kind == KeyKind::Publishable).then(|| text.expose().to_owned()),
            created_at: self.clock.now(),
            expires_at: None,
        };
        match self.store.create_api_key(&self.store.keys().account(account), &record).await? {
            true => Ok((text, record)),
            false => Err(AppError::NotFound(if leaderboard.is_some() { "Leaderboard" } else { "Account" })),
        }
    }

    /// The keys of a leaderboard, oldest first.
    pub async fn list_leaderboard_keys(
        &self,
        account: AccountId,
        leaderboard: LeaderboardId,
    ) -> Result<Vec<KeyRecord>, AppError> {
        self.leaderboard(account, leaderboard).await?;
        let mut keys = self.list_keys(account).await?;
        keys.retain(|key| key.leaderboard == Some(leaderboard));
        Ok(keys)
    }

    /// All keys of an account, oldest first.
    pub async fn list_keys(&self, account: AccountId) -> Result<Vec<KeyRecord>, AppError> {
        Ok(self.store.list_api_keys(&self.store.keys().account(account)).await?)
    }

    /// Makes a key like another one of the leaderboard, which stops working after `overlap`.
    pub async fn rotate_key(
        &self,
        account: AccountId,
        leaderboard: LeaderboardId,
        id: KeyId,
        overlap: Duration,
    ) -> Result<(ApiKey, KeyRecord), AppError> {
        let keys = self.list_leaderboard_keys(account, leaderboard).await?;
        let old = keys.into_iter().find(|key| key.id == id).ok_or(AppError::NotFound("Key"))?;
        if old.expires_at.is_some() {
            return Err(AppError::Conflict("The key was rotated already"));
        }
        let new = self.create_leaderboard_key(account, leaderboard, old.kind, old.label.clone()).await?;
        let overlap_us = i64::try_from(overlap.as_micros()).unwrap_or(i64::MAX);
        let end = Timestamp::from_micros(self.clock.now().micros().saturating_add(overlap_us));
        self.store.expire_api_key(&self.store.keys().account(account), &old, end).await?;
        self.gate.forget(&old.hash).await;
        Ok(new)
    }

    /// Revokes the keys of an account whose time is over.
    pub async fn drop_expired_keys(&self, account: AccountId) -> Result<(), AppError> {
        let now = self.clock.now();
        for key in self.list_keys(account).await? {
            if key.expires_at.is_some_and(|end| end <= now) {
                self.revoke_key(account, None, key.id).await?;
            }
        }
        Ok(())
    }

    /// Revokes a key; on every replica it stops working within a second. With `leaderboard`, only a key of that one.
    pub async fn revoke_key(
        &self,
        account: AccountId,
        leaderboard: Option<LeaderboardId>,
        id: KeyId,
    ) -> Result<(), AppError> {
        let keys = self.list_keys(account).await?;
        let wanted =
            |key: &&KeyRecord| key.id == id && (leaderboard.is_none() || key.leaderboard == leaderboard);
        let key = keys.iter().find(wanted).ok_or(AppError::NotFound("Key"))?;
        self.store.revoke_api_key(&self.store.keys().account(account), key).await?;
        self.gate.forget(&key.hash).await;
        Ok(())
    }
}
