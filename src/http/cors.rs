//! Which scripts may read an answer, as browsers hold them to it. Games call the API from anywhere, always with a key and
//! never with a cookie; a leaderboard may keep its publishable keys to some sites.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use tower_http::cors::{Any, CorsLayer};

use crate::app::Access;

/// What a script of another origin may read of an answer besides its body.
const EXPOSED: &str =
    "x-ratelimit-limit,x-ratelimit-remaining,x-ratelimit-reset,x-request-id,x-cache,etag,retry-after";

/// Whose scripts may read an answer. Those of this server's own pages always may.
#[derive(Clone, Debug, Default)]
pub(super) enum Readers {
    /// Everybody's.
    #[default]
    All,
    /// Those of the origin that asks.
    Asking(HeaderValue),
    /// No other origin's.
    Nobody,
}

impl Readers {
    /// Those of an answer to this key.
    pub(super) fn of(access: &Access, asked: &HeaderMap) -> Self {
        if access.sites.is_empty() {
            return Self::All;
        }
        let origin = asked.get(header::ORIGIN);
        let is_named = |origin: &&HeaderValue| {
            origin.to_str().is_ok_and(|origin| access.sites.iter().any(|site| site.has(origin)))
        };
        origin.filter(is_named).map_or(Self::Nobody, |origin| Self::Asking(origin.clone()))
    }

    /// Says so on the answer.
    pub(super) fn tell(self, headers: &mut HeaderMap) {
        if !matches!(self, Self::All) {
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
        }
        let origin = match self {
            Self::All => HeaderValue::from_static("*"),
            Self::Asking(origin) => origin,
            Self::Nobody => return,
        };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
}

/// What a browser asks before a script calls from another origin. It says nothing of the key, so the answer is one for all.
pub(super) fn preflights() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_NONE_MATCH,
            HeaderName::from_static("last-event-id"),
            HeaderName::from_static("idempotency-key"),
        ])
        .max_age(Duration::from_secs(24 * 60 * 60))
        .vary([])
}
