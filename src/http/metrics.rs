//! Prometheus metrics, on a listener of their own.

use std::time::Duration;

use axum::{Router, http::header, routing::get};
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::time::interval;
use tokio_util::sync::CancellationToken;

/// Seconds, from a cached page to a Redis that struggles.
const BUCKETS: [f64; 12] = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 5.0];

/// What has been counted since the process started.
#[derive(Clone)]
pub struct Recorder(PrometheusHandle);

impl Recorder {
    /// Begins to count, for the whole process.
    ///
    /// # Errors
    /// Where the process counts already.
    pub fn install() -> Result<Self, BuildError> {
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)?
            .install_recorder()?;
        describe();
        show_gauges();
        Ok(Self(handle))
    }

    /// Clears what histograms pile up, until `stop`.
    pub async fn keep(self, stop: CancellationToken) {
        let mut tick = interval(Duration::from_secs(5));
        loop {
            tokio::select! {
                _ = tick.tick() => self.0.run_upkeep(),
                () = stop.cancelled() => return,
            }
        }
    }
}

/// `GET /metrics`.
pub fn router(recorder: Recorder) -> Router {
    let scrape = async move || ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], recorder.0.render());
    Router::new().route("/metrics", get(scrape))
}

fn describe() {
    describe_counter!("rankora_requests_total", "Answers by method, route and status");
    describe_histogram!("rankora_request_seconds", Unit::Seconds, "Time to the head of an answer");
    describe_counter!("rankora_refusals_total", "Answers with 429, by route");
    describe_counter!("rankora_page_cache_total", "Pages asked for, by whether they were cached");
    describe_gauge!("rankora_open_streams", "Streams open on this replica");
    describe_counter!("rankora_events_relayed_total", "Events that arrived from Redis");
    describe_counter!("rankora_stream_gaps_total", "Times that events of a leaderboard may have been missed");
    describe_counter!("rankora_stream_resyncs_total", "Streams that had to read their page anew");
    describe_counter!("rankora_stream_reloads_total", "Fresh pages put into feeds");
    describe_counter!("rankora_redis_round_trips_total", "Round trips to Redis");
    describe_gauge!("rankora_redis_ready", "1 while Redis can be used");
}

/// Zero is a value: a gauge that is missing until it first changes can't be scaled or alerted on.
fn show_gauges() {
    gauge!("rankora_open_streams").set(0.0);
    gauge!("rankora_redis_ready").set(0.0);
}
