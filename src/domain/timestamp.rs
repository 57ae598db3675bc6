//! Instants, and the two ways in which the wire writes them.

use serde::{Serialize, Serializer};

const MICROS_PER_DAY: i64 = 86_400_000_000;
/// The last microsecond of the year 9999.
const LAST_MICROS: i64 = 253_402_300_799_999_999;
/// From 0000-03-01 to 1970-01-01: a year that begins in March has its leap day at the end.
const DAYS_BEFORE_EPOCH: u32 = 719_468;
const DAYS_PER_400_YEARS: u32 = 146_097;

/// An instant in microseconds since the Unix epoch, in the years 1970 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant this many microseconds after the Unix epoch; the nearest one that there is where the year
    /// isn't in 1970 to 9999.
    pub const fn from_micros(micros: i64) -> Timestamp {
        Timestamp(if micros < 0 {
            0
        } else if micros > LAST_MICROS {
            LAST_MICROS
        } else {
            micros
        })
    }

    /// Microseconds since the Unix epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch.
    pub const fn unix_seconds(self) -> i64 {
        self.0 / 1_000_000
    }

    /// As entries show it: `2025-07-21T19:22:47.782875+00:00`, always with six digits.
    pub fn entry_text(self) -> String {
        let mut out = Vec::with_capacity(32);
        self.push_entry_text(&mut out);
        String::from_utf8(out).expect("a timestamp is ASCII")
    }

    /// Reads what [`entry_text`](Timestamp::entry_text) writes, and nothing else.
    pub fn parse_entry_text(text: &str) -> Option<Timestamp> {
        let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<u32>().ok();
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        let day = days_until_month(year, month) + day - 1;
        let seconds = (number(11..13)? * 60 + number(14..16)?) * 60 + number(17..19)?;
        let micros = i64::from(day) * MICROS_PER_DAY + i64::from(seconds) * 1_000_000;
        let instant = Timestamp::from_micros(micros + i64::from(number(20..26)?));
        // Signs, days that the month doesn't have and hours that the day doesn't read back as something else.
        (instant.entry_bytes() == text.as_bytes()).then_some(instant)
    }

    /// Appends [`entry_text`](Timestamp::entry_text).
    pub fn push_entry_text(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.entry_bytes());
    }

    /// As the realtime envelope shows it: `2025-07-21T19:22:47.782Z`, cut to milliseconds.
    pub fn event_text(self) -> String {
        let mut out = self.entry_bytes()[..24].to_vec();
        out[23] = b'Z';
        String::from_utf8(out).expect("a timestamp is ASCII")
    }

    /// The first instant of the next calendar month in UTC; the last instant of all after December 9999.
    #[must_use]
    pub fn month_start_after(self) -> Timestamp {
        let (year, month, _) = date(self.day());
        let (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
        Timestamp::from_micros(i64::from(days_until_month(year, month)) * MICROS_PER_DAY)
    }

    /// Days since the epoch: fewer than 3 million.
    fn day(self) -> u32 {
        (self.0 / MICROS_PER_DAY) as u32
    }

    fn entry_bytes(self) -> [u8; 32] {
        let (year, month, day) = date(self.day());
        let seconds = (self.0 / 1_000_000 % 86_400) as u32;
        let mut text = *b"0000-00-00T00:00:00.000000+00:00";
        put(&mut text[..4], year);
        put(&mut text[5..7], month);
        put(&mut text[8..10], day);
        put(&mut text[11..13], seconds / 3600);
        put(&mut text[14..16], seconds / 60 % 60);
        put(&mut text[17..19], seconds % 60);
        put(&mut text[20..26], (self.0 % 1_000_000) as u32);
        text
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.entry_bytes();
        serializer.serialize_str(str::from_utf8(&text).expect("a timestamp is ASCII"))
    }
}

fn put(digits: &mut [u8], mut value: u32) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

/// Year, month and day of a day since the epoch, in the proleptic Gregorian calendar, after Howard Hinnant's
/// `civil_from_days`. By hand because jiff's instants end 26 hours before the year 9999 does.
fn date(day: u32) -> (u32, u32, u32) {
    let day = day + DAYS_BEFORE_EPOCH;
    let (era, day) = (day / DAYS_PER_400_YEARS, day % DAYS_PER_400_YEARS);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}

/// Days from the epoch to the first day of a month; the inverse of [`date`].
fn days_until_month(year: u32, month: u32) -> u32 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year) = (year / 400, year % 400);
    let day = (153 * month + 2) / 5;
    era * DAYS_PER_400_YEARS + 365 * year + year / 4 - year / 100 + day - DAYS_BEFORE_EPOCH
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;

    fn last_of_jiff() -> i64 {
        jiff::Timestamp::MAX.as_microsecond()
    }

    fn at(text: &str) -> Timestamp {
        let instant: jiff::Timestamp = text.parse().expect("RFC 3339");
        Timestamp::from_micros(instant.as_microsecond())
    }

    #[test]
    fn entries_have_microseconds_and_events_milliseconds() {
        let instant = Timestamp::from_micros(1_753_125_767_782_875);
        assert_eq!(instant.entry_text(), "2025-07-21T19:22:47.782875+00:00");
        assert_eq!(instant.event_text(), "2025-07-21T19:22:47.782Z");
        assert_eq!(
            serde_json::to_string(&instant).expect("serializes"),
            format!("\"{}\"", instant.entry_text())
        );
        assert_eq!(Timestamp::from_micros(0).entry_text(), "1970-01-01T00:00:00.000000+00:00");
        assert_eq!(at("2024-02-29T23:59:59.000001Z").event_text(), "2024-02-29T23:59:59.000Z");
        assert_eq!(instant.unix_seconds(), 1_753_125_767);
    }

    #[test]
    fn a_month_ends_where_the_next_begins() {
        for (instant, next) in [
            ("2025-07-21T19:22:47Z", "2025-08-01T00:00:00Z"),
            ("2025-12-31T23:59:59.999999Z", "2026-01-01T00:00:00Z"),
            ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
            ("2024-02-29T12:00:00Z", "2024-03-01T00:00:00Z"),
            ("2100-02-28T12:00:00Z", "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(at(instant).month_start_after(), at(next), "{instant}");
        }
    }

    // Random days hardly ever hit the leap day of a year that 400 divides.
    #[test]
    fn every_day_of_more_than_400_years_is_the_one_of_jiff() {
        let days = jiff::civil::date(1970, 1, 1).series(jiff::Span::new().days(1));
        for (day, date) in (0..).zip(days.take_while(|date| date.year() < 2402)) {
            let text = Timestamp::from_micros(day * MICROS_PER_DAY).entry_text();
            assert_eq!(text[..10], date.to_string());
        }
    }

    #[test]
    fn only_the_text_of_entries_is_read() {
        let text = "2024-02-29T23:59:59.000001+00:00";
        assert_eq!(Timestamp::parse_entry_text(text), Some(at("2024-02-29T23:59:59.000001Z")));
        for text in [
            "",
            "2024-02-29",
            "2024-02-29T23:59:59Z",
            "2024-02-29T23:59:59.000Z",
            "2024-02-29T23:59:59.000001Z",
            "2024-02-29T23:59:59.000001+01:00",
            "2024-02-29T23:59:59.000001+00:00 ",
            "2024-02-29 23:59:59.000001+00:00",
            "2023-02-29T23:59:59.000001+00:00",
            "2024-04-31T23:59:59.000001+00:00",
            "2024-00-01T23:59:59.000001+00:00",
            "2024-13-01T23:59:59.000001+00:00",
            "2024-02-29T24:00:00.000001+00:00",
            "2024-02-29T23:60:00.000001+00:00",
            "2024-02-29T23:59:60.000001+00:00",
            "2024-02-29T99:99:99.999999+00:00",
            "1969-12-31T23:59:59.000001+00:00",
            "2024-02-29T23:59:59.+00001+00:00",
            "+024-02-29T23:59:59.000001+00:00",
            "２024-02-29T23:59:59.000001+00:00",
        ] {
            assert_eq!(Timestamp::parse_entry_text(text), None, "{text}");
        }
    }

    #[test]
    fn the_ends_of_time_are_held() {
        let last = Timestamp::from_micros(i64::MAX);
        assert_eq!(last.entry_text(), "9999-12-31T23:59:59.999999+00:00");
        assert_eq!(last.month_start_after(), last);
        assert_eq!(Timestamp::parse_entry_text(&last.entry_text()), Some(last));
        assert_eq!(Timestamp::from_micros(i64::MIN), Timestamp::from_micros(0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]
        #[test]
        fn every_instant_is_written_as_jiff_writes_it(micros in 0..=last_of_jiff()) {
            let instant = Timestamp::from_micros(micros);
            let theirs = jiff::Timestamp::from_microsecond(micros).expect("in range");
            prop_assert_eq!(instant.entry_text(), format!("{theirs:.6}").replace('Z', "+00:00"));
            prop_assert_eq!(at(&instant.entry_text()), instant);
            prop_assert_eq!(at(&instant.event_text()).micros(), micros / 1000 * 1000);
            prop_assert_eq!(Timestamp::parse_entry_text(&instant.entry_text()), Some(instant));
        }

        #[test]
        fn every_next_month_is_the_one_of_jiff(micros in 0..=last_of_jiff() - 31 * MICROS_PER_DAY) {
            let zoned = jiff::Timestamp::from_microsecond(micros).expect("in range").to_zoned(TimeZone::UTC);
            let next = zoned.first_of_month().and_then(|day| day.start_of_day());
            let next = next.and_then(|day| day.checked_add(jiff::Span::new().months(1))).expect("in range");
            let ours = Timestamp::from_micros(micros).month_start_after();
            prop_assert_eq!(ours.micros(), next.timestamp().as_microsecond());
        }
    }
}
