//! The routes under `/api/v1`.

mod described;
mod entries;
mod keys;
mod leaderboard;
mod leaderboards;
mod openapi;
mod realtime;
mod schema;
mod usage;

use std::sync::Arc;

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;

pub use entries::parse_submission;
pub use leaderboards::parse_settings;

/// Where the API lives.
pub const BASE: &str = "/api/v1";

/// All routes of the API, with the document that describes them.
pub fn router() -> Router<Arc<App>> {
    let (routes, mut document) = documented().split_for_parts();
    openapi::complete(&mut document);
    routes.merge(openapi::router(document))
}

/// The document that describes the API.
pub fn document() -> OpenApi {
    let (_, mut document) = documented().split_for_parts();
    openapi::complete(&mut document);
    document
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
