//! `If-None-Match`.

#![no_main]

use axum::http::HeaderValue;
use libfuzzer_sys::fuzz_target;
use rankora::http::parse::names_etag;

const ETAG: &str = "W/\"0123456789abcdef-4\"";

fuzz_target!(|bytes: &[u8]| {
    let Ok(header) = HeaderValue::from_bytes(bytes) else { return };
    if names_etag(&header, ETAG) {
        let text = header.to_str().expect("visible ASCII");
        assert!(text.contains('*') || text.contains("\"0123456789abcdef-4\""), "{text}");
    }
    // In a list, a tag is found wherever it stands.
    let mut list = bytes.to_vec();
    list.extend_from_slice(b", \"0123456789abcdef-4\"");
    if let Ok(list) = HeaderValue::from_bytes(&list) {
        assert!(list.to_str().is_err() || names_etag(&list, ETAG), "{list:?}");
    }
});
