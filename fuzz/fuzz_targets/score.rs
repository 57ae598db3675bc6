//! Scores, from the raw text of a JSON token and from Redis.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rankora::domain::score::{Score, ScoreError};
use rankora_fuzz::check_score;

fuzz_target!(|raw: &str| {
    if let Some(score) = Score::from_redis(raw) {
        check_score(score);
    }
    // Without its feature float_roundtrip serde_json may be off in the last place, so only the grammar is compared.
    let is_number =
        raw.trim_ascii() == raw && serde_json::from_str::<&serde_json::value::RawValue>(raw).is_ok();
    let is_number = is_number && raw.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    match Score::parse_json(raw) {
        Ok(score) => {
            assert!(is_number, "{raw}");
            check_score(score);
            assert_eq!(raw.parse(), Ok(score.get()), "{raw}");
            if let Ok(integer) = raw.parse::<i128>() {
                assert_eq!(score.get() as i128, integer, "{raw} was rounded");
            }
        }
        Err(ScoreError::NotANumber) => assert!(!is_number, "{raw}"),
        Err(ScoreError::NotFinite) => {
            assert!(raw.parse().is_ok_and(|value: f64| value.is_infinite()), "{raw}")
        }
        Err(ScoreError::Inexact) => assert!(is_number && !raw.contains(['e', 'E']), "{raw}"),
    }
});
