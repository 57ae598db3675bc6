//! A leaderboard whose owner names sites: whose scripts may read with its publishable keys, in browsers.

use rankora::domain::appearance::{Appearance, Css, Site as Origin};
use reqwest::{Method, header::HeaderMap};
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    browser::Browser,
    eventually,
    site::Site,
    world::{Board, Replica, World},
};

const NAMED: &str = "https://example.org";
const FOREIGN: &str = "https://evil.example";
const ALLOWED: &str = "access-control-allow-origin";

async fn name_sites(replica: &Replica, board: &Board, sites: &str) {
    let sites = Origin::parse_all(sites).expect("sites");
    let appearance = Appearance { css: Css::default(), sites };
    replica.app().set_appearance(board.account.id, board.id, &appearance).await.expect("kept");
}

/// The head of an answer to a page of this origin; of a stream too, which is left then.
async fn head(replica: &Replica, path: &str, key: Option<&str>, origin: Option<&str>) -> HeaderMap {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let mut request = client.request(Method::GET, format!("{}{path}", replica.origin()));
    if let Some(key) = key {
        request = request.bearer_auth(key);
    }
    if let Some(origin) = origin {
        request = request.header("origin", origin);
    }
    request.send().await.expect("an answer").headers().clone()
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).map_or("", |value| value.to_str().expect("text"))
}

fn varies_by_origin(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all("vary").iter().map(|value| value.to_str().expect("text"));
    values.any(|value| value.split(", ").any(|name| name == "Origin"))
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_to_publishable_keys_are_for_scripts_of_the_named_sites_alone() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    here.api(&board.secret).submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    name_sites(&here, &board, &format!("{NAMED} https://*.example.com")).await;
    let (key, unknown) = (&board.publishable, Uuid::new_v4());
    let api = [
        "/leaderboard",
        "/leaderboard/entries",
        "/realtime",
        "/leaderboard/entries?limit=0",
        &format!("/leaderboard/entries/{unknown}"),
    ]
    .map(|path| format!("/api/v1{path}"));
    for path in &api {
        let joint = if path.contains('?') { '&' } else { '?' };
        for (path, key) in [(path.clone(), Some(&**key)), (format!("{path}{joint}key={key}"), None)] {
            for origin in [NAMED, "https://play.example.com"] {
                let answer = head(&here, &path, key, Some(origin)).await;
                assert_eq!(text(&answer, ALLOWED), origin, "{path}");
                assert!(text(&answer, "access-control-expose-headers").contains("etag"), "{path}");
                assert!(varies_by_origin(&answer), "{path}");
                assert_eq!(text(&answer, "access-control-allow-credentials"), "");
            }
            for origin in [Some(FOREIGN), Some("https://example.com"), Some("null"), None] {
                let answer = head(&here, &path, key, origin).await;
                assert_eq!(text(&answer, ALLOWED), "", "{path} {origin:?}");
                assert_eq!(text(&answer, "access-control-expose-headers"), "", "{path} {origin:?}");
                assert!(varies_by_origin(&answer), "{path} {origin:?}");
            }
        }
        // The rule is for pages, which have no secret key.
        let answer = head(&here, path, Some(&board.secret), Some(FOREIGN)).await;
        assert_eq!(text(&answer, ALLOWED), "*", "{path}");
    }
    let frame = head(&here, &format!("/embed/{}?key={key}", board.id), None, Some(FOREIGN)).await;
    assert_eq!(text(&frame, ALLOWED), "");
    for path in ["/embed/v1.js", "/api/v1/openapi.json", "/api/v1/leaderboard?key=rk_pub_wrong"] {
        assert_eq!(text(&head(&here, path, None, Some(FOREIGN)).await, ALLOWED), "*", "{path}");
    }
    // Other leaderboards are for everybody, those of the same account too.
    let other = here.board("unlimited").await;
    let answer = head(&here, &api[1], Some(&other.publishable), Some(FOREIGN)).await;
    assert_eq!(text(&answer, ALLOWED), "*");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_from_the_cache_is_for_each_origin_what_it_should_be() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    here.api(&board.secret).submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    name_sites(&here, &board, NAMED).await;
    let path = format!("/api/v1/leaderboard/entries?key={}", board.publishable);
    head(&here, &path, None, Some(FOREIGN)).await;
    for (origin, allowed) in [(NAMED, NAMED), (FOREIGN, ""), (NAMED, NAMED)] {
        let answer = head(&here, &path, None, Some(origin)).await;
        assert_eq!((text(&answer, "x-cache"), text(&answer, ALLOWED)), ("HIT", allowed));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_sites_hold_on_every_replica_and_none_are_all() {
    let world = World::new();
    let (here, there) = (world.replica().await, world.replica().await);
    let board = here.board("unlimited").await;
    let late = here.api(&board.account.management);
    let made =
        late.post(&format!("/leaderboards/{}/keys", board.id), &json!({"kind": "publishable"})).await.ok();
    let keys = [board.publishable.clone(), made["key"].as_str().expect("a key").to_owned()];
    for (sites, allowed) in [("", "*"), (NAMED, ""), (FOREIGN, FOREIGN), ("", "*")] {
        name_sites(&here, &board, sites).await;
        for key in &keys {
            let path = "/api/v1/leaderboard";
            assert_eq!(text(&head(&here, path, Some(key), Some(FOREIGN)).await, ALLOWED), allowed);
            eventually("the other replica knows", async || {
                let answer = head(&there, path, Some(key), Some(FOREIGN)).await;
                (text(&answer, ALLOWED) == allowed).then_some(())
            })
            .await;
        }
    }
}

#[tokio::test]
async fn sites_that_nobody_was_told_of_are_told_when_they_are_named_again() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let allowed = async || {
        let answer = head(&here, "/api/v1/leaderboard", Some(&board.publishable), Some(FOREIGN)).await;
        text(&answer, ALLOWED).to_owned()
    };
    assert_eq!(allowed().await, "*");
    // As if Redis had gone away between the change and the news of it.
    let mut redis = world.redis().await;
    let key = world.keys(&board).board;
    let _: u64 =
        redis::cmd("HSET").arg(&key).arg("sites").arg(NAMED).query_async(&mut redis).await.expect("a number");
    name_sites(&here, &board, NAMED).await;
    assert_eq!(allowed().await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_lets_scripts_of_the_named_sites_read_and_no_others() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    here.api(&board.secret).submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    let (mine, foreign) = (Site::allowing(&[&here.origin()]).await, Site::allowing(&[&here.origin()]).await);
    let body =
        format!("<script src=\"{}/embed/v1.js\" data-key=\"{}\"></script>", here.origin(), board.publishable);
    let (mine, foreign) = (mine.page(&body), foreign.page(&body));
    let origin = mine.rsplit_once('/').expect("a path").0;
    name_sites(&here, &board, origin).await;
    let browser = Browser::start().await;
    browser.open(&mine).await;
    browser.until("return document.querySelector('.rankora-status-live') !== null").await;
    assert_eq!(browser.find(".rankora-name").await.text().await.expect("a name"), "Ada");
    browser.open(&foreign).await;
    // Neither by a stream nor by a request.
    browser.until("return document.querySelector('.rankora-message-offline') !== null").await;
    let rows = "return document.querySelectorAll('.rankora-row').length";
    assert_eq!(browser.run(rows).await, json!(0));
    let read = format!(
        "return fetch('{}/api/v1/leaderboard', {{headers: {{authorization: 'Bearer {}'}}}}).then(() => 'read', (error) => error.name)",
        here.origin(),
        board.publishable
    );
    assert_eq!(browser.run(&read).await, json!("TypeError"));
    // When its owner lets everybody, the page that is open comes alive.
    name_sites(&here, &board, "").await;
    browser.until(&format!("{rows} === 1")).await;
    assert_eq!(browser.run(&read).await, json!("read"));
}
