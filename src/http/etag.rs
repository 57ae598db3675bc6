//! Which answers a client knows already.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
};

/// The `ETag`s of the answers that a client knows, as its `If-None-Match` names them. To take a request's headers as a
/// whole means to copy them.
pub struct KnownTags(Vec<HeaderValue>);

impl KnownTags {
    /// Those of a request.
    pub fn of(headers: &HeaderMap) -> Self {
        Self(headers.get_all(header::IF_NONE_MATCH).iter().cloned().collect())
    }

    /// Whether this one is among them.
    pub fn name(&self, etag: &str) -> bool {
        self.0.iter().any(|known| names_etag(known, etag))
    }
}

impl<S: Sync> FromRequestParts<S> for KnownTags {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

/// Whether an `If-None-Match` names this weak tag; weak and strong forms are the same here.
pub fn names_etag(header: &HeaderValue, etag: &str) -> bool {
    let Ok(text) = header.to_str() else { return false };
    let opaque = etag.trim_start_matches("W/");
    text.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == opaque)
}
