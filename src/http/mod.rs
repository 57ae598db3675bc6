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
mod dashboard;
mod embed;
mod error;
mod extract;
mod headers;
mod health;
mod limits;
mod metrics;
mod pages;
pub mod parse;
mod server;
mod socket;

use std::{any::Any, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderName, Method, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{Any as AnyOrigin, CorsLayer},
};

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
use error::ApiError;

/// All routes of a replica. A client may take as long as `body_deadline` to send a body.
pub fn router(
    app: Arc<App>,
    readiness: Readiness,
    landing: Landing,
    dashboard: Dashboard,
    body_deadline: Duration,
) -> Router {
    let routes = Router::new()
        .merge(api::router(&app))
        .merge(dashboard::router(dashboard))
        .merge(embed::router(&app))
        .merge(pages::router(Arc::new(Assets::new()), landing))
        .merge(health::router(readiness.clone()))
        .with_state(app);
    surrounded(routes, readiness, body_deadline)
}

/// What surrounds each request.
#[derive(Clone)]
struct Surroundings {
    readiness: Readiness,
    outages: context::OutageLog,
    body_deadline: Duration,
}

/// Routes with all that is the same for each of them. One layer in place of several: each boxes what is in it.
fn surrounded(routes: Router, readiness: Readiness, body_deadline: Duration) -> Router {
    let surroundings = Surroundings { readiness, outages: context::OutageLog::default(), body_deadline };
    let layers = ServiceBuilder::new()
        .layer(middleware::from_fn_with_state(surroundings, surround))
        .layer(cors())
        .layer(CatchPanicLayer::custom(panicked));
    routes
        .fallback(async |request: Request| dashboard::not_found(&request))
        .method_not_allowed_fallback(async |request: Request| dashboard::method_not_allowed(&request))
        .layer(layers)
}

async fn surround(State(around): State<Surroundings>, request: Request, next: Next) -> Response {
    let version = request.version();
    let is_private = dashboard::is_private(request.uri().path());
    let answer = async |request| next.run(body::read_first(request, around.body_deadline).await).await;
    let mut response = context::in_context(&around.outages, request, answer).await;
    health::close_when_draining(&around.readiness, version, &mut response);
    if is_private {
        dashboard::keep_to_own_origin(&mut response);
    }
    response
}

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
        .max_age(Duration::from_secs(24 * 60 * 60))
        .vary([])
}

fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let message =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(|s| &**s));
    context::request_span().in_scope(|| {
        tracing::error!(panic = message.unwrap_or("not a string"), "a handler panicked");
    });
    ApiError::panicked().into_response()
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::Mutex,
    };

    use axum::{body::Body, extract::Request, routing::get};
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    /// What was logged.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("a log").write(text)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_panic_becomes_an_error_like_any_other_whose_cause_only_the_log_tells() {
        let log = Log::default();
        let writer = log.clone();
        let format = tracing_subscriber::fmt().json().flatten_event(true);
        let _logging = tracing::subscriber::set_default(format.with_writer(move || writer.clone()).finish());
        let routes = Router::new()
            .route("/text", get(async || -> Response { panic!("the cause") }))
            .route("/format", get(async || -> Response { panic!("the cause: {}", 1) }))
            .route("/any", get(async || -> Response { std::panic::panic_any(1) }));
        let router = surrounded(routes, Readiness::default(), Duration::from_secs(1));
        for path in ["/text", "/format", "/any"] {
            log.0.lock().expect("a log").clear();
            let uri = format!("{path}?key=secret");
            let request = Request::get(uri).body(Body::from("{}")).expect("a request");
            let response = router.clone().oneshot(request).await.expect("an answer");
            assert_eq!(response.status(), 500);
            assert_eq!(response.headers()["content-type"], "application/json");
            assert_eq!(response.headers()["access-control-allow-origin"], "*");
            let id = response.headers()["x-request-id"].to_str().expect("text").to_owned();
            let body = response.into_body().collect().await.expect("a body").to_bytes();
            let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
            let error = "Something went wrong on the server";
            assert_eq!(body, serde_json::json!({"success": false, "error": error, "code": "internal"}));

            let text = String::from_utf8(log.0.lock().expect("a log").clone()).expect("UTF-8");
            assert_eq!(text.lines().count(), 1, "{text}");
            let line: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!((&line["level"], &line["span"]["request.id"]), (&"ERROR".into(), &id.into()));
            let cause = if path == "/any" { "not a string" } else { "the cause" };
            assert!(line["panic"].as_str().expect("text").starts_with(cause), "{line}");
            assert!(!text.contains("secret"), "{text}");
        }
    }
}
