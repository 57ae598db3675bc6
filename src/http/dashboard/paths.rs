//! What a path names. What can't be a name leads nowhere.

use axum::{extract::FromRequestParts, http::request::Parts};

use super::reply::Refusal;
use crate::{
    domain::ids::{LeaderboardId, PlayerId},
    http::extract::{LeaderboardInPath, PlayerInPath},
};

/// The leaderboard in the path.
pub struct BoardPath(pub LeaderboardId);

/// The leaderboard and the player in the path.
pub struct EntryPath(pub LeaderboardId, pub PlayerId);

impl<S: Send + Sync> FromRequestParts<S> for BoardPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let named = LeaderboardInPath::from_request_parts(parts, state).await;
        named.map(|LeaderboardInPath(id)| Self(id)).map_err(|_| Refusal::nothing_here())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for EntryPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let BoardPath(board) = BoardPath::from_request_parts(parts, state).await?;
        let named = PlayerInPath::from_request_parts(parts, state).await;
        named.map(|PlayerInPath(player)| Self(board, player)).map_err(|_| Refusal::nothing_here())
    }
}
