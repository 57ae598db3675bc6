//! Numbers and times as people read them.

use crate::{
    domain::{
        leaderboard::{ScoreFormat, ScoreStyle},
        score::Score,
        timestamp::Timestamp,
    },
    http::embed::numbers,
};

/// A whole number, with its thousands apart.
pub fn whole(value: u64) -> String {
    numbers::whole("en", value)
}

/// A score in its leaderboard's format.
pub fn score(score: Score, style: ScoreStyle<'_>) -> String {
    number(score.get(), style)
}

/// The same for a number that nobody submitted.
pub fn number(value: f64, ScoreStyle { format, display }: ScoreStyle<'_>) -> String {
    let decimals = display.decimals().map(usize::from);
    let number = match format {
        ScoreFormat::Number => numbers::number("en", value, decimals),
        ScoreFormat::Time => numbers::time("en", value, decimals),
    };
    match display.unit() {
        "" => number,
        // Never parted by the end of a line.
        unit => format!("{number}\u{a0}{unit}"),
    }
}

/// A point in time: for programs, and for people until a script puts it into their own zone.
pub struct Moment {
    /// RFC 3339.
    pub exact: String,
    /// Day and time of day, in UTC.
    pub shown: String,
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        let exact = at.event_text();
        let shown = format!("{} {} UTC", &exact[..10], &exact[11..16]);
        Self { exact, shown }
    }
}

/// A day as charts name it: `Nov 2`.
pub fn day(at: Timestamp) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let exact = at.event_text();
    let month = exact[5..7].parse().map_or(0, |month: usize| month - 1);
    format!("{} {}", MONTHS[month], exact[8..10].trim_start_matches('0'))
}

/// How much of something is used.
pub struct Meter {
    /// What.
    pub label: &'static str,
    /// How much, as people read it.
    pub used: String,
    /// Of how much; empty where there is no limit.
    pub of: String,
    /// Hundredths of it, 100 at the most.
    pub percent: u64,
    /// `fine`, `near` or `full`.
    pub state: &'static str,
}

impl Meter {
    /// So much of so much.
    pub fn new(label: &'static str, used: u64, of: Option<u64>) -> Self {
        let percent = of.map_or(0, |of| used.saturating_mul(100).checked_div(of).unwrap_or(100)).min(100);
        let state = match percent {
            100 => "full",
            80.. => "near",
            _ => "fine",
        };
        Self { label, used: whole(used), of: of.map(whole).unwrap_or_default(), percent, state }
    }
}
