//! Counts what is asked of Redis, and how long that takes.

use tokio::time::Instant;

/// One round trip, from its beginning until this is dropped: also where nobody waits for the answer any more.
pub struct RoundTrip {
    way: &'static str,
    begun: Instant,
}

impl RoundTrip {
    /// All ways: over a shared connection; with a WAIT for replicas; over a connection of its own.
    pub const WAYS: [&'static str; 3] = [Self::SHARED, Self::CONFIRMED, Self::APART];
    pub(super) const SHARED: &'static str = "shared";
    pub(super) const CONFIRMED: &'static str = "confirmed";
    pub(super) const APART: &'static str = "apart";

    /// Something is sent.
    pub(super) fn begin(way: &'static str) -> Self {
        metrics::counter!("rankora_redis_round_trips_total").increment(1);
        Self { way, begun: Instant::now() }
    }
}

impl Drop for RoundTrip {
    fn drop(&mut self) {
        metrics::histogram!("rankora_redis_round_trip_seconds", "way" => self.way)
            .record(self.begun.elapsed().as_secs_f64());
    }
}
