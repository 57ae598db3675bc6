//! `GET /realtime`: the leaderboard as it changes.

use std::{convert::Infallible, sync::Arc};

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;

use super::described::PlayerInQuery;
use crate::{
    app::{App, stream::StreamRequest},
    domain::event::EventId,
    http::{auth::StreamKey, error::ApiError, extract::QueryParameters},
};

/// The leaderboard as it changes
///
/// Server-Sent Events, each one `data:` line of JSON with `type` and `timestamp`: first `connected`, then `initial`
/// with the page that was asked for, then an `update` for each change, and a fresh `initial` wherever updates alone
/// would not keep the page right. `Last-Event-ID` resumes without a gap. An `error` says why the server ends the stream:
/// the leaderboard was deleted, the key revoked, the account put on a plan without realtime, or the server shuts down.
#[utoipa::path(get, path = "/api/v1/realtime", tag = "Realtime", security(("key" = []), ("url_key" = [])), params(
    ("limit" = Option<u32>, Query, description = "Rows of the page, 1 to 50", minimum = 1, maximum = 50, example = 10),
    ("offset" = Option<u64>, Query, description = "Rows skipped", minimum = 0, maximum = 9007199254740991_u64),
    ("order" = Option<String>, Query, description = "`asc` or `desc`", pattern = "^(asc|desc)$"),
    ("player_id" = inline(Option<PlayerInQuery>), Query, description = "Only this player's updates; empty, all"),
    ("Last-Event-ID" = Option<String>, Header, description = "The last id that the client saw"),
), responses(
    (status = 200, description = "The stream", body = String, content_type = "text/event-stream"),
))]
pub async fn open_stream(
    State(app): State<Arc<App>>,
    key: StreamKey,
    headers: HeaderMap,
    query: QueryParameters,
) -> Result<Response, ApiError> {
    let last_seen = headers.get("last-event-id");
    let request = StreamRequest {
        page: query.page()?,
        player: query.player()?,
        last_seen: last_seen.and_then(|id| EventId::parse(id.to_str().ok()?)),
        returns: last_seen.is_some(),
    };
    let messages = app.open_stream(&key.0, request).await?;
    let mut response = Body::from_stream(messages.map(Ok::<_, Infallible>)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // For proxies that would collect the messages.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}
