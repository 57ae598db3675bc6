//! The owner's style sheet, for the page for frames.

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::page;
use crate::{
    app::{App, AppError},
    domain::{appearance::Css, ids::LeaderboardId},
    http::{auth::ReadKey, error::ApiError, etag::KnownTags, extract::QueryParameters, file::fingerprint},
};

/// A page names it by its content.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";
const FOR_A_WHILE: &str = "public, max-age=5";

/// Where a leaderboard's style sheet is; another one has another address.
pub fn address(leaderboard: LeaderboardId, key: &str, css: &Css) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("key", key)
        .append_pair("v", &fingerprint(css.as_str().as_bytes()))
        .finish();
    format!("/embed/{leaderboard}/style.css?{query}")
}

/// The style sheet, where there is one.
pub async fn show(
    State(app): State<Arc<App>>,
    Path(leaderboard): Path<String>,
    key: Result<ReadKey, ApiError>,
    request: Request,
) -> Result<Response, ApiError> {
    let caller = page::reader(key, &leaderboard)?;
    let css = app.own_appearance(&caller).await?.css;
    if css.is_empty() {
        return Err(AppError::NotFound("Style sheet").into());
    }
    let version = fingerprint(css.as_str().as_bytes());
    let etag = format!("\"{version}\"");
    let is_named = QueryParameters::of(request.uri()).get("v") == Some(&version);
    let mut response = match KnownTags::of(request.headers()).name(&etag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => css.as_str().to_owned().into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, if is_named { FOR_GOOD } else { FOR_A_WHILE }),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(etag) = HeaderValue::try_from(etag) {
        headers.insert(header::ETAG, etag);
    }
    Ok(response)
}
