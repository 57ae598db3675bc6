//! Who calls. An extractor in a handler's signature proves the right to be there; the meter around all handlers
//! counts what was answered.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, OnceLock},
};

use axum::{
    extract::{FromRequestParts, Request},
    http::{HeaderName, HeaderValue, Method, header, request::Parts},
    response::{IntoResponse, Response},
};

use super::{
    admission::counted, client_address::ClientAddress, cors::Readers, error::ApiError,
    extract::QueryParameters,
};
use crate::{
    app::{Access, App, AppError, Caller},
    domain::api_key::{ApiKey, KeyKind},
};

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// A key that may read its leaderboard: secret or publishable.
pub struct ReadKey {
    /// The caller.
    pub caller: Arc<Caller>,
    /// Whether the key stands in the URL, so that the URL alone picks the answer.
    pub in_url: bool,
}

/// As [`ReadKey`], also where Redis is away and the key is only remembered: streams wait for it.
pub struct StreamKey(pub Arc<Caller>);

/// A key that may write: secret.
pub struct SecretKey(pub Arc<Caller>);

/// A key that may see what the account has used: secret or management. Its requests are free.
pub struct UsageKey(pub Arc<Caller>);

/// A key that may manage the account. Its requests are free.
pub struct ManagementKey(pub Arc<Caller>);

/// Where an extractor leaves for the meter who calls, and whose scripts may read the answer.
#[derive(Clone, Default)]
struct Slot(Arc<OnceLock<Called>>);

struct Called {
    app: Arc<App>,
    caller: Arc<Caller>,
    readers: Readers,
}

impl FromRequestParts<Arc<App>> for ReadKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let (key, in_url) = presented(parts)?;
        let access = app.admit(&key, client(parts)).await?;
        let caller = allow(parts, app, Caller::counted(access), KeyKind::may_read, "read a leaderboard")?;
        Ok(Self { caller, in_url })
    }
}

impl FromRequestParts<Arc<App>> for StreamKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let (key, _) = presented(parts)?;
        let caller = match app.admit(&key, client(parts)).await {
            Ok(access) => Caller::counted(access),
            Err(AppError::Store(error)) => match app.remember(&key).await {
                Some(access) => Caller::free(access),
                None => return Err(AppError::Store(error).into()),
            },
            Err(refusal) => return Err(refusal.into()),
        };
        Ok(Self(allow(parts, app, caller, KeyKind::may_read, "read a leaderboard")?))
    }
}

impl FromRequestParts<Arc<App>> for SecretKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let access = admit(parts, app).await?;
        Ok(Self(allow(parts, app, Caller::counted(access), KeyKind::may_write, "write entries")?))
    }
}

impl FromRequestParts<Arc<App>> for UsageKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let access = admit(parts, app).await?;
        Ok(Self(allow(parts, app, Caller::free(access), KeyKind::may_see_usage, "see the account's usage")?))
    }
}

impl FromRequestParts<Arc<App>> for ManagementKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let access = admit(parts, app).await?;
        Ok(Self(allow(parts, app, Caller::free(access), KeyKind::may_manage, "manage the account")?))
    }
}

async fn admit(parts: &Parts, app: &App) -> Result<Arc<Access>, ApiError> {
    let (key, _) = presented(parts)?;
    Ok(app.admit(&key, client(parts)).await?)
}

/// Leaves the caller for the meter, and lets it pass if it isn't too fast and has the right.
fn allow(
    parts: &Parts,
    app: &Arc<App>,
    caller: Caller,
    right: fn(KeyKind) -> bool,
    to: &'static str,
) -> Result<Arc<Caller>, ApiError> {
    let caller = Arc::new(caller);
    if let Some(slot) = parts.extensions.get::<Slot>() {
        // The first extractor of a request is the one that counts.
        let readers = Readers::of(caller.access(), &parts.headers);
        let _ = slot.0.set(Called { app: app.clone(), caller: caller.clone(), readers });
    }
    app.pace(caller.access())?;
    let kind = caller.access().kind;
    if !right(kind) {
        let message = format!("A {} key may not {to}", kind.as_str());
        return Err(ApiError::new(axum::http::StatusCode::FORBIDDEN, "forbidden", message));
    }
    Ok(caller)
}

const MALFORMED: AppError = AppError::Unauthorized("The API key is malformed");

/// Parses an `Authorization` header.
///
/// # Errors
/// [`AppError::Unauthorized`] where it is no well-formed key after `Bearer`.
pub fn parse_authorization(value: &HeaderValue) -> Result<ApiKey, AppError> {
    const SCHEME: AppError = AppError::Unauthorized("The Authorization header must be: Bearer <key>");
    let text = value.to_str().map_err(|_| SCHEME)?;
    let (scheme, key) = text.split_once(' ').ok_or(SCHEME)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(SCHEME);
    }
    ApiKey::parse(key.trim()).map_err(|_| MALFORMED)
}

/// The key as it was sent, and whether in the URL.
fn presented(parts: &Parts) -> Result<(ApiKey, bool), AppError> {
    if let Some(value) = parts.headers.get(header::AUTHORIZATION) {
        return Ok((parse_authorization(value)?, false));
    }
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    let in_url = reads.then(|| QueryParameters::of(&parts.uri).take("key")).flatten();
    match in_url.map(|key| ApiKey::parse(&key)) {
        None => Err(AppError::Unauthorized("An API key is needed: Authorization: Bearer <key>")),
        Some(Ok(key)) if key.kind() == KeyKind::Publishable => Ok((key, true)),
        Some(Ok(_)) => Err(AppError::Unauthorized("Only a publishable key may stand in the URL")),
        Some(Err(_)) => Err(MALFORMED),
    }
}

/// What the client is counted as.
fn client(parts: &Parts) -> IpAddr {
    let address = parts.extensions.get::<ClientAddress>();
    address.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| counted(address.0))
}

/// Counts what was answered to a key, and says where its account stands. An answer that the month's requests don't
/// cover is not given. Says whose scripts may read the answer, too.
pub(super) async fn meter<F: Future<Output = Response>>(
    mut request: Request,
    answer: impl FnOnce(Request) -> F,
) -> (Response, Readers) {
    let slot = Slot::default();
    request.extensions_mut().insert(slot.clone());
    let mut response = answer(request).await;
    let Some(Called { app, caller, readers }) = slot.0.get() else { return (response, Readers::All) };

    let status = response.status();
    let counts = status != axum::http::StatusCode::TOO_MANY_REQUESTS && !status.is_server_error();
    match caller.settle(app, counts).await {
        Ok(()) => {}
        // A stream waits for Redis.
        Err(AppError::Store(_)) if is_stream(&response) => {}
        Err(refusal) => response = ApiError::from(refusal).into_response(),
    }
    caller.note_answer(counts, response.status().is_client_error());
    if let Some(standing) = caller.standing(app).await {
        let headers = response.headers_mut();
        headers.insert(LIMIT, HeaderValue::from(standing.limit));
        headers.insert(REMAINING, HeaderValue::from(standing.remaining));
        headers.insert(RESET, HeaderValue::from(standing.resets));
    }
    (response, readers.clone())
}

fn is_stream(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream")
}
