//! How a leaderboard's page for frames looks, and who may show it.

use super::{App, AppError, caller::Caller};
use crate::domain::{
    appearance::Appearance,
    ids::{AccountId, LeaderboardId},
};

impl App {
    /// The appearance of one of the account's leaderboards.
    pub async fn appearance(&self, account: AccountId, id: LeaderboardId) -> Result<Appearance, AppError> {
        Ok(self.store.read_appearance(&self.board_keys(account, id)).await?)
    }

    /// The appearance of the leaderboard that a key reads.
    pub async fn own_appearance(&self, caller: &Caller) -> Result<Appearance, AppError> {
        Ok(self.store.read_appearance(&caller.board()?.keys).await?)
    }

    /// Keeps another appearance.
    pub async fn set_appearance(
        &self,
        account: AccountId,
        id: LeaderboardId,
        appearance: &Appearance,
    ) -> Result<(), AppError> {
        match self.store.set_appearance(&self.board_keys(account, id), appearance).await? {
            true => Ok(()),
            false => Err(AppError::NotFound("Leaderboard")),
        }
    }
}
