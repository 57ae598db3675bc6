use proptest::prelude::*;

use super::*;

fn rendered(raw: &str) -> String {
    Score::parse_json(raw).unwrap_or_else(|error| panic!("{raw}: {error}")).to_string()
}

fn pushed(score: Score) -> String {
    let mut out = Vec::new();
    score.push_to(&mut out);
    String::from_utf8(out).expect("ASCII")
}

#[test]
fn numbers_are_written_without_an_exponent_and_integers_without_a_fraction() {
    for (raw, text) in [
        ("9500", "9500"),
        ("9500.000", "9500"),
        ("12.020123", "12.020123"),
        ("1e16", "10000000000000000"),
        ("1E+2", "100"),
        ("-2.5e-7", "-0.00000025"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("-1e-999", "0"),
        ("0e999999999999", "0"),
        ("9007199254740992", "9007199254740992"),
        ("1152921504606846976", "1152921504606846976"),
        ("9223372036854774784", "9223372036854774784"),
        ("9223372036854775808", "9223372036854775808.0"),
        ("-9223372036854775808", "-9223372036854775808.0"),
        ("1e20", "100000000000000000000.0"),
        ("1e23", "99999999999999991611392.0"),
    ] {
        assert_eq!(rendered(raw), text, "{raw}");
    }
}

#[test]
fn an_integer_that_a_double_would_round_is_refused() {
    for raw in [
        "9007199254740993",
        "-9007199254740993",
        "9007199254740993.000",
        "9223372036854775807",
        "100000000000000000000000",
    ] {
        assert_eq!(Score::parse_json(raw), Err(ScoreError::Inexact), "{raw}");
    }
    for raw in ["9007199254740994", "-9007199254740994.0", "9007199254740993.5"] {
        assert!(Score::parse_json(raw).is_ok(), "{raw}");
    }
}

#[test]
fn what_no_double_can_hold_is_refused() {
    let long = "9".repeat(400);
    for raw in ["1e999", "-1e999", "1.8e308", long.as_str()] {
        assert_eq!(Score::parse_json(raw), Err(ScoreError::NotFinite), "{raw}");
    }
}

#[test]
fn what_is_no_json_number_is_refused() {
    for raw in [
        "", "-", "\"12\"", "null", "true", "{}", "[1]", "NaN", "Infinity", "inf", "+1", "01", "-01", "1.",
        ".5", "1e", "1e+", "0x10", "1_000", "1 ", " 1", "1,2", "--1", "1.5.5", "١",
    ] {
        assert_eq!(Score::parse_json(raw), Err(ScoreError::NotANumber), "{raw}");
    }
}

#[test]
fn redis_numbers_are_read() {
    let read = |text| Score::from_redis(text).map(Score::get);
    assert_eq!(read("9500"), Some(9500.0));
    assert_eq!(read("1.0000000000000001e+20"), Some(1.0000000000000001e20));
    assert_eq!(read("-2.4999999999999999e-07"), Some(-2.5e-7));
    for text in ["inf", "-inf", "nan", "-nan", "", "x"] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn a_sum_beyond_the_finite_numbers_is_none() {
    let score = |value| Score::from_f64(value).expect("finite");
    assert_eq!(score(f64::MAX).checked_add(score(f64::MAX)), None);
    assert_eq!(score(1.5).checked_add(score(-1.5)), Some(score(0.0)));
    assert!(score(-0.0).checked_add(score(-0.0)).is_some_and(|sum| sum.get().is_sign_positive()));
    assert_eq!(Score::from_f64(f64::NAN), None);
    assert_eq!(Score::from_f64(f64::NEG_INFINITY), None);
}

fn doubles() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        any::<i64>().prop_map(|integer| integer as f64),
        (any::<i32>(), 0..1_000_000_i32).prop_map(|(a, b)| f64::from(a) + f64::from(b) / 1e6),
        (any::<i64>(), -20..20_i32).prop_map(|(a, power)| a as f64 * 10_f64.powi(power)),
    ]
}

proptest! {
    #[test]
    fn every_score_reads_back_from_its_text(value in doubles()) {
        let Some(score) = Score::from_f64(value) else { return Ok(()) };
        let text = score.to_string();
        prop_assert!(!text.contains(['e', 'E']));
        prop_assert_eq!(text.parse::<f64>(), Ok(score.get()));
        prop_assert_eq!(Score::parse_json(&text), Ok(score));
        prop_assert_eq!(Score::from_redis(&text), Some(score));
        prop_assert_eq!(text.ends_with(".0"), score.get().abs() >= INTEGER_TOKENS_END);
        prop_assert_eq!(&pushed(score), &text);
        prop_assert_eq!(serde_json::to_string(&score).expect("serializes"), text);
    }

    #[test]
    fn every_score_reads_back_from_17_digits(value in doubles()) {
        let Some(score) = Score::from_f64(value) else { return Ok(()) };
        prop_assert_eq!(Score::from_redis(&format!("{:.16e}", score.get())), Some(score));
    }

    #[test]
    fn an_integer_is_taken_exactly_or_refused(integer in any::<i64>(), shift in 0..63_u32) {
        let integer: i64 = integer >> shift;
        let exact = integer as f64 as i128 == i128::from(integer);
        let parsed = Score::parse_json(&integer.to_string());
        prop_assert_eq!(parsed.is_ok(), exact);
        if let Ok(score) = parsed {
            prop_assert_eq!(score.get() as i128, i128::from(integer));
        }
    }

    #[test]
    fn any_text_is_taken_or_refused_as_json_would(raw in prop_oneof![any::<String>(), "[-+0-9.eE]{0,12}"]) {
        let json = serde_json::from_str::<serde_json::Number>(&raw);
        match Score::parse_json(&raw) {
            Ok(score) => {
                let theirs = json.ok().and_then(|number| number.as_f64()).expect("a finite number");
                // Without its feature float_roundtrip serde_json may be off in the last place.
                prop_assert!((theirs - score.get()).abs() <= score.get().abs() * 1e-15);
            }
            Err(ScoreError::NotANumber) => prop_assert!(json.is_err() || raw.trim_ascii() != raw),
            Err(ScoreError::NotFinite | ScoreError::Inexact) => {}
        }
    }
}
