//! Scores, and the number rule of the wire: no exponent, no `.0` behind an integer that clients can read as one.

use std::fmt;
use std::io::Write as _;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use thiserror::Error;

/// 2^63. Clients in the field read larger integer tokens as 0, so from here on `.0` makes a float of them.
const INTEGER_TOKENS_END: f64 = 9_223_372_036_854_775_808.0;

/// A player's score: always finite, never -0.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Score(f64);

// Sound because a score is never NaN.
impl Eq for Score {}

/// Why a JSON token is no score.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum ScoreError {
    /// A string, `null`, a boolean, an array, an object, or no JSON at all.
    #[error("the score must be a number")]
    NotANumber,
    /// A number that no double can hold, such as `1e999`.
    #[error("the score must be a finite number")]
    NotFinite,
    /// An integer literal that a double would round.
    #[error("the score is an integer beyond ±2^53 that can't be kept exactly")]
    Inexact,
}

impl Score {
    /// Reads the raw text of one JSON token, without white space around it.
    ///
    /// The text is needed because a parsed double no longer shows that an integer was rounded.
    ///
    /// # Errors
    ///
    /// See [`ScoreError`].
    pub fn parse_json(raw: &str) -> Result<Score, ScoreError> {
        let token = NumberToken::parse(raw).ok_or(ScoreError::NotANumber)?;
        let score = Score::from_f64(token.value()).ok_or(ScoreError::NotFinite)?;
        if token.is_integer_literal() && !is_exactly(score.0, token.integer) {
            return Err(ScoreError::Inexact);
        }
        Ok(score)
    }

    /// A score of this value; `None` if it is infinite or NaN. -0 becomes 0.
    pub fn from_f64(value: f64) -> Option<Score> {
        value.is_finite().then_some(Score(value + 0.0))
    }

    /// Reads a score as Redis prints it (`%.17g`, so with exponents); `None` for anything else.
    pub fn from_redis(text: &str) -> Option<Score> {
        text.parse().ok().and_then(Score::from_f64)
    }

    /// The value, finite and never -0.
    pub fn get(self) -> f64 {
        self.0
    }

    /// The sum, or `None` where it leaves the finite numbers.
    #[must_use]
    pub fn checked_add(self, other: Score) -> Option<Score> {
        Score::from_f64(self.0 + other.0)
    }

    /// Appends the text that [`fmt::Display`] gives; integers below 2^63 take no formatting machinery.
    pub fn push_to(&self, out: &mut Vec<u8>) {
        push_number(self.0, out);
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match as_integer_token(self.0) {
            Some(integer) => write!(f, "{integer}"),
            None => write_beyond_integers(self.0, |text| f.write_fmt(text)),
        }
    }
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(integer) = as_integer_token(self.0) {
            return serializer.serialize_i64(integer);
        }
        // serde_json writes doubles with exponents; a raw value goes out as it is.
        RawValue::from_string(self.to_string()).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

/// Appends a finite number by the number rule. -0 is written as 0.
pub(super) fn push_number(value: f64, out: &mut Vec<u8>) {
    match as_integer_token(value) {
        Some(integer) => push_integer(integer, out),
        None => write_beyond_integers(value, |text| out.write_fmt(text)).expect("a Vec takes every write"),
    }
}

fn as_integer_token(value: f64) -> Option<i64> {
    (value.abs() < INTEGER_TOKENS_END && value.trunc() == value).then_some(value as i64)
}

/// Large integers are written with all their digits rather than padded with zeros: the text is as long, and it
/// is accepted again where the padded one would be an integer that a double rounds.
fn write_beyond_integers<E>(
    value: f64,
    mut write: impl FnMut(fmt::Arguments<'_>) -> Result<(), E>,
) -> Result<(), E> {
    if value.abs() >= INTEGER_TOKENS_END {
        write(format_args!("{value:.0}.0"))
    } else {
        write(format_args!("{value}"))
    }
}

fn push_integer(integer: i64, out: &mut Vec<u8>) {
    // 19 digits are enough for every i64.
    let mut digits = [0; 19];
    let mut start = digits.len();
    let mut rest = integer.unsigned_abs();
    loop {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if integer < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[start..]);
}

/// Whether a double is the very integer that these digits spell, its sign aside.
fn is_exactly(value: f64, digits: &str) -> bool {
    // Integers of up to 15 digits lie below 2^53.
    digits.len() <= 15 || format!("{:.0}", value.abs()) == digits
}

/// A JSON number token, taken apart.
pub(super) struct NumberToken<'a> {
    raw: &'a str,
    pub(super) negative: bool,
    pub(super) integer: &'a str,
    fraction: &'a str,
    has_exponent: bool,
}

impl<'a> NumberToken<'a> {
    /// `None` unless the whole text is one number of the JSON grammar.
    pub(super) fn parse(raw: &'a str) -> Option<NumberToken<'a>> {
        let (negative, rest) = match raw.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, raw),
        };
        let (integer, rest) = split_digits(rest)?;
        if integer.len() > 1 && integer.starts_with('0') {
            return None;
        }
        let (fraction, rest) = match rest.strip_prefix('.') {
            Some(rest) => split_digits(rest)?,
            None => ("", rest),
        };
        let (has_exponent, rest) = match rest.strip_prefix(['e', 'E']) {
            Some(rest) => {
                let unsigned = rest.strip_prefix(['+', '-']).unwrap_or(rest);
                (true, split_digits(unsigned)?.1)
            }
            None => (false, rest),
        };
        rest.is_empty().then_some(NumberToken { raw, negative, integer, fraction, has_exponent })
    }

    /// Whether it spells an integer digit by digit; a fraction of zeros counts, an exponent doesn't.
    pub(super) fn is_integer_literal(&self) -> bool {
        !self.has_exponent && self.fraction.bytes().all(|digit| digit == b'0')
    }

    /// The nearest double; infinite where there is none.
    pub(super) fn value(&self) -> f64 {
        self.raw.parse().expect("Rust reads every number of the JSON grammar")
    }
}

/// One or more digits, and what follows them.
fn split_digits(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

#[cfg(test)]
#[path = "score_tests.rs"]
mod tests;
