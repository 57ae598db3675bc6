//! `X-Forwarded-For` from a trusted proxy.

#![no_main]

use axum::http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use rankora::http::TrustedProxies;

fuzz_target!(|bytes: &[u8]| {
    let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().expect("a network")]);
    let mut headers = HeaderMap::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let Ok(value) = HeaderValue::from_bytes(line) else { return };
        headers.append("x-forwarded-for", value);
    }
    let stranger = "192.0.2.1:1".parse().expect("an address");
    assert_eq!(proxies.client(stranger, &headers).0, stranger.ip(), "a stranger was believed");
    let proxy = "10.0.0.1:1".parse().expect("an address");
    let client = proxies.client(proxy, &headers).0;
    assert_eq!(client, client.to_canonical());
});
