//! `/healthz` and `/readyz`: whether the process lives, and whether it should get requests.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Json, Router,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;

use super::error::ApiError;
use crate::app::App;

/// Whether a replica wants requests; it stops wanting them before it stops.
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// No more requests are wanted.
    pub fn drain(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn is_draining(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// The two routes.
pub fn router(readiness: Readiness) -> Router<Arc<App>> {
    let ready = async move |State(app): State<Arc<App>>| is_ready(&app, &readiness);
    Router::new().route("/healthz", get(async || Json(json!({"status": "ok"})))).route("/readyz", get(ready))
}

fn is_ready(app: &App, readiness: &Readiness) -> Response {
    let health = app.health();
    if readiness.is_draining() {
        return ApiError::unready("The replica is shutting down").into_response();
    }
    if !health.is_ready() {
        return ApiError::unready(health.to_string()).into_response();
    }
    ([(header::CACHE_CONTROL, "no-store")], Json(json!({"status": "ready"}))).into_response()
}
