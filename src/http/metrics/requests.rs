//! What is counted of each request.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Instant,
};

use axum::{extract::MatchedPath, http::StatusCode};
use metrics::{Counter, Histogram};

use super::super::error::{Cause, Code};

/// The status of a request whose client went away before it was answered, as proxies log it.
pub(super) const GONE: &str = "499";
/// The route of a request that has none.
pub(in crate::http) const NO_ROUTE: &str = "none";
/// What failed by itself, not for the sake of Redis.
pub(super) const PANIC: &str = "panic";
/// The codes of answers that a plan's limits refused.
pub(super) const REFUSALS: [&str; 5] =
    ["quota_exceeded", "rate_limited", "stream_limit", "plan_limit", "plan_restriction"];

/// What counts the requests, as far as it was needed: to look it up by its labels takes longer than to find a page in
/// the cache.
#[derive(Clone, Default)]
pub(in crate::http) struct Tallies(Arc<RwLock<ByRoute>>);

type ByRoute = HashMap<String, HashMap<(&'static str, Option<StatusCode>), (Counter, Histogram)>>;

impl Tallies {
    /// A request begins.
    pub(in crate::http) fn begin(
        &self,
        method: &'static str,
        route: Option<MatchedPath>,
        started: Instant,
    ) -> Tally {
        Tally { tallies: self.clone(), method, route, started, status: None }
    }

    fn count(&self, tally: &Tally) {
        let (route, kind) = (tally.route(), (tally.method, tally.status));
        let seconds = tally.started.elapsed().as_secs_f64();
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((counter, histogram)) = known.get(route).and_then(|kinds| kinds.get(&kind)) {
            counter.increment(1);
            histogram.record(seconds);
            return;
        }
        drop(known);
        let status = tally.status.as_ref().map_or(GONE, StatusCode::as_str).to_owned();
        let labels = [("method", tally.method.to_owned()), ("route", route.to_owned()), ("status", status)];
        let counter = metrics::counter!("rankora_requests_total", &labels);
        let histogram = metrics::histogram!("rankora_request_seconds", &labels[..2]);
        counter.increment(1);
        histogram.record(seconds);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(route.to_owned()).or_default().insert(kind, (counter, histogram));
    }
}

/// Counts a request at its end, which is also where its client goes away before the answer.
pub(in crate::http) struct Tally {
    tallies: Tallies,
    method: &'static str,
    route: Option<MatchedPath>,
    started: Instant,
    status: Option<StatusCode>,
}

impl Tally {
    fn route(&self) -> &str {
        self.route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str)
    }

    /// It was answered.
    pub(in crate::http) fn answered(
        mut self,
        status: StatusCode,
        code: Option<&Code>,
        cause: Option<&Cause>,
    ) {
        self.status = Some(status);
        let code = code.map(|Code(code)| &**code);
        if let Some(refusal) = REFUSALS.into_iter().find(|refusal| code == Some(*refusal)) {
            metrics::counter!("rankora_refusals_total", "route" => self.route().to_owned(), "code" => refusal)
                .increment(1);
        }
        let kind = match cause {
            Some(Cause(cause)) => Some(cause.kind()),
            None => (status == StatusCode::INTERNAL_SERVER_ERROR).then_some(PANIC),
        };
        if let Some(kind) = kind {
            metrics::counter!("rankora_failures_total", "kind" => kind).increment(1);
        }
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        self.tallies.count(self);
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    #[test]
    fn a_failure_has_a_kind_unless_it_is_none_of_redis_or_ours() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let tallies = Tallies::default();
        let begin = || tallies.begin("GET", None, Instant::now());
        let code = |code| Some(Code(Cow::Borrowed(code)));
        metrics::with_local_recorder(&recorder, || {
            begin().answered(StatusCode::INTERNAL_SERVER_ERROR, code("internal").as_ref(), None);
            // A replica that isn't ready says so; nothing has failed.
            begin().answered(StatusCode::SERVICE_UNAVAILABLE, code("unavailable").as_ref(), None);
            begin().answered(StatusCode::TOO_MANY_REQUESTS, code("rate_limited").as_ref(), None);
            drop(begin());
        });
        let text = recorder.handle().render();
        let mut lines: Vec<_> = text.lines().filter(|line| line.contains("_total{")).collect();
        lines.sort_unstable();
        let expected = [
            r#"rankora_failures_total{kind="panic"} 1"#,
            r#"rankora_refusals_total{route="none",code="rate_limited"} 1"#,
            r#"rankora_requests_total{method="GET",route="none",status="429"} 1"#,
            r#"rankora_requests_total{method="GET",route="none",status="499"} 1"#,
            r#"rankora_requests_total{method="GET",route="none",status="500"} 1"#,
            r#"rankora_requests_total{method="GET",route="none",status="503"} 1"#,
        ];
        assert_eq!(lines, expected);
    }
}
