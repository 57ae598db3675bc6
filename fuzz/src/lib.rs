//! What several fuzz targets check.

use std::collections::BTreeMap;

use axum::response::IntoResponse as _;
use futures_util::FutureExt as _;
use rankora::{
    domain::{metadata::Metadata, name::PlayerName, score::Score},
    http::parse::ApiError,
};
use serde_json::{Value, value::RawValue};

/// A refusal of what was sent has the one shape of all errors.
pub fn check_refusal(error: ApiError) {
    let response = error.into_response();
    assert_eq!(response.status(), 400);
    let body = axum::body::to_bytes(response.into_body(), 1 << 20);
    let body = body.now_or_never().expect("it is there at once").expect("a body of less than a MiB");
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(body["success"], false, "{body}");
    let sentence = body["error"].as_str().expect("a sentence");
    assert!(!sentence.is_empty() && !sentence.starts_with('0'), "{body}");
    let code = body["code"].as_str().expect("a code");
    match body.get("field") {
        Some(field) => assert_eq!(code, format!("invalid_{}", field.as_str().expect("a name")), "{body}"),
        None => assert_eq!(code, "invalid_json", "{body}"),
    }
}

/// A score's text follows the number rule of the wire, and is the same score when it comes back.
pub fn check_score(score: Score) {
    assert!(score.get().is_finite() && !(score.get() == 0.0 && score.get().is_sign_negative()));
    let text = score.to_string();
    assert!(!text.contains(['e', 'E', '+']), "{text}");
    assert_eq!(Score::parse_json(&text), Ok(score), "{text}");
    assert_eq!(Score::from_redis(&text), Some(score), "{text}");
    assert_eq!(Score::from_redis(&format!("{:.16e}", score.get())), Some(score), "{text}");
    let mut pushed = Vec::new();
    score.push_to(&mut pushed);
    assert_eq!(pushed, text.as_bytes());
    assert_eq!(serde_json::to_string(&score).expect("JSON"), text);
}

/// Metadata keeps to its limits, and its text is taken again unchanged.
pub fn check_metadata(metadata: &Metadata) {
    let text = metadata.as_str();
    assert_eq!(Metadata::parse_json(text).as_ref().map(Option::as_ref), Ok(Some(metadata)), "{text}");
    assert_eq!(Metadata::from_stored(text.as_bytes()).as_ref(), Some(metadata), "{text}");
    // It becomes part of one line of a stream.
    assert!(!text.contains(['\n', '\r']), "{text}");
    let object: BTreeMap<String, &RawValue> = serde_json::from_str(text).expect("an object");
    assert!((1..=10).contains(&object.len()), "{text}");
    for (key, value) in object {
        assert!((1..=32).contains(&key.chars().count()), "{text}");
        let written = value.get();
        let characters = match serde_json::from_str(written).expect("JSON") {
            Value::String(value) => value.chars().count(),
            Value::Bool(_) => 4,
            Value::Number(_) => {
                assert!(!written.contains(['e', 'E']), "{text}");
                written.len()
            }
            other => panic!("{other} in {text}"),
        };
        assert!(characters <= 64, "{text}");
    }
}

/// A player's name keeps to its limits, and is taken again unchanged.
pub fn check_player_name(name: &PlayerName) {
    let text = name.as_str();
    assert!((3..=50).contains(&text.chars().count()), "{text:?}");
    assert_eq!(text.trim(), text);
    assert_eq!(PlayerName::parse(text).as_ref(), Ok(name));
    assert!(text.chars().all(|c| !c.is_control() && !"<>&\"'\\/".contains(c)), "{text:?}");
}
