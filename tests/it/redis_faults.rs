//! What Redis can do to a replica, and how the replica comes back by itself.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use nix::sys::signal::Signal;
use rankora::{
    domain::leaderboard::{Policy, SortOrder},
    store::{BoardKeys, Keys},
};
use redis::{aio::MultiplexedConnection, cmd};
use serde_json::{Value, json};
use tokio::time::timeout;
use uuid::Uuid;

use crate::support::{
    api::{Api, Reply},
    eventually,
    process::{Process, Rankora},
    redis::Server,
    world::{Board, World},
};

const KEEPING: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "always"];
/// How soon a replica is back after Redis is.
const SOON: Duration = Duration::from_secs(4);
/// How long a request may take that isn't sent to Redis at all.
const AT_ONCE: Duration = Duration::from_millis(300);

/// A Redis to hurt, a world on it, and a leaderboard.
struct Setting {
    server: Server,
    world: World,
    board: Board,
}

/// How many changes a leaderboard has seen.
async fn last_seq(redis: &mut MultiplexedConnection, keys: &BoardKeys) -> u64 {
    let id: Vec<u8> = cmd("HGET").arg(&keys.board).arg("head").query_async(redis).await.expect("a head");
    u64::from_be_bytes(*id.first_chunk().expect("a packed id"))
}

impl Setting {
    async fn new(options: &[&str], plan: &str) -> Self {
        let server = Server::start(options);
        let world = World::on(&server);
        let replica = world.replica().await;
        let account = replica.account(plan).await;
        let board = replica.board_of(&account, SortOrder::Desc, Policy::Sum).await;
        replica.stop().await;
        Self { server, world, board }
    }

    /// A replica that is ready, and a client of it.
    async fn replica(&self, options: &[&str]) -> (Process, Api) {
        let process = self.world.process().args(options).start();
        process.ready().await;
        let api = process.api(&self.board.secret).await;
        (process, api)
    }

    fn keys(&self) -> BoardKeys {
        Keys::new(self.world.prefix()).account(self.board.account.id).leaderboard(self.board.id)
    }
}

async fn configure(redis: &mut MultiplexedConnection, name: &str, value: &str) {
    let () = cmd("CONFIG").arg("SET").arg(name).arg(value).query_async(redis).await.expect("a setting");
}

async fn ready_soon(process: &Process) {
    let since = Instant::now();
    process.ready().await;
    assert!(since.elapsed() < SOON, "{:?}\n{}", since.elapsed(), process.log());
}

#[track_caller]
fn is_unavailable(reply: &Reply) {
    reply.is_error(503, "unavailable", None);
    let seconds: u32 = reply.header("retry-after").parse().expect("a number of seconds");
    assert!(seconds >= 1);
}

/// Waits until requests are refused without Redis being asked, and checks that this is quick.
async fn fails_fast(api: &Api) {
    eventually("a quick refusal", async || {
        let since = Instant::now();
        let reply = api.get("/leaderboard").await;
        (reply.status == 503 && since.elapsed() < AT_ONCE).then_some(())
    })
    .await;
    for _ in 0..5 {
        let since = Instant::now();
        is_unavailable(&api.submit(Uuid::new_v4(), "Nobody", 1.0).await);
        is_unavailable(&api.get("/leaderboard/entries").await);
        assert!(since.elapsed() < 2 * AT_ONCE, "{:?}", since.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_may_come_later_than_the_replica() {
    let setting = Setting::new(&KEEPING, "unlimited").await;
    setting.server.kill();
    let process = setting.world.process().start();
    assert_eq!(process.unready().await, "Redis can't be reached");
    assert!(process.log().contains("No such file"), "{}", process.log());
    let api = process.api(&setting.board.secret).await;
    is_unavailable(&api.get("/leaderboard").await);
    is_unavailable(&api.submit(Uuid::new_v4(), "Ada", 1.0).await);
    api.with_key("nonsense").get("/leaderboard").await.is_error(401, "unauthorized", None);
    let health = format!("{}/healthz", process.origin().await);
    assert_eq!(reqwest::get(health).await.expect("an answer").status(), 200);

    let _server = setting.server.restart();
    ready_soon(&process).await;
    assert_eq!(api.submit(Uuid::new_v4(), "Ada", 1.0).await.ok()["rank"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_may_die_and_come_back() {
    let setting = Setting::new(&KEEPING, "unlimited").await;
    let (process, api) = setting.replica(&[]).await;
    let ada = Uuid::new_v4();
    api.submit(ada, "Ada", 1.0).await.ok();
    let mut stream = api.stream("").await;
    stream.begin().await;

    setting.server.kill();
    fails_fast(&api).await;
    assert!(process.unready().await.contains("can't be reached"));
    // A stream is refused nothing: its client would never come back from an error.
    let mut waiting = api.stream("").await;
    waiting.expect("connected").await;

    let _server = setting.server.restart();
    ready_soon(&process).await;
    assert_eq!(api.get(&format!("/leaderboard/entries/{ada}")).await.ok()["score"], 1);
    api.submit(Uuid::new_v4(), "Bob", 2.0).await.ok();
    for stream in [&mut stream, &mut waiting] {
        let fresh = stream.expect("initial").await;
        if fresh.data["pagination"]["total"] == 1 {
            assert_eq!(stream.expect("update").await.data["payload"]["new"]["name"], "Bob");
        } else {
            assert_eq!(fresh.data["entries"][0]["name"], "Bob");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hung_redis_is_waited_for_no_longer_than_the_deadline() {
    let setting = Setting::new(&[], "unlimited").await;
    let (process, api) = setting.replica(&["--redis-deadline-ms", "500"]).await;
    api.submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    setting.server.signal(Signal::SIGSTOP);
    let since = Instant::now();
    is_unavailable(&api.submit(Uuid::new_v4(), "Bob", 1.0).await);
    assert!(since.elapsed() < Duration::from_secs(2), "{:?}", since.elapsed());
    fails_fast(&api).await;
    assert!(process.unready().await.contains("can't be reached"));
    setting.server.signal(Signal::SIGCONT);
    ready_soon(&process).await;
    api.submit(Uuid::new_v4(), "Cyd", 1.0).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_answer_was_lost_is_not_repeated_and_not_hidden_by_the_cache() {
    let setting = Setting::new(&[], "unlimited").await;
    let (process, api) = setting.replica(&["--redis-deadline-ms", "300"]).await;
    let (ada, bob) = (Uuid::new_v4(), Uuid::new_v4());
    api.submit(ada, "Ada", 5.0).await.ok();
    let list = async || api.get("/leaderboard/entries").await.ok();
    assert_eq!(
        (list().await["pagination"]["total"].clone(), list().await["entries"][0]["score"].clone()),
        (json!(1), json!(5))
    );

    setting.server.signal(Signal::SIGSTOP);
    let submissions = [api.submit(ada, "Ada", 5.0), api.submit(bob, "Bob", 7.0)];
    // Not asked again and again until Redis is back.
    for reply in timeout(SOON, join_all(submissions)).await.expect("answers") {
        is_unavailable(&reply);
    }
    setting.server.signal(Signal::SIGCONT);
    ready_soon(&process).await;
    let mut redis = setting.server.connection().await;
    let done = eventually("both submissions", async || {
        let done = last_seq(&mut redis.clone(), &setting.keys()).await;
        (done >= 3).then_some(done)
    })
    .await;
    assert_eq!(done, 3, "each once");
    let page = list().await;
    let rows: Vec<_> =
        page["entries"].as_array().expect("rows").iter().map(|row| (&row["name"], &row["score"])).collect();
    assert_eq!(rows, [(&json!("Ada"), &json!(10)), (&json!("Bob"), &json!(7))]);
    // Nor later.
    assert_eq!(last_seq(&mut redis, &setting.keys()).await, 3);
}

/// What the leaderboard says of itself, which must agree whatever happened.
async fn agreed_entries(setting: &Setting, api: &Api, redis: &mut MultiplexedConnection) -> u64 {
    let keys = setting.keys();
    let entries: u64 = cmd("HLEN").arg(&keys.entries).query_async(redis).await.expect("a number");
    let ranked: u64 = cmd("ZCARD").arg(&keys.ranking).query_async(redis).await.expect("a number");
    let usage = api.with_key(&setting.board.account.management).get("/usage").await.ok();
    assert_eq!((entries, &json!(entries)), (ranked, &usage["currentEntries"]));
    entries
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_redis_is_read_and_deleted_from_until_there_is_room() {
    let setting = Setting::new(&[], "pro").await;
    let (process, api) = setting.replica(&[]).await;
    let metadata: Value = (0..10).map(|n| (format!("key {n}"), json!("x".repeat(60)))).collect();
    let players: Vec<_> = (0..500).map(|_| Uuid::new_v4()).collect();
    for player in &players {
        let body = json!({"name": "Somebody", "score": 1, "player_id": player, "metadata": metadata});
        api.post("/leaderboard/entries", &body).await.ok();
    }
    let mut redis = setting.server.connection().await;
    let info: String = cmd("INFO").arg("memory").query_async(&mut redis).await.expect("INFO");
    let used = info.lines().find_map(|line| line.strip_prefix("used_memory:")).expect("a number");
    let used: u64 = used.trim().parse().expect("a number");
    configure(&mut redis, "maxmemory", &(used - 50_000).to_string()).await;

    let refused = Uuid::new_v4();
    let body = json!({"name": "Somebody", "score": 1, "player_id": refused, "metadata": metadata});
    is_unavailable(&api.post("/leaderboard/entries", &body).await);
    let record = process.logged("Redis could not be used").await;
    assert!(record["error"].as_str().expect("text").starts_with("Redis is out of memory"), "{record}");
    api.get(&format!("/leaderboard/entries/{refused}")).await.is_error(404, "not_found", None);
    api.delete(&format!("/leaderboard/entries/{refused}")).await.is_error(404, "not_found", None);
    assert_eq!(agreed_entries(&setting, &api, &mut redis).await, 500);

    for path in ["/leaderboard", "/leaderboard/entries", "/leaderboard/entries?limit=50", "/usage"] {
        api.get(path).await.ok();
    }
    api.get(&format!("/leaderboard/entries/{}", players[0])).await.ok();
    let mut stream = api.stream("").await;
    assert_eq!(stream.begin().await.data["pagination"]["total"], 500);
    // A new score first frees what the old one took; whatever else is written needs room.
    assert_eq!(api.submit(players[0], "Other", 1.0).await.ok()["score"], 2);
    is_unavailable(&api.submit(players[0], "Another", 0.0).await);
    let entry = api.get(&format!("/leaderboard/entries/{}", players[0])).await.ok();
    assert_eq!((&entry["score"], &entry["name"]), (&json!(2), &json!("Other")));
    assert_eq!(process.readiness().await.0, 200, "it serves what it can");

    let mut deleted = 0;
    for player in &players {
        api.delete(&format!("/leaderboard/entries/{player}")).await.ok();
        deleted += 1;
        assert_eq!(agreed_entries(&setting, &api, &mut redis).await, 500 - deleted);
        if api.post("/leaderboard/entries", &body).await.status == 200 {
            break;
        }
    }
    assert!((10..450).contains(&deleted), "{deleted} deletions made room");
    assert_eq!(agreed_entries(&setting, &api, &mut redis).await, 501 - deleted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_became_a_replica_refuses_until_it_is_promoted() {
    let setting = Setting::new(&[], "unlimited").await;
    let (process, api) = setting.replica(&[]).await;
    api.submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    let mut redis = setting.server.connection().await;
    let () = cmd("REPLICAOF").arg("127.0.0.1").arg(1).query_async(&mut redis).await.expect("REPLICAOF");
    assert_eq!(process.unready().await, "Redis is a read-only replica");
    is_unavailable(&api.submit(Uuid::new_v4(), "Bob", 1.0).await);
    is_unavailable(&api.get("/leaderboard/entries?limit=7").await);
    let () = cmd("REPLICAOF").arg("NO").arg("ONE").query_async(&mut redis).await.expect("REPLICAOF");
    ready_soon(&process).await;
    api.submit(Uuid::new_v4(), "Bob", 1.0).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loading_redis_is_waited_for() {
    let setting = Setting::new(&KEEPING, "unlimited").await;
    let mut redis = setting.server.connection().await;
    for thousand in 0..40 {
        let mut pipeline = redis::pipe();
        for key in 0..1000 {
            pipeline.set(thousand * 1000 + key, "").ignore();
        }
        let () = pipeline.query_async(&mut redis).await.expect("keys");
    }
    let (process, api) = setting.replica(&[]).await;
    setting.server.kill();
    // Each command of the file takes so many microseconds, which makes it a large one.
    let server = setting.server.restart_with(&["--key-load-delay", "200"]);
    eventually("the reason", async || (process.unready().await == "Redis is loading its data").then_some(()))
        .await;
    is_unavailable(&api.submit(Uuid::new_v4(), "Ada", 1.0).await);
    is_unavailable(&api.get("/leaderboard").await);
    is_unavailable(&api.get("/leaderboard/entries?limit=9").await);
    let mut redis = server.connection().await;
    configure(&mut redis, "key-load-delay", "0").await;
    ready_soon(&process).await;
    api.submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_would_evict_is_not_used() {
    let setting = Setting::new(&[], "unlimited").await;
    let (process, api) = setting.replica(&[]).await;
    api.submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    let mut redis = setting.server.connection().await;
    configure(&mut redis, "maxmemory", "100mb").await;
    configure(&mut redis, "maxmemory-policy", "allkeys-lru").await;
    let reason = process.unready().await;
    assert!(reason.contains("maxmemory-policy is allkeys-lru and must be noeviction"), "{reason}");
    let since = Instant::now();
    is_unavailable(&api.submit(Uuid::new_v4(), "Bob", 1.0).await);
    assert!(since.elapsed() < AT_ONCE);
    let record = process.logged("Redis can't be used").await;
    assert_eq!(record["redis.health"], reason);
    let record = process.logged("Redis could not be used").await;
    assert_eq!(record["error"], reason);
    configure(&mut redis, "maxmemory-policy", "noeviction").await;
    ready_soon(&process).await;
    assert_eq!(api.submit(Uuid::new_v4(), "Bob", 2.0).await.ok()["total_entries"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_and_not_shown() {
    let server = Server::start(&["--requirepass", "the-right-one"]);
    for (credentials, reason) in [("?pass=the-wrong-one", "Password authentication failed"), ("", "NOAUTH")] {
        let url = format!("{}{credentials}", server.url());
        let process = Rankora::serve().args(&["--log", "trace"]).env("RANKORA_REDIS_URL", &url).start();
        process.address().await;
        eventually("the reason", async || {
            let told = process.unready().await == "Redis can't be reached";
            (told && process.log().contains(reason)).then_some(())
        })
        .await;
        assert!(!process.log().contains("the-wrong-one"), "{}", process.log());
        assert!(!process.log().contains("the-right-one"), "{}", process.log());
    }
    let url = format!("{}?pass=the-right-one", server.url());
    let process = Rankora::serve().args(&["--log", "trace"]).env("RANKORA_REDIS_URL", &url).start();
    process.ready().await;
    assert!(!process.log().contains("the-right-one"), "{}", process.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_costs_neither_cpu_nor_log() {
    let setting = Setting::new(&[], "unlimited").await;
    let (process, api) = setting.replica(&[]).await;
    let mut streams = join_all((0..20).map(|_| api.stream(""))).await;
    for stream in &mut streams {
        stream.begin().await;
    }
    setting.server.kill();
    fails_fast(&api).await;
    let (since, cpu) = (Instant::now(), process.cpu_time());
    eventually("three seconds", async || (since.elapsed() > Duration::from_secs(3)).then_some(())).await;
    let used = process.cpu_time() - cpu;
    assert!(used < Duration::from_millis(150), "{used:?} of 3 s");

    let lines = process.records().len();
    let since = Instant::now();
    for _ in 0..50 {
        for reply in join_all((0..20).map(|_| api.get("/leaderboard"))).await {
            is_unavailable(&reply);
        }
    }
    let seconds = since.elapsed().as_secs() + 1;
    let written = process.records().len() - lines;
    assert!(written as u64 <= 12 * seconds, "{written} lines in {seconds} s");
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_wait_for_redis_are_told_of_the_end() {
    let setting = Setting::new(&[], "unlimited").await;
    let (process, api) = setting.replica(&[]).await;
    let mut open = api.stream("").await;
    open.begin().await;
    setting.server.kill();
    fails_fast(&api).await;
    let mut waiting = api.stream("").await;
    waiting.expect("connected").await;
    process.signal(Signal::SIGTERM);
    for stream in [&mut open, &mut waiting] {
        assert_eq!(stream.expect("error").await.data["message"], "The server is shutting down");
        assert!(stream.next().await.is_none());
    }
    assert_eq!(process.ended_within(Duration::from_secs(8)).await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hung_redis_does_not_hold_the_end_up() {
    let setting = Setting::new(&[], "pro").await;
    let (process, api) = setting.replica(&["--redis-deadline-ms", "500"]).await;
    let mut stream = api.stream("").await;
    stream.begin().await;
    for _ in 0..20 {
        api.get("/leaderboard/entries").await.ok();
    }
    setting.server.signal(Signal::SIGSTOP);
    process.signal(Signal::SIGTERM);
    assert_eq!(stream.expect("error").await.data["message"], "The server is shutting down");
    assert_eq!(process.ended_within(Duration::from_secs(8)).await.code(), Some(0));
}
