//! Style, scripts and pictures of the pages, from inside the binary. A name carries the hash of its content, so
//! that browsers may keep each for good.

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    extract::Path,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;

use super::{error::ApiError, file::fingerprint};
use crate::app::App;

macro_rules! sources {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/", $name)))),+]
    };
}

/// All files. A style sheet or a script may name those that stand before it, as `"./name"`.
const SOURCES: &[(&str, &[u8])] = sources![
    "mark.svg",
    "site.css",
    "board.css",
    "demo.css",
    "fold.js",
    "feed.js",
    "glide.js",
    "board.js",
    "seek.js",
    "own.js",
    "copy.js",
    "demo.js",
    "dashboard.css",
    "embed/scores.js",
    "local-time.js",
    "score-preview.js",
    "page-fold.js",
    "live-table.js",
    "import.js",
    "frame.js",
    "configure.css",
    "configure.js",
    "dashboard.js",
    "docs.css",
    "docs/console.js",
    "docs/find.js",
    "docs/docs.js",
];

/// The files are the binary's own, and the same for everybody who asks.
static ASSETS: LazyLock<Assets> = LazyLock::new(Assets::new);

/// Where a file is served.
///
/// # Panics
/// Where there is no such file: names stand in templates, and a test renders them all.
pub fn url(name: &str) -> &'static str {
    ASSETS.url(name)
}

/// The files as they are served.
#[derive(Debug)]
pub struct Assets(Vec<Asset>);

#[derive(Debug)]
struct Asset {
    name: &'static str,
    url: String,
    kind: &'static str,
    body: Bytes,
}

impl Assets {
    /// Hashes all files, and puts hashed names where one names another.
    pub fn new() -> Self {
        let mut assets = Self(Vec::with_capacity(SOURCES.len()));
        for &(name, source) in SOURCES {
            // Some lie with the embed, which has them too.
            let name = name.rsplit('/').next().unwrap_or(name);
            let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
            let body = match extension {
                "css" | "js" => assets.link(source),
                _ => Bytes::from_static(source),
            };
            let url = format!("/assets/{stem}.{}.{extension}", fingerprint(&body));
            assets.0.push(Asset { name, url, kind: kind(extension), body });
        }
        assets
    }

    fn link(&self, source: &'static [u8]) -> Bytes {
        let mut text = String::from_utf8_lossy(source).into_owned();
        for asset in &self.0 {
            text = text.replace(&format!("\"./{}\"", asset.name), &format!("\"{}\"", asset.url));
        }
        Bytes::from(text)
    }

    /// Where a file is served.
    ///
    /// # Panics
    /// Where there is no such file: names stand in templates, and a test renders them all.
    pub fn url(&self, name: &str) -> &str {
        let asset = self.0.iter().find(|asset| asset.name == name);
        asset.map(|asset| asset.url.as_str()).expect("templates name assets that are there")
    }

    fn answer(&self, path: &str) -> Response {
        let Some(asset) =
            self.0.iter().find(|asset| asset.url.strip_prefix("/assets/").is_some_and(|file| file == path))
        else {
            return ApiError::no_route().into_response();
        };
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static(asset.kind)),
            (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        ];
        (headers, asset.body.clone()).into_response()
    }
}

/// `/assets/…`.
pub fn router(assets: Arc<Assets>) -> Router<Arc<App>> {
    let file = async move |Path(path): Path<String>| assets.answer(&path);
    Router::new().route("/assets/{file}", get(file))
}

fn kind(extension: &str) -> &'static str {
    match extension {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
