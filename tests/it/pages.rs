//! The page at the root: who sees what on it, and what it is made of.

use std::collections::BTreeSet;

use reqwest::{Client, StatusCode};
use sha2::{Digest, Sha256};
use tempfile::tempdir;

use crate::support::{api::Reply, demo::Demo, world::World};

fn client() -> Client {
    Client::builder().no_proxy().build().expect("a client")
}

/// Asks for a page or an asset, with these headers.
async fn get(origin: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
    let request = client().get(format!("{origin}{path}"));
    Reply::of(headers.iter().fold(request, |request, &(name, value)| request.header(name, value))).await
}

/// The texts between `before` and the next double quote.
fn quoted<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
    text.split(before).skip(1).map(|rest| rest.split('"').next().unwrap_or_default()).collect()
}

/// Checks that a page gets everything from its own server, has nothing inline, and may not do more.
fn is_strict(page: &Reply) {
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    let policy: Vec<_> = page.header("content-security-policy").split("; ").collect();
    for directive in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"]
    {
        assert!(policy.contains(&directive), "{directive} in {policy:?}");
    }
    assert!(!policy.iter().any(|directive| directive.contains("unsafe")), "{policy:?}");

    let html = page.text.to_lowercase();
    for script in html.split("<script").skip(1) {
        let (tag, body) = script.split_once('>').expect("a whole tag");
        assert!(tag.contains(" src=\"/assets/") && body.starts_with("</script>"), "inline: {script}");
    }
    assert!(!html.contains("<style"), "inline style");
    for attribute in html.split_whitespace().filter_map(|word| word.split_once('=')).map(|(name, _)| name) {
        assert!(attribute != "style" && !attribute.starts_with("on"), "inline: {attribute}");
    }
    for link in quoted(&html, "href=\"").into_iter().chain(quoted(&html, "src=\"")) {
        assert!(link.starts_with(['/', '#']), "from elsewhere: {link}");
    }
}

/// Checks all assets that a page leads to, and returns their paths.
async fn assets_of(origin: &str, page: &str) -> BTreeSet<String> {
    let mut ahead: Vec<String> = quoted(page, "\"/assets/").iter().map(|&file| file.to_owned()).collect();
    let mut seen = BTreeSet::new();
    while let Some(file) = ahead.pop() {
        if !seen.insert(file.clone()) {
            continue;
        }
        let asset = client().get(format!("{origin}/assets/{file}")).send().await.expect("an answer");
        assert_eq!(asset.status(), StatusCode::OK, "{file}");
        let headers = asset.headers().clone();
        assert_eq!(headers["cache-control"], "public, max-age=31536000, immutable", "{file}");
        let body = asset.bytes().await.expect("a body");
        let hash: String = Sha256::digest(&body)[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        let (name, extension) = file.rsplit_once('.').expect("an extension");
        assert_eq!(name.rsplit_once('.').expect("a hash").1, hash, "{file}");
        let kind = match extension {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "svg" => "image/svg+xml",
            other => panic!("{other}"),
        };
        assert_eq!(headers["content-type"], kind, "{file}");
        if let ("css" | "js", Ok(text)) = (extension, std::str::from_utf8(&body)) {
            assert!(!text.contains("\"./"), "{file} names a file without its hash");
            ahead.extend(quoted(text, "\"/assets/").iter().map(|&file| file.to_owned()));
        }
    }
    seen
}

#[tokio::test]
async fn the_demo_page_is_strict_and_brings_all_it_needs() {
    let directory = tempdir().expect("a directory");
    let demo = Demo::start_in(directory.path(), &[]).await;
    let page = get(demo.origin(), "/", &[]).await;
    is_strict(&page);
    assert!(page.text.contains(&demo.key("rk_pub_")) && page.text.contains("/api/v1/openapi.json"));
    let assets = assets_of(demo.origin(), &page.text).await;
    for extension in [".css", ".js", ".svg"] {
        assert!(assets.iter().any(|file| file.ends_with(extension)), "{extension}: {assets:?}");
    }
    get(demo.origin(), "/assets/demo.0000000000000000.js", &[]).await.is_error(404, "not_found", None);
}

#[tokio::test]
async fn the_secret_key_is_shown_to_this_machine_alone() {
    let directory = tempdir().expect("a directory");
    let demo = Demo::start_in(directory.path(), &[]).await;
    let secret = demo.key("rk_sec_");
    let port = demo.origin().rsplit_once(':').expect("a port").1;
    for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}")] {
        let page = get(demo.origin(), "/", &[("host", &host)]).await;
        assert!(page.text.contains(&secret) && page.text.contains("play-form"), "{host}");
    }
    // A name that somebody let point here, somebody's page, and proxies that listen for everybody.
    let (host, origin) = (("host", "rebound.example.org"), ("origin", "https://example.org"));
    for header in [host, origin, ("x-forwarded-for", "192.0.2.1"), ("via", "1.1 proxy")] {
        let page = get(demo.origin(), "/", &[header]).await;
        is_strict(&page);
        assert!(!page.text.contains("play-form") && !page.text.contains(&secret), "{header:?}");
    }
}

#[tokio::test]
async fn beyond_the_loopback_the_page_keeps_the_secret_key_to_itself() {
    let directory = tempdir().expect("a directory");
    let demo = Demo::start_in(directory.path(), &["--listen", "0.0.0.0:0"]).await;
    let page = get(demo.origin(), "/", &[]).await;
    is_strict(&page);
    assert!(page.text.contains(&demo.key("rk_pub_")));
    assert!(!page.text.contains("play-form") && !page.text.contains(&demo.key("rk_sec_")));
}

#[tokio::test]
async fn a_server_that_is_no_demo_shows_where_its_api_is_and_no_key() {
    let world = World::new();
    let replica = world.replica().await;
    let page = get(&replica.origin(), "/", &[]).await;
    is_strict(&page);
    assert!(page.text.contains("href=\"/api/v1/openapi.json\""), "{}", page.text);
    assert!(!page.text.contains("rk_"), "{}", page.text);
    assets_of(&replica.origin(), &page.text).await;
    replica.stop().await;

    let world = world.with_options(&["--public-url", "https://scores.example.org/"]);
    let replica = world.replica().await;
    let page = get(&replica.origin(), "/", &[]).await;
    assert!(page.text.contains("https://scores.example.org/api/v1/leaderboard/entries"), "{}", page.text);
    replica.stop().await;
}
