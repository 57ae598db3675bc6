//! Prometheus metrics, on a listener of their own.

use std::{
    fmt::Write,
    fs,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{Router, http::header, routing::get};
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use nix::sys::resource::{UsageWho, getrusage};
use tokio::time::interval;
use tokio_util::sync::CancellationToken;

/// Seconds, from a cached page to a Redis that struggles.
const BUCKETS: [f64; 12] = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 5.0];

/// What has been counted since the process started.
#[derive(Clone)]
pub struct Recorder {
    handle: PrometheusHandle,
    started: SystemTime,
}

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
        metrics::gauge!("rankora_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        metrics::gauge!("rankora_redis_ready").set(0.0);
        metrics::gauge!("rankora_open_streams").set(0.0);
        Ok(Self { handle, started: SystemTime::now() })
    }

    /// Clears what histograms pile up, until `stop`.
    pub async fn keep(self, stop: CancellationToken) {
        let mut tick = interval(Duration::from_secs(5));
        loop {
            tokio::select! {
                _ = tick.tick() => self.handle.run_upkeep(),
                () = stop.cancelled() => return,
            }
        }
    }
}

/// `GET /metrics`.
pub fn router(recorder: Recorder) -> Router {
    let scrape = async move || ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], recorder.render());
    Router::new().route("/metrics", get(scrape))
}

impl Recorder {
    fn render(&self) -> String {
        let mut text = self.handle.render();
        let mut add = |name: &str, kind: &str, help: &str, value: f64| {
            // Writing to a String can't fail.
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n\n");
        };
        if let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) {
            let seconds = [usage.user_time(), usage.system_time()]
                .map(|time| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6);
            let help = "CPU time of the process, user and system";
            add("process_cpu_seconds_total", "counter", help, seconds.iter().sum());
        }
        // /proc is Linux'; elsewhere these are left out.
        if let Some(kilobytes) = resident_kilobytes() {
            add("process_resident_memory_bytes", "gauge", "Memory of the process", kilobytes * 1024.0);
        }
        if let Ok(open) = fs::read_dir("/proc/self/fd") {
            // One of them is the look itself.
            let open = open.count().saturating_sub(1);
            add("process_open_fds", "gauge", "Open files and sockets of the process", open as f64);
        }
        let started = self.started.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        add("process_start_time_seconds", "gauge", "When the process started, unix seconds", started);
        text
    }
}

fn resident_kilobytes() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").trim().parse().ok()
}

fn describe() {
    describe_counter!("rankora_requests_total", "Answers by method, route and status");
    describe_histogram!("rankora_request_seconds", Unit::Seconds, "Time to the head of an answer");
    describe_counter!("rankora_refusals_total", "Answers that a plan's limits refused, by route and code");
    describe_counter!("rankora_page_cache_total", "Pages asked for, by whether they were cached");
    describe_gauge!("rankora_open_connections", "Connections of clients, by listener");
    describe_counter!("rankora_limits_reached_total", "Times that a client reached a limit, by limit");
    describe_gauge!("rankora_open_streams", "Streams open on this replica");
    describe_counter!("rankora_events_relayed_total", "Events that arrived from Redis");
    describe_counter!("rankora_stream_gaps_total", "Times that events of a leaderboard may have been missed");
    describe_counter!("rankora_stream_resyncs_total", "Streams that had to read their page anew");
    describe_counter!("rankora_stream_reloads_total", "Fresh pages put into feeds");
    describe_counter!("rankora_redis_round_trips_total", "Round trips to Redis");
    describe_gauge!("rankora_build_info", "1, with the version");
    describe_gauge!("rankora_redis_ready", "1 while Redis can be used");
}
