//! What Prometheus reads: that each number follows what it is said to count. What a request counts is in
//! `operation.rs`.

use std::{net::TcpStream, process::Command, time::Duration};

use nix::sys::signal::Signal;
use rankora::store::Keys;
use reqwest::Method;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};
use uuid::Uuid;

use crate::support::{
    eventually,
    process::{Process, Rankora},
    redis::Server,
    scrape::Scrape,
    topology::cluster::Cluster,
    world::{Board, World},
};

const SERVE_METRICS: [&str; 2] = ["--metrics-listen", "127.0.0.1:0"];

/// A leaderboard, and a replica in a process of its own that serves metrics.
async fn watched(world: &World, options: &[&str]) -> (Process, Board) {
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    here.stop().await;
    let process = world.process().args(&SERVE_METRICS).args(options).start();
    process.ready().await;
    (process, board)
}

async fn configure(server: &Server, name: &str, value: &str) {
    let mut redis = server.connection().await;
    redis::cmd("CONFIG").arg("SET").arg(name).arg(value).exec_async(&mut redis).await.expect("a setting");
}

/// Waits for a line of the scrape to have this value.
async fn becomes(process: &Process, line: &str, value: f64) {
    eventually(&format!("{line} {value}"), async || {
        (Scrape::of(process).await.find(line) == Some(value)).then_some(())
    })
    .await;
}

fn failures(kind: &str) -> String {
    format!(r#"rankora_failures_total{{kind="{kind}"}}"#)
}

#[tokio::test(flavor = "multi_thread")]
async fn gauges_are_there_before_anything_happened_and_follow_redis() {
    let server = Server::start(&[]);
    let world = World::on(&server).with_options(&SERVE_METRICS);
    let process = world.process().start();
    process.ready().await;

    let scrape = Scrape::of(&process).await;
    assert_eq!((scrape.get("rankora_open_streams"), scrape.get("rankora_redis_ready")), (0.0, 1.0));

    server.kill();
    becomes(&process, "rankora_redis_ready", 0.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_server_is_told_of_as_it_is_now() {
    let server = Server::start(&["--appendonly", "yes"]);
    let (process, _) = watched(&World::on(&server), &[]).await;
    let address = |scrape: &Scrape| {
        let addresses = scrape.values_of("address");
        assert_eq!(addresses.len(), 1);
        addresses.into_iter().next().expect("a server").to_owned()
    };
    let address = address(&Scrape::of(&process).await);
    let of = |what: &str| format!("rankora_redis_server_{what}{{address=\"{address}\"}}");
    becomes(&process, &of("heard"), 1.0).await;
    let scrape = Scrape::of(&process).await;
    assert_eq!((scrape.get(&of("ready")), scrape.get(&of("persistent"))), (1.0, 1.0));
    assert!(scrape.get(&of("memory_bytes")) > 500_000.0);
    assert_eq!(scrape.get(&of("memory_limit_bytes")), 0.0);

    configure(&server, "maxmemory", "100mb").await;
    becomes(&process, &of("memory_limit_bytes"), f64::from(100 << 20)).await;
    configure(&server, "appendonly", "no").await;
    becomes(&process, &of("persistent"), 0.0).await;

    server.kill();
    becomes(&process, &of("ready"), 0.0).await;
    becomes(&process, &of("heard"), 0.0).await;
    let scrape = Scrape::of(&process).await;
    assert_eq!(scrape.find(&of("memory_bytes")), None, "nobody knows");
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_counted_by_their_kind() {
    let server = Server::start(&[]);
    let (process, board) = watched(&World::on(&server), &[]).await;
    let api = process.api(&board.secret).await;
    api.submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    assert_eq!(Scrape::of(&process).await.get(&failures("full")), 0.0);

    configure(&server, "maxmemory", "1").await;
    api.submit(Uuid::new_v4(), "Bob", 1.0).await.is_error(503, "unavailable", None);
    assert_eq!(Scrape::of(&process).await.get(&failures("full")), 1.0);
    configure(&server, "maxmemory", "0").await;

    server.kill();
    // The first ones may be sent before the end of their connection is noticed.
    let scrape = eventually("a request that isn't sent", async || {
        api.submit(Uuid::new_v4(), "Bob", 1.0).await.is_error(503, "unavailable", None);
        let scrape = Scrape::of(&process).await;
        (scrape.get(&failures("disconnected")) >= 1.0).then_some(scrape)
    })
    .await;
    assert_eq!((scrape.get(&failures("full")), scrape.get(&failures("panic"))), (1.0, 0.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_gives_up_is_counted_with_the_time_it_waited() {
    let server = Server::start(&[]);
    let (process, board) = watched(&World::on(&server), &["--redis-deadline-ms", "30000"]).await;
    let api = process.api(&board.secret).await;
    let route = r#"method="GET",route="/api/v1/leaderboard/entries/{player_id}""#;
    let gone = format!(r#"rankora_requests_total{{{route},status="499"}}"#);
    let path = format!("/leaderboard/entries/{}", Uuid::new_v4());
    api.get(&path).await.is_error(404, "not_found", None);

    server.signal(Signal::SIGSTOP);
    let answer = timeout(Duration::from_secs(1), api.get(&path)).await;
    assert!(answer.is_err(), "Redis hangs");
    becomes(&process, &gone, 1.0).await;
    server.signal(Signal::SIGCONT);
    let scrape = Scrape::of(&process).await;
    assert_eq!(scrape.get(&format!("rankora_request_seconds_count{{{route}}}")), 2.0);
    assert!(scrape.get(&format!("rankora_request_seconds_sum{{{route}}}")) >= 0.1);
    let trips = scrape.get(r#"rankora_redis_round_trip_seconds_sum{way="shared"}"#);
    assert!(trips >= 0.1, "{trips}: the trip that nobody waited for counts too");
}

#[tokio::test(flavor = "multi_thread")]
async fn open_connections_are_counted_while_they_are_open() {
    const OPEN: &str = "rankora_open_connections{listener=\"api\"}";
    let (process, board) = watched(&World::new(), &[]).await;
    let before = Scrape::of(&process).await.get(OPEN);
    let mut streams = Vec::new();
    for _ in 0..5 {
        let mut stream = process.api(&board.secret).await.stream("").await;
        stream.begin().await;
        streams.push(stream);
    }
    let open = Scrape::of(&process).await.get(OPEN);
    assert!(open >= 5.0, "{before}, then {open}");
    drop(streams);
    eventually("their end", async || (Scrape::of(&process).await.get(OPEN) <= before.max(1.0)).then_some(()))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_without_confirmation_are_counted() {
    let server = Server::start(&[]);
    let world = World::on(&server);
    let confirming = ["--write-replicas", "1", "--write-replicas-ms", "1"];
    let (process, board) = watched(&world, &confirming).await;
    let api = process.api(&board.secret).await;
    assert_eq!(Scrape::of(&process).await.get("rankora_unconfirmed_writes_total"), 0.0);
    let body = json!({"name": "Ada", "score": 1});
    let submit = api.request(Method::POST, "/leaderboard/entries").json(&body);
    assert_eq!(submit.send().await.expect("an answer").status(), 503);
    let scrape = Scrape::of(&process).await;
    // The submission, and perhaps leases and places.
    assert!(scrape.get("rankora_unconfirmed_writes_total") >= 1.0);
    assert_eq!(scrape.get(&failures("not_confirmed")), 1.0);
    assert!(scrape.get(r#"rankora_redis_round_trip_seconds_count{way="confirmed"}"#) >= 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_redis_that_ends_by_itself_is_counted() {
    let home = tempfile::tempdir().expect("a directory");
    let process = Rankora::serve().data_dir(home.path()).args(&SERVE_METRICS).start();
    process.ready().await;
    let restarts = "rankora_private_redis_restarts_total";
    assert_eq!(Scrape::of(&process).await.get(restarts), 0.0);
    let children = std::fs::read_dir("/proc").expect("processes").filter_map(|entry| {
        let stat = std::fs::read_to_string(entry.ok()?.path().join("stat")).ok()?;
        let (pid, rest) = stat.split_once(" (redis-server) ")?;
        let parent: i32 = rest.split(' ').nth(1)?.parse().ok()?;
        (parent == process.pid().as_raw()).then(|| pid.parse::<i32>().expect("a number"))
    });
    let children: Vec<_> = children.collect();
    assert_eq!(children.len(), 1);
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(children[0]), Signal::SIGKILL)
        .expect("a running server");
    becomes(&process, restarts, 1.0).await;
    process.ready().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_that_a_cluster_sends_elsewhere_are_counted() {
    let cluster = Cluster::start(3, 0).await;
    let world = World::at(cluster.url());
    let (process, board) = watched(&world, &[]).await;
    let api = process.api(&board.secret).await;
    let slot: u16 = cluster.nodes[0].ask(&["CLUSTER", "KEYSLOT", &world.keys(&board).board]).await;
    let submitting = tokio::spawn(async move {
        loop {
            api.submit(Uuid::new_v4(), "Ada", 1.0).await;
        }
    });
    eventually("a redirection", async || {
        let owner = cluster.owner(slot).await.number;
        let to = cluster.nodes.iter().find(|node| node.number != owner).expect("another one");
        cluster.move_slot(slot, to).await;
        cluster.healed().await;
        (Scrape::of(&process).await.get("rankora_redis_redirects_total") >= 1.0).then_some(())
    })
    .await;
    submitting.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn background_work_that_fails_although_redis_is_well_is_counted() {
    let server = Server::start(&[]);
    let world = World::on(&server);
    let (process, _) = watched(&world, &[]).await;
    let failures = "rankora_background_failures_total";
    assert_eq!(Scrape::of(&process).await.get(failures), 0.0);
    let mut redis = server.connection().await;
    let jobs = Keys::new(world.prefix()).sort_jobs();
    redis::cmd("SET").arg(jobs).arg("no list of jobs").exec_async(&mut redis).await.expect("a write");
    eventually("failures", async || (Scrape::of(&process).await.get(failures) >= 2.0).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_cannot_be_accepted_are_counted() {
    let (process, _) = watched(&World::new(), &[]).await;
    let scrape = Scrape::of(&process).await;
    let (open, most) = (scrape.get("process_open_fds"), scrape.get("process_max_fds"));
    assert!(open < most);
    let limit = |files: f64| {
        let status = Command::new("prlimit")
            .arg(format!("--pid={}", process.pid()))
            .arg(format!("--nofile={files}:"))
            .status();
        assert!(status.expect("prlimit").success());
    };
    limit(open);
    let address = process.address().await;
    let waiting: Vec<_> = (0..20).map(|_| TcpStream::connect(address).expect("a place in line")).collect();
    process.logged("connections can't be accepted").await;
    limit(most);
    drop(waiting);
    let scrape = Scrape::of(&process).await;
    assert!(scrape.get("rankora_accept_failures_total") >= 1.0);
    assert_eq!(scrape.get("process_max_fds"), most);
}

/// What histograms pile up is cleared every few seconds; 50,000 requests are more than come in between.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_counted_does_not_pile_up_where_nobody_may_ask_for_it() {
    const AT_ONCE: usize = 500;
    let program = World::new().process().start_ready().await;
    let mut stream = tokio::net::TcpStream::connect(program.address().await).await.expect("a connection");
    let request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(request).await.expect("a server that reads");
    let mut first = vec![0; 4096];
    let length = stream.read(&mut first).await.expect("an answer");
    assert!(first.starts_with(b"HTTP/1.1 200"));
    // Each answer is as long as the first.
    let (requests, mut answers) = (request.repeat(AT_ONCE), vec![0; length * AT_ONCE]);
    let (mut reader, mut writer) = stream.split();
    let mut ask = async |many: usize| {
        for _ in 0..many / AT_ONCE {
            let (asked, answered) =
                tokio::join!(writer.write_all(&requests), reader.read_exact(&mut answers));
            asked.expect("a server that reads");
            answered.expect("answers");
        }
    };
    ask(50_000).await;
    let before = program.memory();
    ask(250_000).await;
    let grown = program.memory().saturating_sub(before);
    assert!(grown < 2 << 20, "{grown} bytes");
}
