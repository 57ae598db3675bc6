//! The only importer of `axum`: from bytes on a socket to a use case and back.

pub mod api;
mod auth;
mod client_address;
mod context;
mod error;
mod extract;
mod health;
mod metrics;
mod pages;
mod server;

use std::{any::Any, sync::Arc};

use axum::{
    Router,
    http::{HeaderName, Method, header},
    middleware,
    response::{IntoResponse, Response},
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{Any as AnyOrigin, CorsLayer},
};

pub use client_address::TrustedProxies;
pub use health::Readiness;
pub use metrics::{Recorder, router as metrics_router};
pub use server::{Connections, serve};

use crate::app::App;
use error::ApiError;

/// All routes of a replica.
pub fn router(app: Arc<App>, readiness: Readiness, landing: pages::Landing) -> Router {
    let routes = Router::new()
        .merge(api::router(&app))
        .merge(pages::router(landing))
        .merge(health::router(readiness.clone()))
        .fallback(async || ApiError::no_route())
        .method_not_allowed_fallback(async || {
            let message = "This address doesn't take this method";
            ApiError::new(axum::http::StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
        });
    surrounded(routes, readiness).with_state(app)
}

/// What is around all routes.
fn surrounded<S: Clone + Send + Sync + 'static>(routes: Router<S>, readiness: Readiness) -> Router<S> {
    let outages = context::OutageLog::default();
    routes
        .layer(CatchPanicLayer::custom(panicked))
        .layer(cors())
        .layer(middleware::from_fn_with_state(outages, context::in_context))
        .layer(middleware::from_fn_with_state(readiness, health::close_when_draining))
}

pub use pages::Landing;

/// Browser games call the API from any origin, always with a key and never with a cookie.
fn cors() -> CorsLayer {
    let exposed =
        ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "x-request-id", "x-cache"];
    CorsLayer::new()
        .allow_origin(AnyOrigin)
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_NONE_MATCH,
            HeaderName::from_static("last-event-id"),
            HeaderName::from_static("idempotency-key"),
        ])
        .expose_headers(
            exposed
                .map(HeaderName::from_static)
                .into_iter()
                .chain([header::ETAG, header::RETRY_AFTER])
                .collect::<Vec<_>>(),
        )
        .max_age(std::time::Duration::from_secs(24 * 60 * 60))
        .vary([])
}

fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let message =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(|s| &**s));
    tracing::error!(panic = message.unwrap_or("not a string"), "a handler panicked");
    ApiError::panicked().into_response()
}
