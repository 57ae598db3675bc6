//! What an attacker would try, as far as no other module does already. `docs/security.md` names the test for each
//! threat.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    time::Duration,
};

use clap::Parser;
use nix::sys::signal::Signal;
use rankora::config::Cli;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use crate::support::{
    api::{Api, Reply},
    demo::Demo,
    eventually,
    process::{Process, Rankora},
    proxy::Proxy,
    raw::{Raw, exchange},
    redis::Server,
    sse::Blocks,
    world::World,
};

const ENTRIES: &str = "/leaderboard/entries";

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}")).to_owned()
}

/// Checks that a log has none of these in it, neither as text nor as bytes.
#[track_caller]
fn keeps_to_itself(log: &str, secrets: &[String]) {
    for secret in secrets {
        assert!(secret.len() > 7, "{secret}");
        let line = log.lines().find(|line| line.contains(secret.as_str()));
        assert_eq!(line, None, "{secret}");
        let bytes = format!("{:?}", secret.as_bytes());
        assert!(!log.contains(&bytes[1..bytes.len() - 1]), "{secret} in bytes");
    }
}

/// An admin command's answer; what it logs must keep its secrets.
async fn admin(directory: &TempDir, args: &[&str]) -> (Value, String) {
    let command = Rankora::admin(directory.path(), args).args(&["--json", "--log", "trace"]);
    let ended = command.run().await;
    assert!(ended.status.success(), "{ended:?}");
    (serde_json::from_str(&ended.output).expect("JSON"), ended.log)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_is_in_any_log_from_its_making_to_its_end() {
    let directory = TempDir::new().expect("a directory");
    let mut log = String::new();
    let mut run = async |args: &[&str]| {
        let (answer, said) = admin(&directory, args).await;
        log += &said;
        answer
    };
    run(&["account", "create", "--email", "who@example.org"]).await;
    let management = text(&run(&["account", "key", "create", "--account", "who@example.org"]).await, "key");
    let board = run(&["leaderboard", "create", "--account", "who@example.org", "--name", "Board"]).await;
    let id = text(&board["leaderboard"], "id");
    let mut secrets = vec![management.clone(), text(&board, "secret_key"), text(&board, "publishable_key")];

    let process = Rankora::serve().data_dir(directory.path()).args(&["--log", "trace"]).start();
    process.ready().await;
    let api = process.api(&management).await;
    let keys = format!("/leaderboards/{id}/keys");
    let secret = api.post(&keys, &json!({"kind": "secret"})).await.ok();
    let publishable = api.post(&keys, &json!({"kind": "publishable"})).await.ok();
    api.get(&keys).await.ok();
    let (secret, public) = (text(&secret, "key"), text(&publishable, "key"));
    secrets.extend([secret.clone(), public.clone()]);

    let player = api.with_key(&secret);
    player.submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    // Where a key doesn't belong, and people put it nevertheless.
    player.get(&format!("{ENTRIES}/{secret}")).await.is_error(400, "invalid_player_id", Some("player_id"));
    player.get(&format!("/{secret}")).await.is_error(404, "not_found", None);
    player.post(ENTRIES, &json!({"name": secret, "score": 1})).await;
    player.post(ENTRIES, &json!({"name": "Ada", "score": 1, "player_id": secret})).await;
    let mut request = player.request(Method::POST, ENTRIES).json(&json!({"name": "Ada", "score": 1}));
    for name in ["idempotency-key", "last-event-id", "user-agent", "referer", "cookie", "x-request-id"] {
        request = request.header(name, &secret);
    }
    Reply::of(request).await.ok();
    let in_url = |key: &str| api.anonymous(Method::GET, &format!("/leaderboard?key={key}"));
    Reply::of(in_url(&secret)).await.is_error(401, "unauthorized", None);
    let basic = api.anonymous(Method::GET, "/leaderboard").header("authorization", format!("Basic {secret}"));
    Reply::of(basic).await.is_error(401, "unauthorized", None);
    let stream = api.anonymous(Method::GET, &format!("/realtime?key={public}")).send().await;
    let mut stream = Blocks::of(stream.expect("a stream"));
    stream.next().await.expect("a message");
    api.delete(&format!("{keys}/{}", text(&publishable, "id"))).await.ok();
    while stream.next().await.is_some() {}
    Reply::of(in_url(&public)).await.is_error(401, "unauthorized", None);
    process.signal(Signal::SIGTERM);
    process.ended().await;

    log += &process.log();
    log += &fs::read_to_string(directory.path().join("redis.log")).expect("a log");
    assert!(log.contains("answered") && log.contains("eady to accept connections"), "{log}");
    secrets.push("who@example.org".to_owned());
    keeps_to_itself(&log, &secrets);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_url_that_can_not_be_used_is_told_without_its_password() {
    for url in [
        "redis://user:p4ssw0rd@host:port",
        "redis://user:p4ssw0rd@[::1",
        "redis://user:p4ssw0rd@127.0.0.1:1/database",
        "rediss://user:p4ssw0rd@127.0.0.1:1/#p4ssw0rd",
        "redis+sentinel://user:p4ssw0rd@host",
        "redis+sentinel://host/name?sentinel_password=p4ssw0rd&x=p4ssw0rd",
        "redis+cluster://user:p4ssw0rd@host:port",
        "http://user:p4ssw0rd@host",
        "p4ssw0rd",
    ] {
        let serve = Rankora::new(&["serve", "--listen", "127.0.0.1:0", "--log", "trace"]);
        let ended = serve.env("RANKORA_REDIS_URL", url).run().await;
        assert_eq!(ended.status.code(), Some(1), "{url}: {ended:?}");
        assert!(ended.log.contains("the Redis URL can't be used"), "{}", ended.log);
        keeps_to_itself(&format!("{}{}", ended.log, ended.output), &["p4ssw0rd".to_owned()]);
    }
    let url = "redis://user:p4ssw0rd@127.0.0.1:1";
    let process = Rankora::serve().args(&["--log", "trace"]).env("RANKORA_REDIS_URL", url).start();
    process.logged("Redis can't be used").await;
    let told = format!("{}{}", process.log(), process.unready().await);
    keeps_to_itself(&told, &["p4ssw0rd".to_owned()]);
    assert!(!process.unready().await.contains("127.0.0.1"), "strangers are not told where Redis is");

    let args = Cli::parse_from(["rankora", "serve", "--redis-url", url]);
    assert!(!format!("{args:?}").contains("p4ssw0rd"));
    let help = Rankora::new(&["serve", "--help"]).env("RANKORA_REDIS_URL", url).run().await;
    assert!(help.output.contains("RANKORA_REDIS_URL") && !help.output.contains("p4ssw0rd"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_redis_can_not_be_waved_through() {
    let process = Rankora::serve().env("RANKORA_REDIS_URL", "rediss://127.0.0.1:1/#insecure").start();
    let record = process.logged("Redis can't be used").await;
    assert!(text(&record, "redis.health").contains("insecure"), "{record}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demos_key_is_its_owners_alone_in_a_file_that_was_everybodys() {
    let directory = TempDir::new().expect("a directory");
    let file = directory.path().join("demo-secret-key");
    fs::write(&file, "").expect("a file");
    fs::set_permissions(&file, Permissions::from_mode(0o666)).expect("a mode");
    let demo = Demo::start_in(directory.path(), &[]).await;
    assert_eq!(fs::read_to_string(&file).expect("a file").trim(), demo.key("rk_sec_"));
    assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_clients_send_makes_no_line_and_no_request_id() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let text = Rankora::new(&["serve", "--listen", "127.0.0.1:0", "--log", "trace"]);
    let process = text.args(&["--redis-url", world.redis_url(), "--key-prefix", world.prefix()]).start();
    let address = eventually("its address", async || {
        let log = process.log();
        let line = log.lines().find(|line| line.contains(" serving address="))?;
        line.rsplit_once("address=").map(|(_, address)| address.trim().to_owned())
    })
    .await;
    let origin = format!("http://{address}");
    // Until Redis is reached, a request fails and is told of otherwise.
    eventually("readiness", async || {
        (get(format!("{origin}/readyz")).await.status == StatusCode::OK).then_some(())
    })
    .await;
    for line in [
        "GET /api/v1/%0aFORGED%0d%1b[31m",
        "GET /api/v1/leaderboard/entries/%0aFORGED",
        "GET /api/v1/leaderboard?key=rk_pub_%0aFORGED%1b",
        "FORGED /",
    ] {
        let headers =
            ["X-Request-Id: FORGED", "User-Agent: \t\u{9b}31mFORGED", "Authorization: Bearer FORGED"];
        let answer = exchange(&origin, line, &headers, "\nFORGED\x1b").await;
        if let Some(answer) = answer {
            assert!(!answer.header("x-request-id").contains("FORGED"), "{line}");
        }
    }
    let api = Api::new(&origin, &board.secret);
    let named = api.request(Method::GET, "/leaderboard").header("x-request-id", "FORGED");
    assert!(!Reply::of(named).await.header("x-request-id").contains("FORGED"));
    process.signal(Signal::SIGTERM);
    process.ended().await;
    let log = process.log();
    let answered = log.lines().filter(|line| line.contains(": answered") && !line.contains("/readyz"));
    assert_eq!(answered.count(), 5, "{log}");
    for line in log.lines() {
        assert!(line.starts_with("20") && !line.contains("FORGED"), "{line}");
        assert!(!line.contains(char::is_control), "{line:?}");
    }
    here.stop().await;
}

async fn get(url: String) -> Reply {
    Reply::of(Client::builder().no_proxy().build().expect("a client").get(url)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_on_their_own_listener_and_nothing_else_is() {
    let process: Process = World::new().process().args(&["--metrics-listen", "127.0.0.1:0"]).start();
    process.ready().await;
    let (public, metrics) = (process.origin().await, format!("http://{}", process.metrics_address().await));
    assert_eq!(get(format!("{metrics}/metrics")).await.status, 200);
    get(format!("{public}/metrics")).await.is_error(404, "not_found", None);
    for path in ["/", "/readyz", "/api/v1/openapi.json", "/api/v1/usage"] {
        assert_eq!(get(format!("{metrics}{path}")).await.status, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_path_leads_to_a_file() {
    let world = World::new();
    let here = world.replica().await;
    let home = get(here.origin()).await;
    let asset = home.text.split("\"/assets/").nth(1).and_then(|rest| rest.split('"').next());
    let asset = asset.expect("an asset");
    assert_eq!(get(format!("{}/assets/{asset}", here.origin())).await.status, 200);
    for path in [
        "/assets/../Cargo.toml",
        "/assets/..%2fCargo.toml",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
        "/assets//etc/passwd",
        "/assets/%2fetc%2fpasswd",
        &format!("/assets/{asset}%00.html"),
        &format!("/assets/./{asset}"),
        "/assets/",
        "/assets/site.css",
        "/rankora-data/redis.sock",
    ] {
        let answer = exchange(&here.origin(), &format!("GET {path}"), &[], "").await.expect("an answer");
        answer.is_error(404, "not_found", None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_tells_a_players_id_to_who_does_not_know_it() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let (owner, reader) = (here.api(&board.secret), here.api(&board.publishable));
    let management = here.api(&board.account.management);
    let (ada, bob) = (Uuid::new_v4(), Uuid::new_v4());
    owner.submit(ada, "Ada", 1.0).await.ok();
    let stream = reader.request(Method::GET, "/realtime").send().await.expect("a stream");
    let mut stream = Blocks::of(stream);
    let mut told = String::new();
    for _ in 0..2 {
        told += &stream.next().await.expect("a message");
    }
    owner.submit(bob, "Bob", 2.0).await.ok();
    owner.submit(bob, "Bob", 3.0).await.ok();
    owner.delete(&format!("{ENTRIES}/{bob}")).await.ok();
    while !told.contains("DELETE") {
        told += &stream.next().await.expect("a message");
    }
    for path in ["/leaderboard", ENTRIES, &format!("{ENTRIES}?order=asc&limit=50")] {
        told += &reader.get(path).await.text;
    }
    for path in ["/leaderboards", &format!("/leaderboards/{}", board.id), "/usage"] {
        told += &management.get(path).await.text;
    }
    assert!(told.contains("Ada") && told.contains("INSERT") && told.contains("DELETE"), "{told}");
    for player in [ada, bob] {
        for spelling in [player.to_string(), player.simple().to_string()] {
            assert!(!told.to_lowercase().contains(&spelling), "{told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_hears_of_its_own_leaderboard_alone() {
    let world = World::new();
    let (here, there) = (world.replica().await, world.replica().await);
    let (own, other) = (here.board("unlimited").await, here.board("unlimited").await);
    let mut stream = here.api(&own.publishable).stream("").await;
    let mut other_stream = here.api(&other.publishable).stream("").await;
    stream.begin().await;
    let theirs = other_stream.begin().await.id;
    // Where a stream goes on is no way to somebody else's events either.
    let mut forged = here.api(&own.publishable).stream_from("", Some(&theirs)).await;
    assert_eq!(forged.begin().await.data["entries"], json!([]));
    there.api(&other.secret).submit(Uuid::new_v4(), "Stranger", 5.0).await.ok();
    other_stream.expect("update").await;
    there.api(&own.secret).submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    for stream in [&mut stream, &mut forged] {
        let update = stream.expect("update").await;
        assert_eq!(update.data["payload"]["new"]["name"], "Ada", "{}", update.data);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_can_not_void_the_pages_that_are_kept_of_a_leaderboard() {
    let world = World::new();
    let here = world.replica().await;
    let (board, stranger) = (here.board("unlimited").await, here.account("unlimited").await);
    let (api, management) = (here.api(&board.publishable), here.api(&stranger.management));
    let path = format!("/leaderboards/{}", board.id);
    eventually("a page that is kept throughout", async || {
        let before = api.get(ENTRIES).await;
        management.post(&format!("{path}/reset"), &json!({})).await.is_error(404, "not_found", None);
        management.delete(&path).await.is_error(404, "not_found", None);
        management.patch(&path, &json!({"sort_order": "asc"})).await.is_error(404, "not_found", None);
        let after = api.get(ENTRIES).await;
        // Where it was read anew, that was since five seconds were over.
        (before.header("x-cache") == "HIT" && after.header("x-cache") == "HIT").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_makes_work_for_a_leaderboard_that_is_not_there_or_not_theirs() {
    let redis = Server::start(&[]);
    let proxy = Proxy::start(&redis);
    let world = World::on(&redis).through(&proxy.url());
    let here = world.replica().await;
    let (board, stranger) = (here.board("unlimited").await, here.account("unlimited").await);
    let management = here.api(&stranger.management);
    management.get("/leaderboards").await.ok();
    proxy.take();
    for id in [board.id.to_string(), Uuid::new_v4().to_string()] {
        let body = json!({"sort_order": "asc"});
        management.patch(&format!("/leaderboards/{id}"), &body).await.is_error(404, "not_found", None);
    }
    let sent = proxy.take().concat();
    assert!(sent.contains(&"EXISTS".to_owned()) && !sent.contains(&"SADD".to_owned()), "{sent:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_end_is_cut_off_at_16_kib() {
    let world = World::new().with_options(&["--header-deadline-ms", "600000"]);
    let here = world.replica().await;
    let mut raw = Raw::connect(&here.origin()).await;
    raw.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n").await;
    for _ in 0..10 {
        raw.send(format!("X: {}\r\n", "x".repeat(2 * 1024))).await;
    }
    let answer = raw.answer().await;
    assert!(answer.is_none_or(|answer| answer.status == 431));
    assert!(raw.closes(Duration::from_secs(10)).await, "it isn't waited for");

    let long = format!("X: {}", "x".repeat(14 * 1024));
    let answer = exchange(&here.origin(), "GET /healthz", &[&long], "").await.expect("an answer");
    assert_eq!(answer.status, 200);
}

#[test]
fn no_prefix_can_move_the_accounts_hash_tags() {
    for prefix in ["{a}", "a{", "}", "", "a b", "a\nb", "ä", &"x".repeat(65)] {
        assert!(Cli::try_parse_from(["rankora", "serve", "--key-prefix", prefix]).is_err(), "{prefix:?}");
    }
    assert!(Cli::try_parse_from(["rankora", "serve", "--key-prefix", "game-1:a/b_c.d"]).is_ok());
}
