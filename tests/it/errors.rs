//! Errors have one shape on every path, and nothing that is sent stops the server.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    api::{Api, Reply},
    many_sockets,
    raw::{Raw, exchange, exchange_bytes},
    world::{Board, Replica, World},
};

const ENTRIES: &str = "/leaderboard/entries";
/// The routes that take a body, with what is needed to get as far as the body.
const BODIES: [(&str, &str); 4] = [
    ("POST", "/leaderboard/entries"),
    ("POST", "/leaderboards"),
    ("PATCH", "/leaderboards/{board}"),
    ("POST", "/leaderboards/{board}/keys"),
];
const LIMIT: usize = 16 * 1024;

struct Fixture {
    here: Replica,
    board: Board,
}

impl Fixture {
    async fn new() -> Self {
        let here = World::new().replica().await;
        let board = here.board("unlimited").await;
        Self { here, board }
    }

    /// The client and the path for one of [`BODIES`].
    fn target(&self, path: &str) -> (Api, String) {
        let key = if path == ENTRIES { &self.board.secret } else { &self.board.account.management };
        (self.here.api(key), path.replace("{board}", &self.board.id.to_string()))
    }

    /// The same as a request line and a header.
    fn raw_target(&self, method: &str, path: &str) -> (String, String) {
        let key = if path == ENTRIES { &self.board.secret } else { &self.board.account.management };
        let path = path.replace("{board}", &self.board.id.to_string());
        (format!("{method} /api/v1{path}"), format!("Authorization: Bearer {key}"))
    }

    /// Still answers, on a new connection.
    async fn is_alive(&self) {
        self.here.api(&self.board.secret).get("/leaderboard").await.ok();
    }
}

fn of(api: &Api, method: &str, path: &str) -> reqwest::RequestBuilder {
    api.request(method.parse().expect("a method"), path)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_address_is_not_found_inside_and_outside_the_api() {
    let fixture = Fixture::new().await;
    let origin = fixture.here.origin();
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
    let fixture = Fixture::new().await;
    let origin = fixture.here.origin();
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
async fn a_body_that_is_no_json_object_is_refused() {
    let fixture = Fixture::new().await;
    for (method, path) in BODIES {
        let (api, path) = fixture.target(path);
        for body in [
            "",
            " ",
            "null",
            "true",
            "5",
            "\"{}\"",
            "[]",
            "[{}]",
            r#"["Ada",1]"#,
            "{",
            "}",
            "{}}",
            "{} {}",
            "{},",
            "{\"name\"}",
            "{\"name\":}",
            "{\"name\":\"Ada\",}",
            "{name:\"Ada\"}",
            "{'name':'Ada'}",
            "{\"name\":\"A\nda\"}",
            "{\"name\":\"\\x41da\"}",
            "{\"name\":tru}",
            "// comment\n{}",
            "\u{feff}{}",
            "\u{a0}{}",
            "name=Ada&score=1",
            "<xml/>",
        ] {
            let request = of(&api, method, &path).header("content-type", "application/json").body(body);
            Reply::of(request).await.is_error(400, "invalid_json", None);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_comes_twice_is_refused() {
    let fixture = Fixture::new().await;
    for (path, body) in [
        (ENTRIES, r#"{"name":"Ada","score":1,"score":2}"#),
        (ENTRIES, r#"{"name":"Ada","name":"Eva","score":2}"#),
        (ENTRIES, r#"{"name":"Ada","score":1,"metadata":{},"metadata":{}}"#),
        (ENTRIES, r#"{"name":"Ada","score":1,"player_id":"","player_id":null}"#),
        ("/leaderboards", r#"{"name":"Ada","name":"Eva"}"#),
        ("/leaderboards", r#"{"name":"Ada","policy":"sum","policy":"best"}"#),
        ("/leaderboards/{board}/keys", r#"{"kind":"secret","kind":"publishable"}"#),
    ] {
        let (api, path) = fixture.target(path);
        api.post_text(&path, body).await.is_error(400, "invalid_json", None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deep_nesting_is_refused_or_ignored_and_never_ends_the_server() {
    let fixture = Fixture::new().await;
    for (method, path) in BODIES {
        let (api, path) = fixture.target(path);
        let send = async |body: String| {
            Reply::of(of(&api, method, &path).header("content-type", "application/json").body(body)).await
        };
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
            let within = (LIMIT - 100) / (open.len() + close.len());
            let nested = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
            // Whether it is refused depends on the field; that it is answered doesn't.
            for body in [
                nested(within),
                format!("{{\"name\":{}}}", nested(within)),
                format!("{{\"unknown\":{}}}", nested(within)),
                format!("{{\"name\":\"Ada\",\"score\":1,\"metadata\":{}}}", nested(within - 20)),
                open.repeat((LIMIT - 1) / open.len()),
            ] {
                let answer = send(body).await;
                assert!(answer.status.is_success() || answer.status.as_u16() == 400, "{}", answer.status);
                if !answer.status.is_success() {
                    answer.is_in_error_shape();
                }
            }
            send(nested(100_000)).await.is_error(413, "payload_too_large", None);
        }
        fixture.is_alive().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_utf_8_is_refused_wherever_it_stands() {
    let fixture = Fixture::new().await;
    let origin = fixture.here.origin();
    for (method, path) in BODIES {
        let (api, path) = fixture.target(path);
        for body in [
            &b"{\"name\":\"\xff\xfe\"}"[..],
            b"\xff\xfe{\x00}\x00",
            b"{\"name\":\"A\xc3\"}",
            b"{\"\xff\":1}",
            b"{\"name\":\"\xed\xa0\x80abc\"}",
            b"{\"name\":\"\xc0\xaf\xc0\xaf\xc0\xaf\"}",
        ] {
            let request =
                of(&api, method, &path).header("content-type", "application/json").body(body.to_vec());
            Reply::of(request).await.is_error(400, "invalid_json", None);
        }
    }
    let secret = format!("Authorization: Bearer {}", fixture.board.secret);
    let read = async |line: &[u8]| exchange_bytes(&origin, line, &[&secret], "").await;
    let answer = read(b"GET /api/v1/leaderboard/entries/%ff%fe").await.expect("an answer");
    answer.is_error(400, "invalid_player_id", Some("player_id"));
    read(b"GET /api/v1/leaderboard?%ff=%fe").await.expect("an answer").ok();
    read(b"GET /api/v1/leaderboard?x=\xc3\xa9").await.expect("an answer");
    // Bytes that no address may have: the HTTP library may refuse them as it likes.
    for line in
        [&b"GET /api/v1/leaderboard/entries/\xff\xfe"[..], b"GET /api/v1/\xf0\x9f\x98\x80", b"GET /\xc3"]
    {
        let answer = read(line).await;
        assert!(answer.is_none_or(|answer| matches!(answer.status.as_u16(), 400 | 404)));
    }
    fixture.is_alive().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_16_kib_is_refused_with_and_without_a_declared_length() {
    let fixture = Fixture::new().await;
    let origin = fixture.here.origin();
    for (method, path) in BODIES {
        let (line, key) = fixture.raw_target(method, path);
        for size in [LIMIT + 1, 64 * 1024, 1 << 20] {
            let body = format!("{{\"name\":\"{}\"}}", "x".repeat(size - 11));
            assert_eq!(body.len(), size);
            let length = format!("Content-Length: {size}");
            let declared = exchange(&origin, &line, &[&key, &length], &body).await;
            declared.expect("an answer").is_error(413, "payload_too_large", None);
            let chunked: String = body
                .as_bytes()
                .chunks(1000)
                .map(|chunk| {
                    format!("{:x}\r\n{}\r\n", chunk.len(), std::str::from_utf8(chunk).expect("ASCII"))
                })
                .collect::<String>()
                + "0\r\n\r\n";
            let undeclared = exchange(&origin, &line, &[&key, "Transfer-Encoding: chunked"], &chunked).await;
            undeclared.expect("an answer").is_error(413, "payload_too_large", None);
        }
        // The largest one that is allowed is read.
        let body = format!("{{\"score\":\"{}\"}}", "x".repeat(LIMIT - 12));
        assert_eq!(body.len(), LIMIT);
        let length = format!("Content-Length: {LIMIT}");
        let answer = exchange(&origin, &line, &[&key, &length], &body).await.expect("an answer");
        assert_ne!(answer.status.as_u16(), 413);
    }
    let (line, key) = fixture.raw_target("POST", ENTRIES);
    for length in ["17000000", "999999999999999"] {
        let length = format!("Content-Length: {length}");
        let answer = exchange(&origin, &line, &[&key, &length], "{").await.expect("an answer");
        answer.is_error(413, "payload_too_large", None);
    }
    fixture.is_alive().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_body_is_taken_from_the_connection_and_the_next_request_is_answered() {
    let fixture = Fixture::new().await;
    let (line, key) = fixture.raw_target("POST", ENTRIES);
    let unknown = "Authorization: Bearer nonsense".to_owned();
    for (size, line, key, status) in [
        (LIMIT, line.as_str(), &unknown, 401),
        (64 * 1024, &line, &unknown, 401),
        (64 * 1024, &line, &key, 413),
        (64 * 1024, "POST /nothing", &key, 404),
        (64 * 1024, "PUT /api/v1/leaderboard/entries", &key, 405),
        (200 * 1024, &line, &key, 413),
    ] {
        let mut raw = Raw::connect(&fixture.here.origin()).await;
        for _ in 0..2 {
            let head =
                format!("{line} HTTP/1.1\r\nHost: localhost\r\n{key}\r\nContent-Length: {size}\r\n\r\n");
            assert!(raw.send(&head).await, "{line}");
            for _ in 0..size / 1024 {
                assert!(raw.send([b' '; 1024]).await, "{line}: the server takes all of it");
            }
            let answer = raw.answer().await.expect("an answer");
            assert_eq!(answer.status.as_u16(), status, "{line}");
            answer.is_in_error_shape();
        }
        let read = format!(
            "GET /api/v1/leaderboard HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n",
            fixture.board.secret
        );
        assert!(raw.send(read).await);
        raw.answer().await.expect("an answer").ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_another_type_or_a_compressed_one_is_refused() {
    let fixture = Fixture::new().await;
    for (method, path) in BODIES {
        let (api, path) = fixture.target(path);
        let send = async |header: &str, value: &str| {
            let request = of(&api, method, &path).header(header, value);
            let request = if header == "content-type" {
                request
            } else {
                request.header("content-type", "application/json")
            };
            Reply::of(request.body(r#"{"name":"Ada","score":1,"kind":"secret"}"#)).await
        };
        for kind in [
            "text/plain",
            "text/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/octet-stream",
            "application/jsonp",
            "application/json5",
            "application",
            "json",
            "*/*",
            "",
        ] {
            send("content-type", kind).await.is_error(415, "unsupported_media_type", None);
        }
        for coding in ["gzip", "deflate", "br", "zstd", "gzip, identity", "GZIP"] {
            send("content-encoding", coding).await.is_error(415, "unsupported_media_type", None);
        }
        for kind in [
            "application/json",
            "application/json; charset=utf-8",
            "application/json;charset=UTF-8",
            "Application/JSON",
            "application/json ; charset=\"utf-8\"",
            "application/vnd.api+json",
        ] {
            send("content-type", kind).await.ok();
        }
        send("content-encoding", "identity").await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_without_a_content_type_is_taken_for_json() {
    let fixture = Fixture::new().await;
    let (line, key) = fixture.raw_target("POST", ENTRIES);
    let body = r#"{"name":"Ada","score":1}"#;
    let length = format!("Content-Length: {}", body.len());
    exchange(&fixture.here.origin(), &line, &[&key, &length], body).await.expect("an answer").ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_body_is_refused_where_one_is_needed() {
    let fixture = Fixture::new().await;
    for (method, path) in BODIES {
        let (line, key) = fixture.raw_target(method, path);
        for headers in
            [&[key.as_str()][..], &[&key, "Content-Length: 0"], &[&key, "Content-Type: application/json"]]
        {
            let answer = exchange(&fixture.here.origin(), &line, headers, "").await.expect("an answer");
            answer.is_error(400, "invalid_json", None);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_framing_is_refused_or_dropped_and_the_server_goes_on() {
    let fixture = Fixture::new().await;
    let origin = fixture.here.origin();
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

    let mut raw = Raw::connect(&here.origin()).await;
    raw.send("GET / HTTP/1.1\r\n").await;
    assert!(raw.closes(Duration::from_secs(5)).await, "as is one that never ends its head");
}

#[tokio::test(flavor = "multi_thread")]
async fn http_1_0_and_pipelined_requests_are_answered() {
    let fixture = Fixture::new().await;
    let origin = fixture.here.origin();
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
    let fixture = Fixture::new().await;
    let mut idle = Vec::new();
    for _ in 0..500 {
        idle.push(Raw::connect(&fixture.here.origin()).await);
    }
    fixture.is_alive().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_every_route_is_unavailable_in_the_same_shape() {
    let redis = crate::support::redis::Server::start(&[]);
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
