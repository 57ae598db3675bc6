//! The page at the root.

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;

use crate::app::App;

/// What the root shows.
#[derive(Clone, Debug, Default)]
pub struct Landing {
    /// The page, finished.
    pub html: Bytes,
}

/// The root's routes.
pub fn router(landing: Landing) -> Router<Arc<App>> {
    Router::new().route("/", get(async move || page(landing.html.clone())))
}

fn page(html: Bytes) -> Response {
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], html).into_response()
}
