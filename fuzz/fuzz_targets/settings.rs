//! The body of `POST /leaderboards` and `PATCH /leaderboards/{id}`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rankora::{domain::name::LeaderboardName, http::parse::parse_settings};
use rankora_fuzz::check_refusal;
use serde_json::Value;

fuzz_target!(|body: &[u8]| {
    let settings = match parse_settings(body) {
        Ok(settings) => settings,
        Err(error) => return check_refusal(error),
    };
    // Unless an ignored field holds what this reader can't represent.
    let Ok(read) = serde_json::from_slice::<Value>(body) else { return };
    if let Some(name) = &settings.name {
        assert_eq!(LeaderboardName::parse(name.as_str()).as_ref(), Ok(name));
    }
    // What was sent is what will be set, and nothing else will.
    assert_eq!(read.get("name").is_some(), settings.name.is_some());
    let text = |field: &str| read.get(field).map(|value| value.as_str().expect("a string"));
    assert_eq!(text("sort_order"), settings.sort_order.map(|order| order.as_str()));
    assert_eq!(text("score_format"), settings.score_format.map(|format| format.as_str()));
    assert_eq!(text("policy"), settings.policy.map(|policy| policy.as_str()));
});
