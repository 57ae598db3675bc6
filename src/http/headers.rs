//! What every page is sent with.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;

use crate::domain::appearance::Site;

/// Everything from this server, nothing inline, and no HTML out of strings.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// The same for a page with forms, which lead nowhere but here.
const FORM_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// The same for a page in a frame; those who may show it come behind it. A style sheet of the leaderboard's owner may bring
/// pictures and typefaces within itself, and lead to no other server.
const FRAME_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'; \
     img-src data:; font-src data:; frame-ancestors ";

/// The same for a page that has such a page in a frame.
const PREVIEW_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; frame-src 'self'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// A page which may have this server's page for frames in a frame.
pub fn with_preview(mut response: Response) -> Response {
    let policy = HeaderValue::from_static(PREVIEW_POLICY);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// A finished page for a frame on these sites, or on all where none is named, from a file on a disk as well; caches may
/// keep it for so long.
pub fn frame(html: Bytes, cache_control: &'static str, sites: &[Site]) -> Response {
    let ancestors = match sites {
        [] => "* file:".to_owned(),
        // The preview is one of this server's own pages.
        sites => format!("'self' {}", Site::join(sites)),
    };
    let policy = HeaderValue::try_from(format!("{FRAME_POLICY}{ancestors}")).expect("sites are hosts");
    let headers = [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", cache_control),
        ("vary", "Accept-Language"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        // So that pages which let nothing in that doesn't agree to it can show this one.
        ("cross-origin-embedder-policy", "require-corp"),
        ("cross-origin-resource-policy", "cross-origin"),
    ];
    let mut response = html.into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
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
