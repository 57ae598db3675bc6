//! What is the same for each request, whatever its route. One service does all of it: a layer each would box what is
//! inside of it, and that costs more than a cached page.

use std::{
    any::Any,
    convert::Infallible,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, Method, header},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use tower::{Layer, Service, layer::layer_fn};
use tower_http::cors::CorsLayer;

use super::{
    auth, body,
    context::{OutageLog, in_context, request_span},
    cors, dashboard,
    error::ApiError,
    health::{Readiness, close_when_draining},
    metrics::Tallies,
};

/// Routes with all that is the same for each of them.
pub(super) fn surrounded(routes: Router, readiness: Readiness, body_deadline: Duration) -> Router {
    let around = Arc::new(Surroundings {
        readiness,
        outages: OutageLog::default(),
        tallies: Tallies::default(),
        body_deadline,
        preflights: cors::preflights(),
    });
    routes
        .fallback(async |request: Request| dashboard::not_found(&request))
        .method_not_allowed_fallback(async |request: Request| dashboard::method_not_allowed(&request))
        .layer(layer_fn(move |route| Surrounded { route, around: around.clone() }))
}

struct Surroundings {
    readiness: Readiness,
    outages: OutageLog,
    tallies: Tallies,
    body_deadline: Duration,
    preflights: CorsLayer,
}

/// A route in its surroundings.
#[derive(Clone)]
struct Surrounded<S> {
    route: S,
    around: Arc<Surroundings>,
}

impl<S> Service<Request> for Surrounded<S>
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.route.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let (around, waiting) = (self.around.clone(), self.route.clone());
        let route = std::mem::replace(&mut self.route, waiting);
        Box::pin(async move {
            let version = request.version();
            let mut response = in_context(&around.outages, &around.tallies, request, |request| {
                around.answer(route, request)
            })
            .await;
            close_when_draining(&around.readiness, version, &mut response);
            Ok(response)
        })
    }
}

impl Surroundings {
    async fn answer<S>(&self, mut route: S, request: Request) -> Response
    where
        S: Service<Request, Response = Response, Error = Infallible, Future: Send> + Send + 'static,
    {
        let is_open = !dashboard::is_private(request.uri().path());
        if is_open && request.method() == Method::OPTIONS {
            let Ok(response) = self.preflights.layer(route).call(request).await;
            return response;
        }
        let request = body::read_first(request, self.body_deadline).await;
        let answer = |request| async move {
            match AssertUnwindSafe(route.call(request)).catch_unwind().await {
                Ok(Ok(response)) => response,
                Err(panic) => panicked(&*panic),
            }
        };
        let (mut response, readers) = auth::meter(request, answer).await;
        let headers = response.headers_mut();
        if is_open {
            readers.tell(headers);
        }
        // A cache that isn't told how long it may keep an answer would serve old ranks, or a key.
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        response
    }
}

fn panicked(panic: &(dyn Any + Send)) -> Response {
    let message =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(|s| &**s));
    request_span().in_scope(|| {
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
