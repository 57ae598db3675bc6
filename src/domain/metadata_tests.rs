use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn canonical(raw: &str) -> String {
    let metadata = Metadata::parse_json(raw).unwrap_or_else(|error| panic!("{raw}: {error}"));
    metadata.map_or_else(|| "none".to_owned(), |metadata| metadata.as_str().to_owned())
}

fn object_of(keys: usize) -> String {
    let pairs: Vec<_> = (0..keys).map(|key| format!("\"k{key}\":{key}")).collect();
    format!("{{{}}}", pairs.join(","))
}

#[test]
fn null_and_the_empty_object_are_no_metadata() {
    for raw in ["null", "{}", " { } "] {
        assert_eq!(canonical(raw), "none", "{raw}");
    }
}

#[test]
fn key_order_is_kept_and_white_space_is_not() {
    assert_eq!(
        canonical("{ \"z\" : \"a b\",\n\"a\": true , \"m\":false}"),
        r#"{"z":"a b","a":true,"m":false}"#
    );
}

#[test]
fn a_repeated_key_takes_the_last_value_in_the_first_place() {
    assert_eq!(canonical(r#"{"a":1,"b":2,"\u0061":3}"#), r#"{"a":3,"b":2}"#);
    assert_eq!(canonical(r#"{"a":null,"a":1}"#), r#"{"a":1}"#);
    let repeated = format!("{{{}\"a\":5}}", "\"a\":1,".repeat(50));
    assert_eq!(canonical(&repeated), r#"{"a":5}"#);
}

#[test]
fn numbers_follow_the_number_rule() {
    for (raw, text) in [
        ("1e16", "10000000000000000"),
        ("12.50", "12.5"),
        ("5.000", "5"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("1e-7", "0.0000001"),
        ("9007199254740993", "9007199254740993"),
        ("9223372036854775807", "9223372036854775807"),
        ("9223372036854775808", "9223372036854775808.0"),
        ("-9223372036854775808", "-9223372036854775808.0"),
        ("-123456789012345678901234567890", "-123456789012345678901234567890.0"),
        ("123456789012345678901234567890.0", "123456789012345678901234567890.0"),
    ] {
        assert_eq!(canonical(&format!("{{\"n\":{raw}}}")), format!("{{\"n\":{text}}}"));
    }
}

#[test]
fn limits_are_counted_in_characters() {
    assert!(Metadata::parse_json(&object_of(10)).is_ok());
    assert_eq!(Metadata::parse_json(&object_of(11)), Err(MetadataError::TooManyKeys));
    assert_eq!(Metadata::parse_json(&object_of(500)), Err(MetadataError::TooManyKeys));
    let with_key = |key: String| Metadata::parse_json(&json!({ key: 1 }).to_string());
    assert!(with_key("é".repeat(32)).is_ok());
    assert_eq!(with_key("é".repeat(33)), Err(MetadataError::KeyLength));
    assert_eq!(with_key(String::new()), Err(MetadataError::KeyLength));
    let with_value = |raw: String| Metadata::parse_json(&format!("{{\"k\":{raw}}}"));
    let too_long = Err(MetadataError::ValueLength("k".to_owned()));
    assert!(with_value(json!("😀".repeat(64)).to_string()).is_ok());
    assert!(with_value(format!("\"{}\"", "\\u0041".repeat(64))).is_ok());
    assert_eq!(with_value(json!("a".repeat(65)).to_string()), too_long);
    assert!(with_value(format!("0.{}", "1".repeat(62))).is_ok());
    assert_eq!(with_value(format!("0.{}", "1".repeat(63))), too_long);
    assert!(with_value("9".repeat(62)).is_ok());
    assert_eq!(with_value("9".repeat(63)), too_long);
    assert_eq!(with_value("1e-63".to_owned()), too_long);
    assert_eq!(with_value("1e300".to_owned()), too_long);
}

#[test]
fn values_of_other_types_are_refused() {
    for raw in ["null", "[]", "{}", "[1]", "{\"a\":1}"] {
        let refused = Err(MetadataError::ValueType("k".to_owned()));
        assert_eq!(Metadata::parse_json(&format!("{{\"k\":{raw}}}")), refused, "{raw}");
    }
    let deep = format!("{{\"k\":{}{}}}", "[".repeat(8000), "]".repeat(8000));
    assert!(Metadata::parse_json(&deep).is_err());
    for raw in ["[]", "\"a\"", "1", "true", "", "x"] {
        assert_eq!(Metadata::parse_json(raw), Err(MetadataError::NotAnObject), "{raw}");
    }
    assert_eq!(Metadata::parse_json("{\"k\":1e999}"), Err(MetadataError::NotFinite("k".to_owned())));
}

#[test]
fn half_a_surrogate_pair_is_refused() {
    for raw in [
        r#"{"k":"\ud83d"}"#,
        r#"{"k":"\ude00"}"#,
        r#"{"k":"\ud83dx"}"#,
        r#"{"\ud83d":1}"#,
        r#"{"k":1"#,
        r#"{"k":1}}"#,
        r#"{"k":01}"#,
        "{k:1}",
    ] {
        assert_eq!(Metadata::parse_json(raw), Err(MetadataError::Malformed), "{raw}");
    }
    assert_eq!(canonical(r#"{"k":"\ud83d\ude00\u0000\n"}"#), "{\"k\":\"😀\\u0000\\n\"}");
}

#[test]
fn stored_text_comes_back() {
    let stored = Metadata::from_stored(b"{\"a\":1}").expect("stored");
    assert_eq!(serde_json::to_string(&stored).expect("serializes"), "{\"a\":1}");
    for bytes in [&b""[..], b"null", b"\xff", b"{"] {
        assert_eq!(Metadata::from_stored(bytes), None);
    }
}

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        5 => any::<i64>().prop_map(Value::from),
        5 => (any::<i32>(), -9..9_i32).prop_map(|(a, power)| Value::from(f64::from(a) * 10_f64.powi(power))),
        5 => any::<bool>().prop_map(Value::from),
        5 => "[a-z\"\\\\é😀\u{0}\n]{0,64}".prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<String>().prop_map(Value::from),
        1 => Just(Value::Null),
    ]
}

proptest! {
    #[test]
    fn canonical_text_is_taken_again_unchanged_and_means_the_same(
        pairs in prop::collection::vec(("[a-z\"é😀]{1,32}", values()), 0..12)
    ) {
        let object = Value::Object(pairs.into_iter().collect());
        if let Ok(Some(metadata)) = Metadata::parse_json(&object.to_string()) {
            prop_assert_eq!(Metadata::parse_json(metadata.as_str()), Ok(Some(metadata.clone())));
            prop_assert_eq!(Metadata::from_stored(metadata.as_str().as_bytes()), Some(metadata.clone()));
            let again: Value = serde_json::from_str(metadata.as_str()).expect("JSON");
            let (again, object) = (again.as_object().expect("object"), object.as_object().expect("object"));
            prop_assert_eq!(again.len(), object.len());
            for (key, value) in object {
                match value.as_f64() {
                    // Without its feature float_roundtrip serde_json may be off in the last place.
                    Some(number) => {
                        let again = again[key].as_f64().expect("a number");
                        prop_assert!((again - number).abs() <= number.abs() * 1e-15);
                    }
                    None => prop_assert_eq!(&again[key], value),
                }
            }
        }
    }

    #[test]
    fn any_text_is_taken_or_refused(raw in prop_oneof![any::<String>(), "\\{[\"a0-9:,.eE\\\\ud8{}-]{0,20}\\}"]) {
        if let Ok(Some(metadata)) = Metadata::parse_json(&raw) {
            prop_assert_eq!(Metadata::parse_json(metadata.as_str()), Ok(Some(metadata)));
        }
    }

    #[test]
    fn number_tokens_are_stable(number in "-?(0|[1-9][0-9]{0,66})(\\.[0-9]{1,66})?([eE][+-]?[0-9]{1,3})?") {
        if let Ok(Some(metadata)) = Metadata::parse_json(&format!("{{\"n\":{number}}}")) {
            let text = metadata.as_str();
            let rendered = &text[5..text.len() - 1];
            prop_assert!(number.len() <= 64 && rendered.len() <= 64, "{}", text);
            prop_assert!(!rendered.contains(['e', 'E']));
            prop_assert_eq!(rendered.parse::<f64>(), Ok(number.parse::<f64>().expect("number") + 0.0));
            prop_assert_eq!(Metadata::parse_json(text), Ok(Some(metadata)));
        }
    }
}
