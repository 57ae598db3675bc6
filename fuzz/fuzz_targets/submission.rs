//! The body of `POST /leaderboard/entries`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rankora::{
    domain::{entry::MetadataChange, ids::PlayerId},
    http::parse::parse_submission,
};
use rankora_fuzz::{check_metadata, check_player_name, check_refusal, check_score};
use serde_json::Value;

fuzz_target!(|body: &[u8]| {
    let submission = match parse_submission(body) {
        Ok(submission) => submission,
        Err(error) => return check_refusal(error),
    };
    check_player_name(&submission.name);
    check_score(submission.score);
    assert_eq!(PlayerId::parse(&submission.player.to_string()), Ok(submission.player));
    let metadata = match &submission.metadata {
        MetadataChange::Set(Some(metadata)) => {
            check_metadata(metadata);
            format!(",\"metadata\":{}", metadata.as_str())
        }
        MetadataChange::Set(None) => ",\"metadata\":null".to_owned(),
        MetadataChange::Keep => String::new(),
    };

    // Another reader of JSON finds the same in it, unless an ignored field holds what it can't represent.
    if let Ok(read) = serde_json::from_slice::<Value>(body) {
        assert!(read["name"].is_string() && read["score"].is_number(), "{read}");
        if let Some(given) = read["player_id"].as_str().filter(|text| !text.is_empty()) {
            assert_eq!(PlayerId::parse(given), Ok(submission.player));
        }
        let kept = matches!(submission.metadata, MetadataChange::Keep);
        assert_eq!(read.get("metadata").is_none(), kept, "{read}");
    }

    // And as it was understood, it is understood again.
    let canonical = format!(
        "{{\"name\":{},\"score\":{},\"player_id\":\"{}\"{metadata}}}",
        serde_json::to_string(&submission.name).expect("JSON"),
        submission.score,
        submission.player,
    );
    let again = parse_submission(canonical.as_bytes());
    let again = again.unwrap_or_else(|error| panic!("{canonical} is refused: {error:?}"));
    assert_eq!(again.name, submission.name);
    assert_eq!(again.score, submission.score);
    assert_eq!(again.player, submission.player);
    assert_eq!(again.metadata, submission.metadata);
});
