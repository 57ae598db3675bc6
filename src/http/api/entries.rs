//! `/leaderboard/entries`: list, submit, read, delete.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Json,
    body::Body,
    extract::{FromRequestParts, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::{
    described::{PlayerInQuery, metadata, player_name, submitting_player},
    schema::{EntryList, PlayerEntry, Submitted, Success},
};
use crate::{
    app::App,
    domain::{
        entry::{MetadataChange, Submission},
        ids::PlayerId,
        metadata::Metadata,
        name::PlayerName,
        score::Score,
    },
    http::{
        auth::{ReadKey, SecretKey},
        error::ApiError,
        etag::KnownTags,
        extract::{JsonBody, PlayerInPath, QueryParameters, is_null, object, parse_player, present, string},
    },
    store::entries::Idempotency,
};

const X_CACHE: HeaderName = HeaderName::from_static("x-cache");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Lines of a list's head.
const HEAD_LINES: usize = 12;

/// A page of the leaderboard
///
/// Kept for five seconds; `X-Cache` says whether this answer was. One replica never answers with less than what was
/// written through it.
#[utoipa::path(get, path = "/api/v1/leaderboard/entries", tag = "Entries", security(("key" = []), ("url_key" = [])), params(
    ("limit" = Option<u32>, Query, description = "Rows, 1 to 50", minimum = 1, maximum = 50, example = 10),
    ("offset" = Option<u64>, Query, description = "Rows skipped", minimum = 0, maximum = 9007199254740991_u64, example = 0),
    ("order" = Option<String>, Query, description = "`asc` or `desc`; the leaderboard's own where left out", pattern = "^(asc|desc)$"),
    ("player_id" = inline(Option<PlayerInQuery>), Query, description = "Marks this player's entry; empty, none"),
    ("If-None-Match" = Option<String>, Header, description = "The `ETag` of an answer that is known"),
), responses(
    (status = 200, description = "The page", body = EntryList, headers(
        ("X-Cache", description = "HIT or MISS"), ("ETag", description = "Changes with the page"),
    )),
    (status = 304, description = "Still what is known"),
))]
pub async fn list_entries(
    State(app): State<Arc<App>>,
    key: ReadKey,
    known: KnownTags,
    query: QueryParameters,
) -> Result<Response, ApiError> {
    let page = query.page()?;
    let player = query.player()?;
    let served = app.list_entries(&key.caller, &page).await?;
    let (body, etag) = served.page.marked(player);
    let etag = HeaderValue::from_maybe_shared(etag).expect("an ETag is hexadecimal");
    // For all of the head's lines, those of its surroundings too: it would grow three times.
    let mut headers = HeaderMap::with_capacity(HEAD_LINES);
    let mut response = match etag.to_str().is_ok_and(|etag| known.name(etag)) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            Response::new(Body::from(body))
        }
    };
    let cache_control = match key.in_url {
        true => HeaderValue::from_static("public, max-age=5, stale-while-revalidate=30"),
        false => HeaderValue::from_static("private, max-age=5, stale-while-revalidate=30"),
    };
    headers.insert(header::CACHE_CONTROL, cache_control);
    headers.insert(header::VARY, HeaderValue::from_static("Authorization, Origin"));
    headers.insert(X_CACHE, HeaderValue::from_static(if served.hit { "HIT" } else { "MISS" }));
    headers.insert(header::ETAG, etag);
    *response.headers_mut() = headers;
    Ok(response)
}

/// A submission as it is sent.
#[derive(Deserialize, ToSchema)]
#[schema(as = Submission)]
pub struct SubmissionBody<'a> {
    /// 3 to 50 letters, marks, digits, spaces, `_` and `-`.
    #[serde(borrow, default, deserialize_with = "present")]
    #[schema(schema_with = player_name, required)]
    name: Option<&'a RawValue>,
    /// A finite number.
    #[serde(borrow, default, deserialize_with = "present")]
    #[schema(value_type = f64, required, nullable = false, example = 9500)]
    score: Option<&'a RawValue>,
    /// The player to update or to create; left out, the server makes a new one.
    #[serde(borrow, default, deserialize_with = "present")]
    #[schema(schema_with = submitting_player)]
    player_id: Option<&'a RawValue>,
    /// Up to 10 strings, numbers and booleans. Left out: kept; `null` or `{}`: cleared.
    #[serde(borrow, default, deserialize_with = "present")]
    #[schema(schema_with = metadata)]
    metadata: Option<&'a RawValue>,
}

/// Submit a score
///
/// Creates the player's entry, or updates it as the leaderboard's policy says.
#[utoipa::path(post, path = "/api/v1/leaderboard/entries", tag = "Entries", security(("key" = [])), params(
    ("Idempotency-Key" = Option<String>, Header, description = "The same key within 24 hours gets the first answer and writes nothing. Make it random: the answer has the player_id", min_length = 1, max_length = 255),
), request_body = SubmissionBody, responses(
    (status = 200, description = "It is on the leaderboard", body = Submitted),
))]
pub async fn submit_entry(
    State(app): State<Arc<App>>,
    key: SecretKey,
    idempotency: IdempotencyKey,
    body: JsonBody,
) -> Result<Json<Submitted>, ApiError> {
    let submission = parse_submission(&body.0)?;
    let idempotency = idempotency.with(&body)?;
    Ok(Json(app.submit_entry(&key.0, &submission, idempotency.as_ref()).await?.into()))
}

/// Parses the body of a submission.
///
/// # Errors
/// 400, with the field that is to blame.
pub fn parse_submission(body: &[u8]) -> Result<Submission, ApiError> {
    let fields: SubmissionBody<'_> = object(body)?;
    let required = |field, raw: Option<_>| {
        raw.ok_or_else(|| ApiError::invalid(field, format!("The {field} is missing")))
    };
    let name = string("name", required("name", fields.name)?)?;
    let name = PlayerName::parse(&name).map_err(|error| ApiError::invalid("name", error))?;
    let score = Score::parse_json(required("score", fields.score)?.get());
    let score = score.map_err(|error| ApiError::invalid("score", error))?;
    let player = match fields.player_id.filter(|raw| !is_null(raw)).map(|raw| string("player_id", raw)) {
        None => PlayerId::new_v4(),
        Some(text) => match text?.as_str() {
            "" => PlayerId::new_v4(),
            text => parse_player(text)?,
        },
    };
    let metadata = match fields.metadata {
        None => MetadataChange::Keep,
        Some(raw) => MetadataChange::Set(
            Metadata::parse_json(raw.get()).map_err(|error| ApiError::invalid("metadata", error))?,
        ),
    };
    Ok(Submission { player, name, score, metadata })
}

/// An `Idempotency-Key` as it was sent.
pub struct IdempotencyKey(Option<HeaderValue>);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.get(IDEMPOTENCY_KEY).cloned()))
    }
}

impl IdempotencyKey {
    /// What makes a request with this body the same as another.
    fn with(&self, body: &JsonBody) -> Result<Option<Idempotency>, ApiError> {
        let Some(value) = &self.0 else { return Ok(None) };
        let key =
            std::str::from_utf8(value.as_bytes()).ok().filter(|key| (1..=255).contains(&key.chars().count()));
        let key = key.ok_or_else(|| {
            ApiError::invalid("Idempotency-Key", "The Idempotency-Key must have 1 to 255 characters")
        })?;
        Ok(Some(Idempotency { key: key.to_owned(), request_hash: Sha256::digest(&body.0).into() }))
    }
}

/// A player's entry
#[utoipa::path(get, path = "/api/v1/leaderboard/entries/{player_id}", tag = "Entries", security(("key" = []), ("url_key" = [])), params(
    ("player_id" = String, Path, description = "The player", format = Uuid, example = "3e1c5c1e-7f0b-4c58-9d53-0c2a5d0c6f11"),
), responses(
    (status = 200, description = "The entry, with its rank", body = PlayerEntry),
))]
pub async fn read_entry(
    State(app): State<Arc<App>>,
    key: ReadKey,
    PlayerInPath(player): PlayerInPath,
) -> Result<Json<PlayerEntry>, ApiError> {
    let row = app.read_entry(&key.caller, player).await?;
    Ok(Json(PlayerEntry::new(key.caller.board()?.keys.leaderboard, row)))
}

/// Delete a player's entry
#[utoipa::path(delete, path = "/api/v1/leaderboard/entries/{player_id}", tag = "Entries", security(("key" = [])), params(
    ("player_id" = String, Path, description = "The player", format = Uuid, example = "3e1c5c1e-7f0b-4c58-9d53-0c2a5d0c6f11"),
), responses(
    (status = 200, description = "It is gone", body = Success),
))]
pub async fn delete_entry(
    State(app): State<Arc<App>>,
    key: SecretKey,
    PlayerInPath(player): PlayerInPath,
) -> Result<Json<Success>, ApiError> {
    app.delete_entry(&key.0, player).await?;
    Ok(Json(Success::new()))
}
