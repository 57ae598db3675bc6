//! Metadata, from the raw text of a JSON value and as it was stored.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rankora::domain::metadata::Metadata;
use rankora_fuzz::check_metadata;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let _ = Metadata::from_stored(bytes);
    let Ok(raw) = str::from_utf8(bytes) else { return };
    match Metadata::parse_json(raw) {
        Ok(Some(metadata)) => {
            check_metadata(&metadata);
            // It says what was sent: as many keys, and strings and booleans unchanged.
            // Unless a value that a later one replaces is what this reader can't represent.
            let Ok(sent) = serde_json::from_str::<Value>(raw) else { return };
            let kept: Value = serde_json::from_str(metadata.as_str()).expect("JSON");
            let (sent, kept) = (sent.as_object().expect("an object"), kept.as_object().expect("an object"));
            assert_eq!(sent.len(), kept.len());
            for (key, value) in sent {
                assert!(value.is_number() && kept[key].is_number() || kept[key] == *value, "{raw}");
            }
        }
        Ok(None) => assert!(raw.trim_ascii() == "null" || raw.contains('{'), "{raw}"),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
