//! Style, scripts and pictures of the pages, from inside the binary. A name carries the hash of its content, so
//! that browsers may keep each for good.

use std::sync::{Arc, LazyLock, OnceLock};

use axum::{
    Router,
    extract::Path,
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::get,
};

use super::{
    error::ApiError,
    file::{File, fingerprint},
};
use crate::app::App;

macro_rules! sources {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/", $name)))),+]
    };
}

/// All files. A style sheet or a script may name those that stand before it, as `"./name"`.
const SOURCES: &[(&str, &str)] = sources![
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
    "draft.js",
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
pub struct Assets(Vec<Asset>);

struct Asset {
    name: &'static str,
    url: String,
    kind: &'static str,
    text: String,
    /// As it is sent, made when somebody first asks: compressing all of them would be felt at the start.
    file: OnceLock<File>,
}

impl Assets {
    /// Hashes all files, and puts hashed names where one names another.
    pub fn new() -> Self {
        let mut assets = Self(Vec::with_capacity(SOURCES.len()));
        for &(name, source) in SOURCES {
            // Some lie with the embed, which has them too.
            let name = name.rsplit('/').next().unwrap_or(name);
            let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
            let text = assets.link(source);
            let url = format!("/assets/{stem}.{}.{extension}", fingerprint(text.as_bytes()));
            assets.0.push(Asset { name, url, kind: kind(extension), text, file: OnceLock::new() });
        }
        assets
    }

    fn link(&self, source: &str) -> String {
        self.0.iter().fold(source.to_owned(), |text, asset| {
            text.replace(&format!("\"./{}\"", asset.name), &format!("\"{}\"", asset.url))
        })
    }

    /// Where a file is served.
    ///
    /// # Panics
    /// Where there is no such file: names stand in templates, and a test renders them all.
    pub fn url(&self, name: &str) -> &str {
        let asset = self.0.iter().find(|asset| asset.name == name);
        asset.map(|asset| asset.url.as_str()).expect("templates name assets that are there")
    }

    fn answer(&self, path: &str, asked: &HeaderMap) -> Response {
        let mut assets = self.0.iter();
        let Some(asset) = assets.find(|asset| asset.url.strip_prefix("/assets/") == Some(path)) else {
            return ApiError::no_route().into_response();
        };
        let file = asset.file.get_or_init(|| File::new(asset.kind, asset.text.clone()));
        file.answer(asked, "public, max-age=31536000, immutable")
    }
}

/// `/assets/…`.
pub fn router(assets: Arc<Assets>) -> Router<Arc<App>> {
    let file = async move |Path(path): Path<String>, asked: HeaderMap| assets.answer(&path, &asked);
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
