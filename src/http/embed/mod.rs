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
    http::{HeaderMap, HeaderValue},
    response::Response,
    routing::get,
};

use super::{assets::Assets, file::File, pages::Landing};
use crate::app::App;
use customize::Surroundings;

pub use configurator::Configurator;

/// Pages name these addresses for good, so the files behind them are asked about again after a while.
const CACHE_CONTROL: &str = "public, max-age=600, stale-while-revalidate=86400";

/// `/embed/…`
pub fn router(assets: Arc<Assets>, landing: Landing) -> Router<Arc<App>> {
    let around = Arc::new(Surroundings::new(assets, landing));
    let script = Arc::new(File::new("text/javascript; charset=utf-8", bundle::script()));
    let style = Arc::new(File::new("text/css; charset=utf-8", bundle::style()));
    let customize = get(async move |state, key, request| customize::show(&around, state, key, request).await);
    Router::new()
        .route("/embed/v1.js", get(async move |headers: HeaderMap| answer(&script, &headers)))
        .route("/embed/v1.css", get(async move |headers: HeaderMap| answer(&style, &headers)))
        .route(customize::PATH, customize)
        .route("/embed/{leaderboard}", get(page::show))
        .route("/embed/{leaderboard}/style.css", get(style::show))
}

/// A file that pages of any origin may use.
fn answer(file: &File, asked: &HeaderMap) -> Response {
    let mut response = file.answer(asked, CACHE_CONTROL);
    let everybody = HeaderValue::from_static("cross-origin");
    response.headers_mut().insert("cross-origin-resource-policy", everybody);
    response
}
