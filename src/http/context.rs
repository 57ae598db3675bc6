//! What surrounds each request: its id, its span in the log, its place in the metrics.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    http::HeaderValue,
    middleware::Next,
    response::Response,
};
use tracing::{Instrument, debug, error, info_span, warn};
use uuid::Uuid;

use super::error::{Cause, chain};

/// Gives the request an id, and logs and counts its answer. Nothing of a query or a header gets into the log: keys
/// stand there.
pub async fn in_context(request: Request, next: Next) -> Response {
    let id = Uuid::new_v4().simple().to_string();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let span = info_span!("request", request.id = %id, http.method = %method, http.route = %route);
    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    span.in_scope(|| match response.extensions_mut().remove::<Cause>() {
        Some(Cause(cause)) if status.as_u16() == 503 => {
            warn!(http.status = status.as_u16(), error = chain(&*cause), "Redis could not be used");
        }
        Some(Cause(cause)) => {
            error!(http.status = status.as_u16(), error = chain(&*cause), "the request failed");
        }
        None => {
            let duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
            debug!(http.status = status.as_u16(), duration_us, "answered");
        }
    });
    count(&method, route, status.as_u16(), started);
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}

fn count(method: &axum::http::Method, route: String, status: u16, started: Instant) {
    // Methods that nobody knows would be labels without end.
    let method = match method.as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PATCH" | "DELETE" | "OPTIONS" | "PUT") => known.to_owned(),
        _ => "other".to_owned(),
    };
    let labels = [("method", method), ("route", route), ("status", status.to_string())];
    metrics::counter!("rankora_requests_total", &labels).increment(1);
    metrics::histogram!("rankora_request_seconds", &labels[..2]).record(started.elapsed().as_secs_f64());
    if status == 429 {
        metrics::counter!("rankora_refusals_total", &labels[1..2]).increment(1);
    }
}
