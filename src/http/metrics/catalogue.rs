//! What there is to count, and its beginning at zero: a counter that appears with its first event hides that event
//! from `increase()`, and an alert on a metric that isn't there never fires.

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use super::{
    super::limits::Limit,
    requests::{GONE, PANIC, REFUSALS},
};
use crate::store::{RoundTrips, StoreError};

/// Counters without labels.
const COUNTERS: [(&str, &str); 10] = [
    ("rankora_accept_failures_total", "Times that a connection could not be accepted"),
    ("rankora_background_failures_total", "Background work that failed although Redis could be used"),
    ("rankora_events_relayed_total", "Events that arrived from Redis"),
    ("rankora_private_redis_restarts_total", "Times that the private redis-server ended by itself"),
    ("rankora_redis_redirects_total", "Commands that a cluster sent elsewhere, or back"),
    ("rankora_redis_round_trips_total", "Round trips to Redis"),
    ("rankora_stream_gaps_total", "Times that events of a leaderboard may have been missed"),
    ("rankora_stream_reloads_total", "Fresh pages put into feeds"),
    ("rankora_stream_resyncs_total", "Streams that had to read their page anew"),
    ("rankora_unconfirmed_writes_total", "Writes that too few Redis replicas had in time"),
];

/// Gauges without labels.
const GAUGES: [(&str, &str); 2] = [
    ("rankora_open_streams", "Streams open on this replica"),
    ("rankora_redis_ready", "1 while Redis can be used"),
];

/// Says what each metric means.
pub(super) fn describe() {
    for (name, help) in COUNTERS {
        describe_counter!(name, help);
    }
    for (name, help) in GAUGES {
        describe_gauge!(name, help);
    }
    describe_gauge!("rankora_build_info", "1, with the version");
    describe_gauge!("rankora_open_connections", "Connections of clients, by listener");
    describe_counter!("rankora_limits_reached_total", "Times that a client reached a limit, by limit");
    describe_counter!("rankora_requests_total", "Answers by method, route and status");
    describe_histogram!("rankora_request_seconds", Unit::Seconds, "Time to the head of an answer");
    describe_counter!("rankora_refusals_total", "Answers that a plan's limits refused, by route and code");
    describe_counter!("rankora_failures_total", "Requests that failed, by kind");
    describe_counter!("rankora_page_cache_total", "Pages asked for, by whether they were cached");
    describe_counter!("rankora_letters_total", "Messages to owners, by whether the mail server took them");
    describe_histogram!("rankora_redis_round_trip_seconds", Unit::Seconds, "Time of a round trip to Redis");
}

/// Begins each at zero, as far as its labels are known.
pub(super) fn begin() {
    gauge!("rankora_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    for (name, _) in COUNTERS {
        counter!(name).absolute(0);
    }
    for (name, _) in GAUGES {
        gauge!(name).set(0.0);
    }
    for kind in StoreError::KINDS.into_iter().chain([PANIC]) {
        counter!("rankora_failures_total", "kind" => kind).absolute(0);
    }
    for limit in Limit::ALL {
        counter!("rankora_limits_reached_total", "limit" => limit.name()).absolute(0);
    }
    for result in ["sent", "failed"] {
        counter!("rankora_letters_total", "result" => result).absolute(0);
    }
    for result in ["hit", "miss"] {
        counter!("rankora_page_cache_total", "result" => result).absolute(0);
    }
    for code in REFUSALS {
        let route = match code {
            "stream_limit" => "/api/v1/realtime",
            _ => "/api/v1/leaderboard/entries",
        };
        counter!("rankora_refusals_total", "route" => route, "code" => code).absolute(0);
    }
    for way in RoundTrips::WAYS {
        // Asking for it is what makes it appear.
        _ = histogram!("rankora_redis_round_trip_seconds", "way" => way);
    }
    // Those that alerts go by.
    for status in ["200", "401", "429", "500", "503", GONE] {
        let labels = [("method", "GET"), ("route", "/api/v1/leaderboard/entries"), ("status", status)];
        counter!("rankora_requests_total", &labels).absolute(0);
        _ = histogram!("rankora_request_seconds", &labels[..2]);
    }
}
