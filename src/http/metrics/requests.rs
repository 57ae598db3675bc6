//! What is counted of each request.

use std::time::Instant;

use axum::http::StatusCode;

use super::super::error::{Cause, Code};

/// The status of a request whose client went away before it was answered, as proxies log it.
pub(super) const GONE: &str = "499";
/// What failed by itself, not for the sake of Redis.
pub(super) const PANIC: &str = "panic";
/// The codes of answers that a plan's limits refused.
pub(super) const REFUSALS: [&str; 5] =
    ["quota_exceeded", "rate_limited", "stream_limit", "plan_limit", "plan_restriction"];

/// Counts a request at its end, which is also where its client goes away before the answer.
pub(in crate::http) struct Tally {
    method: &'static str,
    route: String,
    started: Instant,
    status: Option<StatusCode>,
}

impl Tally {
    /// A request begins.
    pub(in crate::http) fn begin(method: &'static str, route: String, started: Instant) -> Self {
        Self { method, route, started, status: None }
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
            metrics::counter!("rankora_refusals_total", "route" => self.route.clone(), "code" => refusal)
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
        let status = self.status.as_ref().map_or(GONE, StatusCode::as_str).to_owned();
        let route = std::mem::take(&mut self.route);
        let labels = [("method", self.method.to_owned()), ("route", route), ("status", status)];
        metrics::counter!("rankora_requests_total", &labels).increment(1);
        metrics::histogram!("rankora_request_seconds", &labels[..2])
            .record(self.started.elapsed().as_secs_f64());
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
        let begin = || Tally::begin("GET", "/a".to_owned(), Instant::now());
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
            r#"rankora_refusals_total{route="/a",code="rate_limited"} 1"#,
            r#"rankora_requests_total{method="GET",route="/a",status="429"} 1"#,
            r#"rankora_requests_total{method="GET",route="/a",status="499"} 1"#,
            r#"rankora_requests_total{method="GET",route="/a",status="500"} 1"#,
            r#"rankora_requests_total{method="GET",route="/a",status="503"} 1"#,
        ];
        assert_eq!(lines, expected);
    }
}
