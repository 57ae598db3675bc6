//! What the clients of a trial saw.

use std::{
    ops::AddAssign,
    time::{Duration, Instant},
};

/// The outcome of one trial, or of several.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// Of each trial, the longest time without an acknowledged write of the account that was hit.
    pub unavailable: Vec<Duration>,
    /// The same for the accounts on other shards: the worst of them.
    pub others_unavailable: Vec<Duration>,
    /// The longest that a request to those took.
    pub others_slowest: Vec<Duration>,
    pub acknowledged: usize,
    /// Requests that may have been carried out although nobody said so.
    pub unknown: usize,
    /// Acknowledged writes that were gone later; of several of one player, those that a later one doesn't hide.
    pub lost: usize,
    /// By how much the month's counts were too low or too high.
    pub drift: u64,
    pub streams: usize,
    /// What was wrong with streams.
    pub wrong_streams: Vec<String>,
    /// Answers that nobody should get.
    pub strange: Vec<String>,
}

impl AddAssign for Verdict {
    fn add_assign(&mut self, other: Self) {
        self.unavailable.extend(other.unavailable);
        self.others_unavailable.extend(other.others_unavailable);
        self.others_slowest.extend(other.others_slowest);
        self.acknowledged += other.acknowledged;
        self.unknown += other.unknown;
        self.lost += other.lost;
        self.drift += other.drift;
        self.streams += other.streams;
        self.wrong_streams.extend(other.wrong_streams);
        self.strange.extend(other.strange);
    }
}

/// The longest time between two of these moments that follow each other.
pub fn longest_gap(mut moments: Vec<Instant>) -> Duration {
    moments.sort_unstable();
    let gaps = moments.windows(2).map(|pair| pair[1] - pair[0]);
    gaps.max().unwrap_or(Duration::MAX)
}

/// The middle one and the longest, in seconds.
pub fn median_and_longest(times: &[Duration]) -> String {
    let mut times = times.to_vec();
    times.sort_unstable();
    let Some(longest) = times.last() else { return "–".to_owned() };
    format!("{:.2} / {:.2}", times[times.len() / 2].as_secs_f64(), longest.as_secs_f64())
}
