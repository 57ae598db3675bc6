//! `GET /usage`.

use std::sync::Arc;

use axum::{Json, extract::State};

use super::schema::UsageBody;
use crate::{
    app::App,
    http::{auth::UsageKey, error::ApiError},
};

/// What the account has used
///
/// Counts are the account's, over all its leaderboards and keys. Free, also when the month's requests are used up.
#[utoipa::path(get, path = "/api/v1/usage", tag = "Account", security(("key" = [])), responses(
    (status = 200, description = "What is used, and what is left", body = UsageBody),
))]
pub async fn read_usage(State(app): State<Arc<App>>, key: UsageKey) -> Result<Json<UsageBody>, ApiError> {
    let access = key.0.access();
    Ok(Json(UsageBody::new(&app.usage(access).await?, &access.plan)))
}
