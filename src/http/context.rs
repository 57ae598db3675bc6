//! What surrounds each request: its id, its span in the log, its place in the metrics.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue, Method, StatusCode},
    response::Response,
};
use tracing::{Instrument, Level, Span, debug, enabled, error, info_span, warn};
use uuid::Uuid;

use super::{
    error::{Cause, Code},
    metrics::{NO_ROUTE, Tallies},
};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Answers of an outage that are logged each second; the log says how many more there were.
const LINES_A_SECOND: u32 = 5;

/// Keeps an outage of Redis from filling the log: every request of that time fails for the one reason.
#[derive(Clone, Default)]
pub(super) struct OutageLog(Arc<Mutex<Lines>>);

#[derive(Default)]
struct Lines {
    since: Option<Instant>,
    written: u32,
    left_out: u64,
}

impl OutageLog {
    /// How many answers were left out since the last line; `None` where this one is left out too.
    fn admit(&self) -> Option<u64> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.since.is_none_or(|since| since.elapsed() >= Duration::from_secs(1)) {
            (lines.since, lines.written) = (Some(Instant::now()), 0);
        }
        if lines.written == LINES_A_SECOND {
            lines.left_out += 1;
            return None;
        }
        lines.written += 1;
        Some(std::mem::take(&mut lines.left_out))
    }
}

tokio::task_local! {
    static REQUEST: Context;
}

/// What the log says of a request.
#[derive(Clone)]
struct Context {
    id: Uuid,
    method: &'static str,
    route: Option<MatchedPath>,
}

impl Context {
    fn of(request: &Request) -> Self {
        let route = request.extensions().get::<MatchedPath>().cloned();
        Self { id: Uuid::new_v4(), method: known(request.method()), route }
    }

    fn route(&self) -> &str {
        self.route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str)
    }

    fn span(&self) -> Span {
        let (id, method, route) = (self.id.simple(), self.method, self.route());
        info_span!("request", request.id = %id, http.method = method, http.route = route)
    }
}

/// The span of the request that is being answered, for a line about it. A span costs more than a cached page, and few
/// requests have anything to log.
pub fn request_span() -> Span {
    REQUEST.try_with(Context::span).unwrap_or_else(|_| Span::none())
}

/// Gives the request an id, and logs and counts its answer. Nothing of a query or a header gets into the log: keys
/// stand there.
pub(super) async fn in_context<F: Future<Output = Response>>(
    outages: &OutageLog,
    tallies: &Tallies,
    request: Request,
    answer: impl FnOnce(Request) -> F,
) -> Response {
    let context = Context::of(&request);
    let started = Instant::now();
    let tally = tallies.begin(context.method, context.route.clone(), started);
    let span = if enabled!(Level::DEBUG) { context.span() } else { Span::none() };
    let mut response = REQUEST.scope(context.clone(), answer(request)).instrument(span.clone()).await;
    let status = response.status();
    let cause = response.extensions_mut().remove::<Cause>();
    let code = response.extensions_mut().remove::<Code>();
    tally.answered(status, code.as_ref(), cause.as_ref());
    if !span.is_none() || cause.is_some() {
        let span = if span.is_none() { context.span() } else { span };
        span.in_scope(|| log(status, cause, started, outages));
    }
    let mut id = [0; 32];
    if let Ok(id) = HeaderValue::from_str(context.id.simple().encode_lower(&mut id)) {
        response.headers_mut().insert(X_REQUEST_ID, id);
    }
    response
}

fn log(status: StatusCode, cause: Option<Cause>, started: Instant, outages: &OutageLog) {
    let http_status = status.as_u16();
    match cause {
        Some(Cause(cause)) if status == StatusCode::SERVICE_UNAVAILABLE => match outages.admit() {
            Some(left_out) => warn!(
                http.status = http_status,
                error = cause.in_full(),
                lines.left_out = left_out,
                "Redis could not be used"
            ),
            None => debug!(http.status = http_status, error = cause.in_full(), "Redis could not be used"),
        },
        Some(Cause(cause)) => {
            error!(http.status = http_status, error = cause.in_full(), "the request failed");
        }
        None => {
            let duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
            debug!(http.status = http_status, duration_us, "answered");
        }
    }
}

/// The method as a label: those that nobody knows would be labels without end.
fn known(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS", "PUT"];
    KNOWN.into_iter().find(|known| method == known).unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_writes_a_few_lines_a_second_and_says_how_many_it_left_out() {
        let outages = OutageLog::default();
        let admitted = (0..1000).filter_map(|_| outages.admit()).collect::<Vec<_>>();
        assert_eq!(admitted, [0; LINES_A_SECOND as usize]);
        let a_second_ago = Instant::now().checked_sub(Duration::from_secs(1));
        outages.0.lock().expect("the lines").since = a_second_ago;
        assert_eq!(outages.admit(), Some(1000 - u64::from(LINES_A_SECOND)));
        assert_eq!(outages.admit(), Some(0));
    }
}
