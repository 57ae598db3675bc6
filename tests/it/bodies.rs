//! What bodies may be, and what is answered to those that may not.

use crate::support::{
    api::{Api, Reply},
    raw::{Raw, exchange, exchange_bytes},
    routes::Fixture,
    world::World,
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

fn of(api: &Api, method: &str, path: &str) -> reqwest::RequestBuilder {
    api.request(method.parse().expect("a method"), path)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_json_object_is_refused() {
    let fixture = Fixture::new(&World::new()).await;
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
    let fixture = Fixture::new(&World::new()).await;
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
    let fixture = Fixture::new(&World::new()).await;
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
    let fixture = Fixture::new(&World::new()).await;
    let origin = fixture.replica.origin();
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
    let fixture = Fixture::new(&World::new()).await;
    let origin = fixture.replica.origin();
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
    let fixture = Fixture::new(&World::new()).await;
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
        let mut raw = Raw::connect(&fixture.replica.origin()).await;
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
    let fixture = Fixture::new(&World::new()).await;
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
    let fixture = Fixture::new(&World::new()).await;
    let (line, key) = fixture.raw_target("POST", ENTRIES);
    let body = r#"{"name":"Ada","score":1}"#;
    let length = format!("Content-Length: {}", body.len());
    exchange(&fixture.replica.origin(), &line, &[&key, &length], body).await.expect("an answer").ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_body_is_refused_where_one_is_needed() {
    let fixture = Fixture::new(&World::new()).await;
    for (method, path) in BODIES {
        let (line, key) = fixture.raw_target(method, path);
        for headers in
            [&[key.as_str()][..], &[&key, "Content-Length: 0"], &[&key, "Content-Type: application/json"]]
        {
            let answer = exchange(&fixture.replica.origin(), &line, headers, "").await.expect("an answer");
            answer.is_error(400, "invalid_json", None);
        }
    }
}
