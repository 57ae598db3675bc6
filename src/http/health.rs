//! `/healthz` and `/readyz`: whether the process lives, and whether it should get requests.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderValue, Version, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;

use super::error::ApiError;
use crate::{app::App, store::Health};

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

/// Says `Connection: close` while the replica is draining, so that a proxy sends its next request elsewhere
/// before this end is closed: what is on its way then is lost. HTTP/2 has its own word for that.
pub(super) fn close_when_draining(readiness: &Readiness, version: Version, response: &mut Response) {
    if version <= Version::HTTP_11 && readiness.is_draining() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
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
        return ApiError::unready(for_strangers(&health)).into_response();
    }
    ([(header::CACHE_CONTROL, "no-store")], Json(json!({"status": "ready"}))).into_response()
}

/// Why requests can't be served, as anybody may know it: where Redis is and what it said, the log alone tells.
fn for_strangers(health: &Health) -> String {
    match health {
        Health::Away(_) => "Redis can't be reached".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_not_told_where_redis_is() {
        let away = Health::Away("the node at 10.0.0.3:7000: no answer".to_owned());
        assert_eq!(for_strangers(&away), "Redis can't be reached");
        assert_eq!(for_strangers(&Health::Loading), "Redis is loading its data");
        let unfit = Health::Unfit("Rankora needs Redis 7.0 or newer; this is 6.2.1".to_owned());
        assert_eq!(for_strangers(&unfit), unfit.to_string());
    }
}
