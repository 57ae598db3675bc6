//! How a leaderboard's page for frames looks, and who may show it.

use super::{App, AppError, caller::Caller};
use crate::domain::{
    api_key::KeyKind,
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
        let keys = self.board_keys(account, id);
        if !self.store.set_appearance(&keys, appearance).await? {
            return Err(AppError::NotFound("Leaderboard"));
        }
        // Replicas know the sites with each key that they are for. They are told of the same sites too: the news of an
        // earlier change may have been lost.
        for key in self.list_leaderboard_keys(account, id).await? {
            if key.kind == KeyKind::Publishable {
                self.store.announce_api_key(&self.store.keys().account(account), &key).await?;
                self.gate.forget(&key.hash).await;
            }
        }
        Ok(())
    }
}
