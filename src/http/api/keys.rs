//! `/leaderboards/{id}/keys`: the keys of a leaderboard.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{
    described::label,
    schema::{KeyBody, KeyList, Success},
};
use crate::{
    app::App,
    domain::{api_key::KeyKind, name::Label},
    http::{
        auth::ManagementKey,
        error::ApiError,
        extract::{JsonBody, KeyInPath, LeaderboardInPath, is_null, object, present, string},
    },
};

/// The keys of a leaderboard
#[utoipa::path(get, path = "/api/v1/leaderboards/{id}/keys", operation_id = "list_keys", tag = "Management", security(("key" = [])), params(
    ("id" = String, Path, description = "The leaderboard", format = Uuid, example = "5b0f0d3c-2f0a-4a53-8f6e-6c1f9f4b7a20"),
), responses(
    (status = 200, description = "Oldest first; only publishable keys with their text", body = KeyList),
))]
pub async fn list(
    State(app): State<Arc<App>>,
    key: ManagementKey,
    LeaderboardInPath(id): LeaderboardInPath,
) -> Result<Json<KeyList>, ApiError> {
    let keys = app.list_leaderboard_keys(key.0.access().account, id).await?;
    Ok(Json(KeyList { keys: keys.into_iter().map(|record| KeyBody::new(record, None)).collect() }))
}

/// A new key as it is sent.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewKey)]
pub struct NewKeyBody<'a> {
    /// `secret` or `publishable`.
    #[serde(borrow, default, deserialize_with = "present")]
    #[schema(value_type = String, required, nullable = false, pattern = "^(secret|publishable)$", example = "publishable")]
    kind: Option<&'a RawValue>,
    /// What to call it, up to 60 characters.
    #[serde(borrow, default, deserialize_with = "present")]
    #[schema(schema_with = label)]
    label: Option<&'a RawValue>,
}

/// Create a key
///
/// A leaderboard can have 100 of them.
#[utoipa::path(post, path = "/api/v1/leaderboards/{id}/keys", operation_id = "create_key", tag = "Management", security(("key" = [])), params(
    ("id" = String, Path, description = "The leaderboard", format = Uuid, example = "5b0f0d3c-2f0a-4a53-8f6e-6c1f9f4b7a20"),
), request_body = NewKeyBody, responses(
    (status = 201, description = "It works from now on; keep its text", body = KeyBody),
))]
pub async fn create(
    State(app): State<Arc<App>>,
    key: ManagementKey,
    LeaderboardInPath(id): LeaderboardInPath,
    body: JsonBody,
) -> Result<(StatusCode, Json<KeyBody>), ApiError> {
    let fields: NewKeyBody<'_> = object(&body.0)?;
    let kind = fields.kind.ok_or_else(|| ApiError::invalid("kind", "The kind is missing"))?;
    let kind = KeyKind::from_name(&string("kind", kind)?).filter(|kind| *kind != KeyKind::Management);
    let kind =
        kind.ok_or_else(|| ApiError::invalid("kind", "The kind must be one of: secret, publishable"))?;
    let label = match fields.label.filter(|raw| !is_null(raw)) {
        Some(raw) => string("label", raw)?,
        None => String::new(),
    };
    let label = Label::parse(&label).map_err(|error| ApiError::invalid("label", error))?;
    let (text, record) = app.create_leaderboard_key(key.0.access().account, id, kind, label).await?;
    Ok((StatusCode::CREATED, Json(KeyBody::new(record, Some(text.expose().to_owned())))))
}

/// Revoke a key
///
/// It stops working on every replica within a second, and its streams end.
#[utoipa::path(delete, path = "/api/v1/leaderboards/{id}/keys/{key_id}", operation_id = "revoke_key", tag = "Management", security(("key" = [])), params(
    ("id" = String, Path, description = "The leaderboard", format = Uuid, example = "5b0f0d3c-2f0a-4a53-8f6e-6c1f9f4b7a20"),
    ("key_id" = String, Path, description = "The key", format = Uuid, example = "9f3b2c6a-1d47-4e0f-8b1a-2f6d7c5e4a31"),
), responses(
    (status = 200, description = "It is unknown now", body = Success),
))]
pub async fn revoke(
    State(app): State<Arc<App>>,
    key: ManagementKey,
    KeyInPath(leaderboard, id): KeyInPath,
) -> Result<Json<Success>, ApiError> {
    app.revoke_key(key.0.access().account, Some(leaderboard), id).await?;
    Ok(Json(Success::new()))
}
