//! Prometheus metrics, on a listener of their own. docs/operations.md lists them.

mod catalogue;
mod exposition;
mod process;
mod requests;
mod servers;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum::{Router, extract::State, http::header, routing::get};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::time::interval;
use tokio_util::sync::CancellationToken;

use self::exposition::Exposition;
pub(super) use self::requests::{NO_ROUTE, Tallies};
use crate::app::App;

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
        catalogue::describe();
        catalogue::begin();
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

    /// What was counted, and how things are now. Nothing is waited for, Redis least of all.
    fn render(&self, app: &App) -> String {
        let mut text = Exposition::after(self.handle.render());
        servers::write(&app.redis_servers(), &mut text);
        process::write(self.started, &mut text);
        text.finish()
    }
}

/// `GET /metrics`.
pub fn router(recorder: Recorder, app: Arc<App>) -> Router {
    let scrape = async move |State(app): State<Arc<App>>| {
        ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], recorder.render(&app))
    };
    Router::new().route("/metrics", get(scrape)).with_state(app)
}
