//! Errors have one shape on every path, and nothing that is sent stops the server.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    api::Reply,
    many_sockets,
    raw::{Raw, exchange},
    redis::Server,
    routes::Fixture,
    world::World,
};

const ENTRIES: &str = "/leaderboard/entries";

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_address_is_not_found_inside_and_outside_the_api() {
    let fixture = Fixture::new(&World::new()).await;
    let origin = fixture.replica.origin();
    for path in [
        "/nothing",
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v1/nothing",
        "/api/v1/leaderboard/",
        "/api/v1/leaderboard/entries/",
        "/api/v1/leaderboard/entries/x/y",
        "/api/v1/Leaderboard",
        "/api/v1//leaderboard",
        "/api/v2/leaderboard",
        "/API/v1/leaderboard",
        "/leaderboard",
        "/favicon.ico",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/%00",
        "/%zz",
        "/%",
        "/api/v1/%ff%fe",
        "/api/v1/leaderboards/x/nothing",
    ] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"] {
            let answer = exchange(&origin, &format!("{method} {path}"), &[], "").await.expect("an answer");
            answer.is_error(404, "not_found", None);
        }
    }
    // With a key and a body too.
    let (api, _) = fixture.target(ENTRIES);
    api.post("/nothing", &json!({"name": "Ada"})).await.is_error(404, "not_found", None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_an_address_does_not_take_is_refused_with_those_that_it_takes() {
    let fixture = Fixture::new(&World::new()).await;
    let origin = fixture.replica.origin();
    let id = Uuid::new_v4();
    for (path, allowed) in [
        ("/".to_owned(), "GET,HEAD"),
        ("/healthz".to_owned(), "GET,HEAD"),
        ("/readyz".to_owned(), "GET,HEAD"),
        ("/api/v1/openapi.json".to_owned(), "GET,HEAD"),
        ("/api/v1/usage".to_owned(), "GET,HEAD"),
        ("/api/v1/leaderboard".to_owned(), "GET,HEAD"),
        ("/api/v1/leaderboard/entries".to_owned(), "GET,HEAD,POST"),
        (format!("/api/v1/leaderboard/entries/{id}"), "GET,HEAD,DELETE"),
        ("/api/v1/leaderboard/entries/no-uuid".to_owned(), "GET,HEAD,DELETE"),
        ("/api/v1/realtime".to_owned(), "GET,HEAD"),
        ("/api/v1/leaderboards".to_owned(), "GET,HEAD,POST"),
        (format!("/api/v1/leaderboards/{id}"), "GET,HEAD,PATCH,DELETE"),
        (format!("/api/v1/leaderboards/{id}/reset"), "POST"),
        (format!("/api/v1/leaderboards/{id}/keys"), "GET,HEAD,POST"),
        (format!("/api/v1/leaderboards/{id}/keys/{id}"), "DELETE"),
    ] {
        let mut allowed: Vec<_> = allowed.split(',').collect();
        allowed.sort_unstable();
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "get", "M-SEARCH"] {
            if allowed.contains(&method) {
                continue;
            }
            for key in [None, Some(format!("Authorization: Bearer {}", fixture.board.secret))] {
                let headers: Vec<_> = key.as_deref().into_iter().collect();
                let line = format!("{method} {path}");
                let answer = exchange(&origin, &line, &headers, "").await.expect("an answer");
                answer.is_error(405, "method_not_allowed", None);
                let mut named: Vec<_> = answer.header("allow").split(',').map(str::trim).collect();
                named.sort_unstable();
                assert_eq!(named, allowed, "{line}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_framing_is_refused_or_dropped_and_the_server_goes_on() {
    let fixture = Fixture::new(&World::new()).await;
    let origin = fixture.replica.origin();
    let (line, key) = fixture.raw_target("POST", ENTRIES);
    let head = format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{key}\r\n");
    for request in [
        "\r\n\r\n\r\n".to_owned(),
        "GET\r\n\r\n".to_owned(),
        "GET / HTTP/9.9\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nno colon\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\n: empty\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nA: \0\r\n\r\n".to_owned(),
        format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(100_000)),
        format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "x".repeat(1_000_000)),
        format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(5000)),
        format!("{head}Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
        format!("{head}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n5\r\n{{\"na"),
        format!("{head}Transfer-Encoding: gzip\r\n\r\n"),
        format!("{head}Content-Length: -1\r\n\r\n"),
        format!("{head}Content-Length: 5\r\nContent-Length: 6\r\n\r\n{{}}"),
        format!("{head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnonsense".to_owned(),
        "CONNECT example.org:443 HTTP/1.1\r\n\r\n".to_owned(),
        "OPTIONS * HTTP/1.1\r\nConnection: close\r\n\r\n".to_owned(),
        "GET http://example.org/nothing HTTP/1.1\r\nConnection: close\r\n\r\n".to_owned(),
    ] {
        let raw = {
            let mut raw = Raw::connect(&origin).await;
            raw.send(&request).await;
            raw
        };
        // Gone without having been read to its end, as clients go.
        drop(raw);
    }
    let mut raw = Raw::connect(&origin).await;
    raw.send(format!("{head}Transfer-Encoding: chunked\r\n\r\nzz\r\n")).await;
    if let Some(answer) = raw.answer().await {
        assert_eq!(answer.status.as_u16(), 400);
        answer.is_in_error_shape();
    }
    fixture.is_alive().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_sends_its_body_is_refused_after_a_while() {
    let world = World::new().with_options(&["--header-deadline-ms", "300"]);
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let head = format!(
        "POST /api/v1{ENTRIES} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Length: 10\r\n\r\n{{",
        board.secret
    );
    let mut raw = Raw::connect(&here.origin()).await;
    raw.send(head).await;
    raw.answer().await.expect("an answer").is_error(400, "invalid_body", None);
    assert!(raw.closes(Duration::from_secs(5)).await);

    // As is one that never ends its head, or doesn't even begin.
    for beginning in ["GET / HTTP/1.1\r\n", "GET", "P", "PRI * HTTP/2.0", ""] {
        let mut raw = Raw::connect(&here.origin()).await;
        raw.send(beginning).await;
        assert!(raw.closes(Duration::from_secs(5)).await, "{beginning:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn http_1_0_and_pipelined_requests_are_answered() {
    let fixture = Fixture::new(&World::new()).await;
    let origin = fixture.replica.origin();
    let key = &fixture.board.secret;
    let mut raw = Raw::connect(&origin).await;
    raw.send(format!("GET /api/v1/leaderboard HTTP/1.0\r\nAuthorization: Bearer {key}\r\n\r\n")).await;
    raw.answer().await.expect("an answer").ok();
    let mut raw = Raw::connect(&origin).await;
    let request =
        format!("GET /api/v1/leaderboard HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n");
    raw.send(request.repeat(20) + "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n").await;
    for _ in 0..20 {
        raw.answer().await.expect("an answer").ok();
    }
    raw.answer().await.expect("an answer").is_error(404, "not_found", None);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_connections_that_say_nothing_keep_nobody_waiting() {
    many_sockets();
    let fixture = Fixture::new(&World::new()).await;
    let mut idle = Vec::new();
    for _ in 0..500 {
        idle.push(Raw::connect(&fixture.replica.origin()).await);
    }
    fixture.is_alive().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_every_route_is_unavailable_in_the_same_shape() {
    let redis = Server::start(&[]);
    let world = World::on(&redis);
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let api = here.api(&board.secret);
    api.get("/leaderboard").await.ok();
    redis.kill();
    let id = Uuid::new_v4();
    for (method, path, key) in [
        (Method::GET, "/leaderboard".to_owned(), &board.secret),
        (Method::GET, format!("{ENTRIES}?offset=3"), &board.secret),
        (Method::POST, ENTRIES.to_owned(), &board.secret),
        (Method::GET, format!("{ENTRIES}/{id}"), &board.secret),
        (Method::DELETE, format!("{ENTRIES}/{id}"), &board.secret),
        (Method::GET, "/usage".to_owned(), &board.secret),
        (Method::GET, "/leaderboards".to_owned(), &board.account.management),
        (Method::POST, "/leaderboards".to_owned(), &board.account.management),
        (Method::DELETE, format!("/leaderboards/{id}"), &board.account.management),
    ] {
        let request = here.api(key).request(method.clone(), &path);
        let answer = Reply::of(request.json(&json!({"name": "Ada", "score": 1}))).await;
        answer.is_error(503, "unavailable", None);
        let sentence = answer.json()["error"].as_str().expect("a sentence").to_lowercase();
        assert!(!sentence.contains("redis") && !sentence.contains("connection"), "{sentence}");
    }
    let ready = exchange(&here.origin(), "GET /readyz", &[], "").await.expect("an answer");
    ready.is_error(503, "unavailable", None);
    exchange(&here.origin(), "GET /healthz", &[], "").await.expect("an answer").ok();
}
