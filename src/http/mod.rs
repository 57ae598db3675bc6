//! The only importer of `axum`: from bytes on a socket to a use case and back.

mod admission;
mod answer;
pub mod api;
mod assets;
mod auth;
mod body;
mod client_address;
mod connection;
mod context;
mod cors;
mod dashboard;
mod docs;
mod embed;
mod error;
mod etag;
mod extract;
mod file;
mod headers;
mod health;
mod limits;
mod metrics;
mod pages;
pub mod parse;
mod server;
mod socket;
mod surroundings;

use std::{sync::Arc, time::Duration};

use axum::Router;

pub use admission::Room;
pub use client_address::TrustedProxies;
pub use context::request_span;
pub use dashboard::{Dashboard, SignUp};
pub use health::Readiness;
pub use limits::Limits;
pub use metrics::{Recorder, router as metrics_router};
pub use pages::{DemoBoard, Landing};
pub use server::{Connections, serve};

use crate::app::App;
use assets::Assets;

/// All routes of a replica. A client may take as long as `body_deadline` to send a body.
pub fn router(
    app: Arc<App>,
    readiness: Readiness,
    landing: Landing,
    dashboard: Dashboard,
    body_deadline: Duration,
) -> Router {
    let assets = Arc::new(Assets::new());
    let routes = Router::new()
        .merge(api::router())
        .merge(dashboard::router(dashboard))
        .merge(docs::router())
        .merge(embed::router(assets.clone(), landing.clone()))
        .merge(pages::router(assets, landing))
        .merge(health::router(readiness.clone()))
        .with_state(app);
    surroundings::surrounded(routes, readiness, body_deadline)
}
