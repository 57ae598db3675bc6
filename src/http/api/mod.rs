//! The routes under `/api/v1`.

mod entries;
mod keys;
mod leaderboard;
mod leaderboards;
mod openapi;
mod realtime;
mod schema;
mod usage;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::{self, Next},
    response::Response,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{auth, error::ApiError};
use crate::app::App;

pub use entries::{names_etag, parse_submission};
pub use leaderboards::parse_settings;

/// Where the API lives.
pub const BASE: &str = "/api/v1";

/// All routes of the API, with the document that describes them.
pub fn router(app: &Arc<App>) -> Router<Arc<App>> {
    let (routes, mut document) = documented().split_for_parts();
    openapi::complete(&mut document);
    let routes =
        routes.layer(middleware::from_fn_with_state(app.clone(), metered)).merge(openapi::router(document));
    // A nested router keeps its own fallbacks, so that these paths answer in the API's shape.
    Router::new().nest(BASE, routes.fallback(async || ApiError::no_route()))
}

/// Counts what is answered. What doesn't say how long it may be kept is not to be kept at all: a cache would serve old
/// ranks, or a key.
pub async fn metered(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut response = auth::meter(&app, request, next).await;
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn documented() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(openapi::document())
        .routes(routes!(usage::read_usage))
        .routes(routes!(leaderboard::read_leaderboard))
        .routes(routes!(entries::list_entries, entries::submit_entry))
        .routes(routes!(entries::read_entry, entries::delete_entry))
        .routes(routes!(realtime::open_stream))
        .routes(routes!(leaderboards::list, leaderboards::create))
        .routes(routes!(leaderboards::read, leaderboards::update, leaderboards::delete))
        .routes(routes!(leaderboards::reset))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::revoke))
}
