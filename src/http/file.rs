//! A text that is the same for everybody who asks: as it is, compressed, and known by its hash.

use std::io::Write;

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};

use super::etag::KnownTags;

/// A finished text.
pub struct File {
    kind: &'static str,
    plain: Bytes,
    zipped: Bytes,
    etag: String,
}

impl File {
    /// Hashes the text and compresses it.
    pub fn new(kind: &'static str, text: String) -> Self {
        let etag = format!("W/\"{}\"", fingerprint(text.as_bytes()));
        let zipped = zip(text.as_bytes()).into();
        Self { kind, plain: text.into(), zipped, etag }
    }

    /// The text in the form that was asked for, or 304 where it is known.
    pub fn answer(&self, asked: &HeaderMap, cache_control: &'static str) -> Response {
        let known = KnownTags::of(asked).name(&self.etag);
        let takes_zipped = accepts_gzip(asked);
        let body = if takes_zipped { self.zipped.clone() } else { self.plain.clone() };
        let mut response = match known {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false => ([(header::CONTENT_TYPE, HeaderValue::from_static(self.kind))], body).into_response(),
        };
        let headers = response.headers_mut();
        if takes_zipped && !known {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_control));
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Ok(etag) = HeaderValue::try_from(&self.etag) {
            headers.insert(header::ETAG, etag);
        }
        response
    }
}

/// Tells contents apart: 16 hexadecimal digits of the SHA-256.
pub fn fingerprint(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    format!("{:016x}", u64::from_be_bytes(std::array::from_fn(|index| hash[index])))
}

/// Compresses as well as it goes: once, and then it is kept.
pub fn zip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes all that is written")
}

/// Whether an answer may be compressed: `gzip` is named, and not with a weight of nothing.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let named = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    named.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let weight =
            parts.find_map(|part| part.strip_prefix("q=")).and_then(|weight| weight.parse::<f32>().ok());
        is_gzip && weight.is_none_or(|weight| weight > 0.0)
    })
}
