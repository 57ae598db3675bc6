//! A leaderboard on somebody's page: the script, its style sheet, and the page for an iframe.

mod bundle;
mod configurator;
mod customize;
pub(super) mod numbers;
mod options;
mod page;
mod rows;
mod style;
mod texts;

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::{api::names_etag, assets::Assets, pages::Landing};
use crate::app::App;
use customize::Surroundings;
use texts::Texts;

pub use configurator::Configurator;

/// Pages name these addresses for good, so the files behind them are asked about again after a while.
const CACHE_CONTROL: &str = "public, max-age=600, stale-while-revalidate=86400";

/// A file as it is served: as it is, and compressed.
struct File {
    kind: &'static str,
    plain: Bytes,
    zipped: Bytes,
    etag: String,
}

/// `/embed/…`
pub fn router(assets: Arc<Assets>, landing: Landing) -> Router<Arc<App>> {
    let around = Arc::new(Surroundings::new(assets, landing));
    let texts = Arc::new(Texts::new());
    let script = Arc::new(File::new("text/javascript; charset=utf-8", bundle::script()));
    let style = Arc::new(File::new("text/css; charset=utf-8", bundle::style()));
    let page =
        get(async move |state, path, key, request| page::show(&texts, state, path, key, request).await);
    let customize = get(async move |state, key, request| customize::show(&around, state, key, request).await);
    Router::new()
        .route("/embed/v1.js", get(async move |headers: HeaderMap| script.answer(&headers)))
        .route("/embed/v1.css", get(async move |headers: HeaderMap| style.answer(&headers)))
        .route(customize::PATH, customize)
        .route("/embed/{leaderboard}", page)
        .route("/embed/{leaderboard}/style.css", get(style::show))
}

impl File {
    fn new(kind: &'static str, text: String) -> Self {
        let hash = Sha256::digest(&text);
        let hash = u64::from_be_bytes(std::array::from_fn(|index| hash[index]));
        let zipped = bundle::zip(text.as_bytes()).into();
        Self { kind, plain: text.into(), zipped, etag: format!("W/\"{hash:016x}\"") }
    }

    fn answer(&self, asked: &HeaderMap) -> Response {
        let known = asked.get_all(header::IF_NONE_MATCH).iter().any(|known| names_etag(known, &self.etag));
        let takes_zipped = accepts_gzip(asked);
        let body = if takes_zipped { self.zipped.clone() } else { self.plain.clone() };
        let mut response = match known {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false => ([(header::CONTENT_TYPE, HeaderValue::from_static(self.kind))], body).into_response(),
        };
        let headers = response.headers_mut();
        if takes_zipped && !known {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHE_CONTROL));
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
        if let Ok(etag) = HeaderValue::try_from(&self.etag) {
            headers.insert(header::ETAG, etag);
        }
        response
    }
}

/// Whether an answer may be compressed: `gzip` is named, and not with a weight of nothing.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let named = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    named.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let weight =
            parts.find_map(|part| part.strip_prefix("q=")).and_then(|weight| weight.parse::<f32>().ok());
        is_gzip && weight.is_none_or(|weight| weight > 0.0)
    })
}
