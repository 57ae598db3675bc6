//! Counts what is asked of Redis, and how long that takes.

use metrics::{Counter, Histogram};
use tokio::time::Instant;

/// Counts the round trips that go one way. What counts is looked up once: that takes longer than to count.
pub struct RoundTrips {
    count: Counter,
    seconds: Histogram,
}

/// One round trip, from its beginning until this is dropped: also where nobody waits for the answer any more.
pub(super) struct RoundTrip<'a> {
    seconds: &'a Histogram,
    begun: Instant,
}

impl RoundTrips {
    /// All ways: over a shared connection; with a WAIT for replicas; over a connection of its own.
    pub const WAYS: [&'static str; 3] = [Self::SHARED, Self::CONFIRMED, Self::APART];
    pub(super) const SHARED: &'static str = "shared";
    pub(super) const CONFIRMED: &'static str = "confirmed";
    pub(super) const APART: &'static str = "apart";

    /// Those that go this way.
    pub(super) fn by(way: &'static str) -> Self {
        let count = metrics::counter!("rankora_redis_round_trips_total");
        Self { count, seconds: metrics::histogram!("rankora_redis_round_trip_seconds", "way" => way) }
    }

    /// Something is sent.
    pub(super) fn begin(&self) -> RoundTrip<'_> {
        self.count.increment(1);
        RoundTrip { seconds: &self.seconds, begun: Instant::now() }
    }
}

impl Drop for RoundTrip<'_> {
    fn drop(&mut self) {
        self.seconds.record(self.begun.elapsed().as_secs_f64());
    }
}
