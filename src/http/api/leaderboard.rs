//! `GET /leaderboard`.

use std::sync::Arc;

use axum::{Json, extract::State};

use super::schema::LeaderboardBody;
use crate::{
    app::App,
    http::{auth::ReadKey, error::ApiError},
};

/// The key's leaderboard
#[utoipa::path(get, path = "/api/v1/leaderboard", tag = "Leaderboard", security(("key" = []), ("url_key" = [])), responses(
    (status = 200, description = "Its settings and its size", body = LeaderboardBody),
))]
pub async fn read_leaderboard(
    State(app): State<Arc<App>>,
    key: ReadKey,
) -> Result<Json<LeaderboardBody>, ApiError> {
    Ok(Json(app.read_own_leaderboard(&key.caller).await?.into()))
}
