//! The page at the root.

use std::{net::IpAddr, sync::Arc};

use askama::Template;
use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderValue, Uri, header, uri::Authority},
    routing::get,
};
use bytes::Bytes;

use super::{
    api::BASE,
    assets::{self, Assets},
    headers,
};
use crate::{
    app::App,
    domain::{api_key::ApiKey, ids::PlayerId, name::LeaderboardName},
};

/// Headers of a request that another page made, or that came through a proxy.
const ELSEWHERE: [&str; 4] = ["origin", "forwarded", "x-forwarded-for", "via"];

/// What the root shows.
#[derive(Clone, Debug)]
pub enum Landing {
    /// What this is, and where its API lives.
    Home {
        /// The URL under which clients reach it, where that is known.
        public_url: Option<String>,
    },
    /// A leaderboard as it changes.
    Demo(DemoBoard),
}

/// The demo's leaderboard, and what a visitor needs to take part.
#[derive(Clone, Debug)]
pub struct DemoBoard {
    /// Under which clients reach the server, without a slash at the end.
    pub origin: String,
    /// The leaderboard's name.
    pub name: LeaderboardName,
    /// Reads it.
    pub publishable_key: ApiKey,
    /// Writes it. It is shown to who sits at this machine, and `None` is shown to nobody.
    pub secret_key: Option<ApiKey>,
    /// The player that the examples speak of.
    pub guest: PlayerId,
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    assets: &'a Assets,
    public_url: &'a str,
}

#[derive(Template)]
#[template(path = "demo.html")]
struct DemoPage<'a> {
    assets: &'a Assets,
    base: String,
    name: &'a str,
    publishable_key: &'a str,
    secret_key: Option<&'a str>,
    guest: PlayerId,
}

impl<'a> DemoPage<'a> {
    fn new(assets: &'a Assets, board: &'a DemoBoard, secret_key: Option<&'a ApiKey>) -> Self {
        Self {
            assets,
            base: format!("{}{BASE}", board.origin),
            name: board.name.as_str(),
            publishable_key: board.publishable_key.expose(),
            secret_key: secret_key.map(ApiKey::expose),
            guest: board.guest,
        }
    }
}

/// The root's routes.
pub fn router(assets: Arc<Assets>, landing: Landing) -> Router<Arc<App>> {
    let (open, here) = match landing {
        Landing::Home { public_url } => {
            let origin = public_url.unwrap_or_default();
            let public_url = origin.trim_end_matches('/');
            let html = render(&HomePage { assets: &assets, public_url });
            (html.clone(), html)
        }
        Landing::Demo(board) => {
            let here = DemoPage::new(&assets, &board, board.secret_key.as_ref());
            (render(&DemoPage::new(&assets, &board, None)), render(&here))
        }
    };
    let page = async move |request: Request| {
        let is_here = is_from_here(request.uri(), request.headers());
        headers::page(if is_here { here.clone() } else { open.clone() })
    };
    Router::new().route("/", get(page)).merge(assets::router(assets))
}

fn render(page: &impl Template) -> Bytes {
    page.render().expect("a page is written into memory").into()
}

/// Whether a visitor at this machine opened the page. A listener on the loopback alone doesn't tell: a tunnel may lead
/// to it, a name that a stranger let point to it, or a stranger's page that asks for this one (it says so in `Origin`).
fn is_from_here(uri: &Uri, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).map(HeaderValue::as_bytes);
    let name = host.or_else(|| uri.authority().map(|authority| authority.as_str().as_bytes()));
    let names_loopback = name.and_then(|name| Authority::try_from(name).ok()).is_some_and(|name| {
        let host = name.host();
        let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        host.eq_ignore_ascii_case("localhost") || ip.is_ok_and(|ip| ip.is_loopback())
    });
    names_loopback && !ELSEWHERE.iter().any(|name| headers.contains_key(*name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::api_key::KeyKind;

    fn from_here(name: &'static str, value: &'static str) -> bool {
        let mut headers = HeaderMap::from_iter([(header::HOST, "127.0.0.1:8080".parse().expect("a host"))]);
        headers.insert(name, value.parse().expect("a header value"));
        is_from_here(&Uri::from_static("/"), &headers)
    }

    #[test]
    fn whatever_somebody_named_is_text_on_the_page() {
        let assets = Assets::new();
        let hostile = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>";
        let board = DemoBoard {
            origin: format!("http://127.0.0.1:8080/{hostile}"),
            name: LeaderboardName::from_stored(hostile.to_owned()),
            publishable_key: ApiKey::generate(KeyKind::Publishable),
            secret_key: None,
            guest: PlayerId::new_v4(),
        };
        let plain = DemoBoard {
            origin: "http://127.0.0.1:8080/".to_owned(),
            name: LeaderboardName::from_stored("Plain".to_owned()),
            ..board.clone()
        };
        let tags = |html: Bytes| html.iter().filter(|byte| **byte == b'<').count();
        let [hostile_page, plain_page] =
            [&board, &plain].map(|board| render(&DemoPage::new(&assets, board, None)));
        assert_eq!(tags(hostile_page), tags(plain_page));
        let [hostile_page, plain_page] =
            [hostile, "plain"].map(|public_url| render(&HomePage { assets: &assets, public_url }));
        assert_eq!(tags(hostile_page), tags(plain_page));
    }

    #[test]
    fn only_names_of_the_loopback_are_from_here() {
        for host in ["127.0.0.1:8080", "localhost", "LOCALHOST:81", "[::1]:8080", "127.9.9.9"] {
            assert!(from_here("host", host), "{host}");
        }
        for host in
            ["example.org", "127.0.0.1.example.org", "localhost.example.org:8080", "192.0.2.1", "", "@"]
        {
            assert!(!from_here("host", host), "{host}");
        }
    }

    #[test]
    fn what_another_page_or_a_proxy_asks_for_is_not_from_here() {
        assert!(from_here("accept", "*/*"));
        for name in ["origin", "forwarded", "x-forwarded-for", "via"] {
            assert!(!from_here(name, "anything"), "{name}");
        }
    }
}
