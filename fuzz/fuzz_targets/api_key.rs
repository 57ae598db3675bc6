//! API keys and the `Authorization` header that carries them.

#![no_main]

use axum::http::HeaderValue;
use libfuzzer_sys::fuzz_target;
use rankora::{
    domain::api_key::{ApiKey, KeyHash},
    http::parse::parse_authorization,
};

/// Well-formed, and known to no server.
const KNOWN: &str = "rk_sec_0123456789ABCDEFabcdefZzYyXxWwVvU0tDE2A";

fuzz_target!(|input: (u8, [u8; 4], &[u8])| {
    let (place, typed, header) = input;

    // Whatever comes in the header is a well-formed key or refused.
    if let Ok(value) = HeaderValue::from_bytes(header)
        && let Ok(key) = parse_authorization(&value)
    {
        assert!(header.trim_ascii().ends_with(key.expose().as_bytes()));
        check(&key, key.expose());
    }
    if let Ok(text) = str::from_utf8(header)
        && let Ok(key) = ApiKey::parse(text)
    {
        check(&key, text);
    }

    // Up to four neighbouring characters that were mistyped are always seen.
    let mut text = KNOWN.as_bytes().to_vec();
    let place = usize::from(place) % (text.len() - typed.len() + 1);
    text[place..place + typed.len()].copy_from_slice(&typed);
    if let Ok(text) = str::from_utf8(&text) {
        assert_eq!(ApiKey::parse(text).is_ok(), text == KNOWN, "{text}");
    }
});

fn check(key: &ApiKey, text: &str) {
    assert_eq!(key.expose(), text);
    assert!(text.starts_with(key.kind().prefix()));
    assert_eq!(KeyHash::from_hex(&key.hash().to_string()), Some(key.hash()));
}
