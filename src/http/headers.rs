//! What every page is sent with.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;

/// Everything from this server, nothing inline, and no HTML out of strings.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// The same for a page with forms, which lead nowhere but here.
const FORM_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// The same for a page that anybody may show in a frame, from a file on a disk as well.
const FRAME_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors * file:; require-trusted-types-for 'script'; \
     trusted-types 'none'";

/// A finished page for a frame, which caches may keep for so long.
pub fn frame(html: Bytes, cache_control: &'static str) -> Response {
    let headers = [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", cache_control),
        ("vary", "Accept-Language"),
        ("content-security-policy", FRAME_POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        // So that pages which let nothing in that doesn't agree to it can show this one.
        ("cross-origin-embedder-policy", "require-corp"),
        ("cross-origin-resource-policy", "cross-origin"),
    ];
    let mut response = html.into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A finished page of the dashboard.
pub fn dashboard_page(html: Bytes) -> Response {
    let mut response = page(html);
    // Its own pages hear where a click came from, nobody else does: so a form knows that it was sent from here.
    for (name, value) in [("content-security-policy", FORM_POLICY), ("referrer-policy", "same-origin")] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A finished page. It is asked for anew each time: it names assets by their hash.
pub fn page(html: Bytes) -> Response {
    let kind = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    let mut response = (kind, html).into_response();
    restrict(&mut response);
    response
}

/// Puts what a page may do on an answer that is one.
pub fn restrict(response: &mut Response) {
    let headers = [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
}
