//! What an operator sees: logs, metrics, health.

use std::{
    collections::{BTreeSet, HashMap},
    net::{Ipv6Addr, SocketAddr, TcpListener},
};

use hyper_util::rt::{TokioExecutor, TokioIo};
use nix::sys::signal::Signal;
use reqwest::{Client, Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    eventually,
    process::{Process, Rankora},
    redis::Server,
    world::World,
};

/// Numbers of a scrape, by the line's name and labels.
struct Scrape(HashMap<String, f64>);

impl Scrape {
    async fn of(process: &Process) -> Self {
        let url = format!("http://{}/metrics", process.metrics_address().await);
        let answer =
            Client::builder().no_proxy().build().expect("a client").get(url).send().await.expect("an answer");
        assert!(answer.headers()["content-type"].to_str().expect("text").starts_with("text/plain"));
        let text = answer.text().await.expect("text");
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let parsed = lines.map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
            (name.to_owned(), value.parse().unwrap_or_else(|error| panic!("{error}: {line}")))
        });
        Self(parsed.collect())
    }

    #[track_caller]
    fn get(&self, name: &str) -> f64 {
        let known =
            || self.0.keys().filter(|key| key.starts_with("rankora")).cloned().collect::<BTreeSet<_>>();
        *self.0.get(name).unwrap_or_else(|| panic!("no {name} in {:#?}", known()))
    }

    /// All values that a label has.
    fn values_of(&self, label: &str) -> BTreeSet<&str> {
        let marked = format!("{label}=\"");
        self.0.keys().filter_map(|key| key.split_once(&marked)?.1.split('"').next()).collect()
    }
}

fn request_total(method: &str, path: &str, status: u16) -> String {
    format!(r#"rankora_requests_total{{method="{method}",route="{path}",status="{status}"}}"#)
}

const LIST: &str = "/api/v1/leaderboard/entries";

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_tell_what_happened() {
    let world = World::new()
        .with_plans(
            r#"
        [[plan]]
        name = "small"
        requests_per_month = 100
        leaderboards = 1
        entries = 2
        metadata = false
        realtime_streams = 1
        burst = { per_second = 50, bucket = 50 }
        "#,
        )
        .with_options(&["--default-plan", "small"]);
    let here = world.replica().await;
    let board = here.board("small").await;
    let process = world.process().args(&["--metrics-listen", "127.0.0.1:0"]).start();
    process.ready().await;
    let api = process.api(&board.secret).await;

    let before = Scrape::of(&process).await;
    assert_eq!((before.get("rankora_redis_ready"), before.get("rankora_open_streams")), (1.0, 0.0));
    let version = format!(r#"rankora_build_info{{version="{}"}}"#, env!("CARGO_PKG_VERSION"));
    assert_eq!(before.get(&version), 1.0);
    assert!(before.get("process_cpu_seconds_total") > 0.0);
    assert!(before.get("process_resident_memory_bytes") > 1e6);
    assert!(before.get("process_open_fds") > 5.0);
    assert!(before.get("process_start_time_seconds") > 1e9);

    let mut stream = api.stream("").await;
    stream.begin().await;
    assert_eq!(Scrape::of(&process).await.get("rankora_open_streams"), 1.0);
    api.get("/realtime").await.is_error(429, "stream_limit", None);
    let ada = Uuid::new_v4();
    api.submit(ada, "Ada", 1.0).await.ok();
    api.submit(Uuid::new_v4(), "Bob", 2.0).await.ok();
    api.submit(Uuid::new_v4(), "Cyd", 3.0).await.is_error(400, "plan_limit", None);
    let marked = json!({"name": "Ada", "score": 1, "player_id": ada, "metadata": {"a": 1}});
    api.post("/leaderboard/entries", &marked).await.is_error(400, "plan_restriction", Some("metadata"));
    for _ in 0..2 {
        stream.expect("update").await;
    }
    assert_eq!(api.get("/leaderboard/entries").await.header("x-cache"), "MISS");
    for _ in 0..3 {
        assert_eq!(api.get("/leaderboard/entries").await.header("x-cache"), "HIT");
    }
    api.get(&format!("/leaderboard/entries/{ada}")).await.ok();
    api.get("/leaderboard/entries?limit=0").await.is_error(400, "invalid_limit", Some("limit"));
    api.with_key("nonsense").get("/leaderboard").await.is_error(401, "unauthorized", None);
    drop(stream);
    let after = eventually("the stream's end", async || {
        let scrape = Scrape::of(&process).await;
        (scrape.get("rankora_open_streams") == 0.0).then_some(scrape)
    })
    .await;
    for (method, path, status, count) in [
        ("POST", LIST, 200, 2.0),
        ("POST", LIST, 400, 2.0),
        ("GET", LIST, 200, 4.0),
        ("GET", LIST, 400, 1.0),
        ("GET", "/api/v1/leaderboard/entries/{player_id}", 200, 1.0),
        ("GET", "/api/v1/leaderboard", 401, 1.0),
        ("GET", "/api/v1/realtime", 200, 1.0),
        ("GET", "/api/v1/realtime", 429, 1.0),
    ] {
        let name = request_total(method, path, status);
        assert_eq!(after.get(&name) - before.0.get(&name).unwrap_or(&0.0), count, "{name}");
    }
    let labels = format!(r#"method="GET",route="{LIST}""#);
    assert_eq!(after.get(&format!("rankora_request_seconds_count{{{labels}}}")), 5.0);
    assert_eq!(after.get(&format!(r#"rankora_request_seconds_bucket{{{labels},le="+Inf"}}"#)), 5.0);
    let sum = after.get(&format!("rankora_request_seconds_sum{{{labels}}}"));
    assert!(sum > 0.0 && sum < 20.0, "{sum}");
    assert_eq!(after.get(r#"rankora_page_cache_total{result="hit"}"#), 3.0);
    // One of them for the stream.
    assert_eq!(after.get(r#"rankora_page_cache_total{result="miss"}"#), 2.0);
    assert_eq!(after.get("rankora_events_relayed_total"), 2.0);
    assert!(after.get("rankora_redis_round_trips_total") > before.get("rankora_redis_round_trips_total"));
    for (path, code) in
        [("/api/v1/realtime", "stream_limit"), (LIST, "plan_limit"), (LIST, "plan_restriction")]
    {
        assert_eq!(after.get(&format!(r#"rankora_refusals_total{{route="{path}",code="{code}"}}"#)), 1.0);
    }

    // Up to the burst, and up to the month's end.
    for code in ["rate_limited", "quota_exceeded"] {
        let name = format!(r#"rankora_refusals_total{{route="/api/v1/leaderboard",code="{code}"}}"#);
        let refused = eventually(code, async || {
            let reply = api.get("/leaderboard").await;
            (reply.status == 429 && reply.json()["code"] == code).then_some(1)
        });
        refused.await;
        assert!(Scrape::of(&process).await.get(&name) >= 1.0);
    }
    here.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_tell_of_an_outage_and_its_consequences() {
    let server = Server::start(&["--appendonly", "yes"]);
    let world = World::on(&server);
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    here.stop().await;
    let process = world.process().args(&["--metrics-listen", "127.0.0.1:0"]).start();
    process.ready().await;
    let api = process.api(&board.secret).await;
    let mut stream = api.stream("?limit=1").await;
    stream.begin().await;
    server.kill();
    eventually("the outage", async || {
        (Scrape::of(&process).await.get("rankora_redis_ready") == 0.0).then_some(())
    })
    .await;
    let _server = server.restart();
    stream.expect("initial").await;
    process.ready().await;
    let scrape = Scrape::of(&process).await;
    assert_eq!(scrape.get("rankora_redis_ready"), 1.0);
    assert!(scrape.get("rankora_stream_gaps_total") >= 1.0);
    assert!(scrape.get("rankora_stream_resyncs_total") >= 1.0);

    // Bob takes Ada's row in a page of one, and is gone again: what is there then, only Redis knows.
    let bob = Uuid::new_v4();
    api.submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    api.submit(bob, "Bob", 2.0).await.ok();
    api.delete(&format!("/leaderboard/entries/{bob}")).await.ok();
    while stream.next().await.expect("a fresh page").kind() != "initial" {}
    assert!(Scrape::of(&process).await.get("rankora_stream_reloads_total") >= 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_paths_and_methods_make_no_labels() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let process = world.process().args(&["--metrics-listen", "127.0.0.1:0"]).start();
    process.ready().await;
    let origin = process.origin().await;
    let client = Client::builder().no_proxy().build().expect("a client");
    let paths = ["/api/v1/leaderboard/entries/", "/api/v1/", "/", "/api/v1/leaderboards/", "/%22%7d/"];
    for n in 0..20 {
        for path in paths {
            let url = format!("{origin}{path}{n}-{}?x={n}", Uuid::new_v4());
            for method in ["GET", "BREW", &format!("M{n}")] {
                let method = Method::from_bytes(method.as_bytes()).expect("a method");
                let answer = client.request(method, &url).bearer_auth(&board.secret).send().await;
                assert!(answer.expect("an answer").status().is_client_error(), "{url}");
            }
        }
    }
    let scrape = Scrape::of(&process).await;
    assert!(
        scrape.values_of("method").is_subset(&["GET", "other"].into()),
        "{:?}",
        scrape.values_of("method")
    );
    let routes = ["none", "/readyz", "/api/v1/leaderboard/entries/{player_id}", "/api/v1/leaderboards/{id}"];
    assert!(scrape.values_of("route").is_subset(&routes.into()), "{:?}", scrape.values_of("route"));
    assert!(scrape.0.len() < 200, "{} lines", scrape.0.len());
    here.stop().await;
}

/// A request over HTTP/2, and its answer's status and request id.
async fn over_http2(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> (StatusCode, String) {
    let stream = tokio::net::TcpStream::connect(address).await.expect("a connection");
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.expect("HTTP/2");
    let connection = tokio::spawn(connection);
    let mut request = hyper::Request::get(format!("http://{address}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(http_body_util::Empty::<bytes::Bytes>::new()).expect("a request");
    let answer = sender.send_request(request).await.expect("an answer");
    let id = answer.headers()["x-request-id"].to_str().expect("text").to_owned();
    connection.abort();
    (answer.status(), id)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_json_with_request_ids_and_without_secrets() {
    let server = Server::start(&["--requirepass", "redis-password"]);
    let world = World::on(&server).through(&format!("{}?pass=redis-password", server.url()));
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let process = world.process().args(&["--log", "trace"]).start();
    process.ready().await;
    let api = process.api(&board.secret).await;
    let headers = [
        ("cookie", "session=cookie-value"),
        ("x-custom", "header-value"),
        ("idempotency-key", "idempotency-value"),
    ];
    let mut ids = Vec::new();
    let mut note = |status: StatusCode, expected: u16, id: &str| {
        assert_eq!(status, expected);
        ids.push(id.to_owned());
    };
    for (method, path, key, expected) in [
        (Method::GET, "/leaderboard/entries?x=query-value".to_owned(), &board.secret, 200),
        (Method::GET, format!("/leaderboard/entries/{}?x=query-value", Uuid::new_v4()), &board.secret, 404),
        (Method::GET, "/leaderboard?x=query-value".to_owned(), &board.publishable, 200),
        (Method::GET, "/leaderboards".to_owned(), &board.account.management, 200),
        (Method::POST, "/leaderboards?x=query-value".to_owned(), &board.account.management, 400),
        (Method::GET, "/leaderboard".to_owned(), &"rk_sec_malformed-value".to_owned(), 401),
        (Method::GET, "/nowhere?x=query-value".to_owned(), &board.secret, 404),
        (Method::POST, "/leaderboard/entries?x=query-value".to_owned(), &board.secret, 400),
    ] {
        let mut request = api.with_key(key).request(method, &path);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = request.body("body-value").send().await.expect("an answer");
        note(answer.status(), expected, answer.headers()["x-request-id"].to_str().expect("text"));
    }
    let in_url = api.anonymous(Method::GET, &format!("/leaderboard?key={}", board.publishable));
    let answer = in_url.send().await.expect("an answer");
    note(answer.status(), 200, answer.headers()["x-request-id"].to_str().expect("text"));
    let bearer = format!("Bearer {}", board.secret);
    let mut all = headers.to_vec();
    all.push(("authorization", &bearer));
    let path = format!("/api/v1/leaderboard/entries?key={}&x=query-value", board.publishable);
    let (status, id) = over_http2(process.address().await, &path, &all).await;
    note(status, 200, &id);
    let revoked = here.api(&board.account.management);
    let keys = revoked.get(&format!("/leaderboards/{}/keys", board.id)).await.ok();
    for key in keys["keys"].as_array().expect("keys") {
        let path = format!("/leaderboards/{}/keys/{}", board.id, key["id"].as_str().expect("an id"));
        revoked.delete(&path).await.ok();
    }
    server.signal(Signal::SIGKILL);
    process.unready().await;
    process.signal(Signal::SIGTERM);
    process.ended().await;

    let records = process.records();
    let logged: Vec<_> = records.iter().filter_map(|record| record["span"]["request.id"].as_str()).collect();
    for id in &ids {
        assert!(logged.contains(&id.as_str()), "{id}");
    }
    let log = process.log();
    let secrets = [
        &board.secret,
        &board.publishable,
        &board.account.management,
        "Bearer",
        "redis-password",
        "cookie-value",
        "header-value",
        "idempotency-value",
        "query-value",
        "malformed-value",
        "body-value",
    ];
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
        let bytes = format!("{:?}", secret.as_bytes());
        assert!(!log.contains(&bytes[1..bytes.len() - 1]), "{secret} in bytes");
    }
    here.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_logged_at_debug_only() {
    // One server: each is told of in a line of its own.
    let world = World::on(crate::support::redis::shared());
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let process = world.process().start();
    process.ready().await;
    eventually("the last line of the start", async || {
        process.log().contains("listening for events").then_some(())
    })
    .await;
    let before = process.records().len();
    let api = process.api(&board.secret).await;
    api.get("/leaderboard").await.ok();
    api.submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    api.get("/leaderboard/entries?limit=0").await.is_error(400, "invalid_limit", Some("limit"));
    api.with_key("nonsense").get("/leaderboard").await.is_error(401, "unauthorized", None);
    assert_eq!(process.records().len(), before, "{}", process.log());

    let debugging = world.process().args(&["--log", "rankora=debug"]).start();
    debugging.ready().await;
    let reply = debugging.api(&board.secret).await.get("/leaderboard").await;
    let answered = eventually("the answer's line", async || {
        let records = debugging.records();
        records.into_iter().find(|record| record["span"]["request.id"] == reply.header("x-request-id"))
    })
    .await;
    assert_eq!((&answered["message"], &answered["level"]), (&json!("answered"), &json!("DEBUG")));
    assert_eq!((&answered["http.status"], &answered["span"]["http.method"]), (&json!(200), &json!("GET")));
    assert_eq!(answered["span"]["http.route"], "/api/v1/leaderboard");
    here.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn text_logs_in_a_file_have_no_escape_codes() {
    let world = World::new();
    let serve = Rankora::new(&["serve", "--listen", "127.0.0.1:0", "--redis-url", world.redis_url()]).start();
    eventually("a line", async || serve.log().contains(" serving ").then_some(())).await;
    serve.signal(Signal::SIGTERM);
    serve.ended().await;
    assert!(!serve.log().contains('\u{1b}'), "{:?}", serve.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_healthcheck_asks_the_server_wherever_it_listens() {
    let world = World::new();
    let check = async |listen: &str| Rankora::new(&["healthcheck"]).env("RANKORA_LISTEN", listen).run().await;
    let mut everywhere = vec!["127.0.0.1", "0.0.0.0"];
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
        everywhere.extend(["[::1]", "[::]"]);
    }
    for place in everywhere {
        let args = ["serve", "--log-format", "json", "--redis-url", world.redis_url()];
        let process = Rankora::new(&args).env("RANKORA_LISTEN", &format!("{place}:0")).start();
        process.ready().await;
        let address = process.address().await;
        let ended = check(&address.to_string()).await;
        assert!(ended.status.success(), "{place}: {ended:?}");
        assert_eq!((ended.output.as_str(), ended.log.as_str()), ("", ""));
    }

    let args =
        ["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--redis-url", "redis+unix:///nowhere"];
    let unready = Rankora::new(&args).start();
    unready.unready().await;
    let ended = check(&unready.address().await.to_string()).await;
    assert_eq!(ended.status.code(), Some(1));
    assert!(
        ended.log.starts_with("rankora: not ready: ") && ended.log.contains("can't be reached"),
        "{ended:?}"
    );

    let nobody =
        TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").to_string();
    let ended = check(&nobody).await;
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.log.starts_with(&format!("rankora: asking {nobody}: Connection refused")), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proxy_names_routes_that_exist() {
    let world = World::new();
    let here = world.replica().await;
    let routes = include_str!("../../deploy/proxy/routes.conf");
    let named: Vec<_> =
        routes.lines().filter_map(|line| line.strip_prefix("location = ")?.split(' ').next()).collect();
    assert!(named.contains(&"/api/v1/realtime"), "{named:?}");
    for route in named.into_iter().filter(|route| *route != "/proxy-healthz") {
        let answer = reqwest::get(format!("{}{route}", here.origin())).await.expect("an answer");
        assert_eq!(answer.status(), 401, "{route}");
    }
    here.stop().await;
}
