//! Redis over TLS, with an authority of one's own and certificates for both sides.

use std::net::TcpListener;

use nix::sys::signal::Signal;
use reqwest::StatusCode;
use uuid::Uuid;

use crate::support::{
    certificates::Authority,
    eventually,
    fold::Asked,
    listener::{Habit, Listener},
    redis::Server,
    topology::{Setup, Topology, cluster::Cluster, sentinel::Sentinels},
    world::World,
};

/// A redis-server that answers over TLS alone, and only to who shows a certificate.
struct Guarded {
    _server: Server,
    authority: Authority,
    url: String,
}

impl Guarded {
    fn start() -> Self {
        let authority = Authority::new();
        authority.certify("server", &["localhost".to_owned()]);
        let port = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("one").port();
        let server = Server::start(&[
            "--bind",
            "127.0.0.1",
            "--tls-port",
            &port.to_string(),
            "--tls-auth-clients",
            "yes",
            "--tls-ca-cert-file",
            &authority.path("authority.pem"),
            "--tls-cert-file",
            &authority.path("server.pem"),
            "--tls-key-file",
            &authority.path("server.key"),
        ]);
        Self { _server: server, authority, url: format!("rediss://localhost:{port}") }
    }
}

/// On what this URL names, as somebody who trusts one authority and shows what another one has signed, if anything.
fn world(url: String, trusts: &Authority, shows: Option<&Authority>) -> World {
    let options = trusts.trusted().into_iter().chain(shows.into_iter().flat_map(Authority::shown));
    World::at(url).with_options(&options.collect::<Vec<_>>().iter().map(String::as_str).collect::<Vec<_>>())
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_and_streams_work_over_tls_with_certificates_on_both_sides() {
    let redis = Guarded::start();
    let replica = world(redis.url.clone(), &redis.authority, Some(&redis.authority)).replica().await;
    let board = replica.board("unlimited").await;
    let api = replica.api(&board.secret);
    let mut stream = api.stream("").await;
    stream.begin().await;
    api.submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    stream.expect("update").await;
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_a_stranger_nor_a_strangers_server_is_trusted() {
    let redis = Guarded::start();
    let (own, stranger) = (&redis.authority, Authority::new());
    for (trusts, shows) in [(&stranger, Some(own)), (own, Some(&stranger)), (own, None)] {
        let process = world(redis.url.clone(), trusts, shows).process().start();
        eventually("a failure that is named", async || {
            let reason = process.unready().await;
            reason.contains("can't be reached").then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_without_its_key_or_a_file_that_is_not_there_is_said_at_once() {
    let redis = Guarded::start();
    let half = World::at(redis.url.clone()).with_options(&["--redis-cert-file", "/nowhere/client.pem"]);
    let ended = half.process().run().await;
    assert!(ended.log.contains("--redis-key-file"), "{}", ended.log);
    let missing = World::at(redis.url.clone()).with_options(&["--redis-ca-file", "/nowhere/authority.pem"]);
    let ended = missing.process().run().await;
    assert!(!ended.status.success() && ended.log.contains("/nowhere/authority.pem"), "{}", ended.log);
}

/// Starts, writes, reads and streams; then the primary is killed, and all of it goes on by itself.
async fn survives_a_failover(topology: &Topology, authority: &Authority) {
    assert!(topology.url().starts_with("rediss+"), "{}", topology.url());
    let world = world(topology.url(), authority, Some(authority));
    let (here, there) = (world.replica().await, world.replica().await);
    let board = here.board("unlimited").await;
    let (writer, reader) = (here.api(&board.secret), there.api(&board.secret));
    let asked = Asked::page(10, 0);
    let mut streams = [
        Listener::start(Habit::settled(writer.clone()), asked.clone()).await,
        Listener::start(Habit::settled(reader.clone()), asked).await,
    ];
    // What a replica has written, no page of its own lacks: so it is asked for what is true.
    for score in [1.0, 2.0, 3.0] {
        writer.submit(Uuid::new_v4(), "Ada", score).await.ok();
    }
    assert_eq!(reader.get("/leaderboard/entries").await.ok()["pagination"]["total"], 3);
    for stream in &mut streams {
        stream.settles(&writer).await;
    }

    let slot = topology.slot(&world.keys(&board).board).await;
    let first = topology.primary_of(slot).await;
    first.kill();
    eventually("another primary", async || {
        (topology.primary_of(slot).await.number != first.number).then_some(())
    })
    .await;
    let player = Uuid::new_v4();
    eventually("a write", async || {
        let reply = writer.submit(player, "Grace", 4.0).await;
        let refused = reply.status == StatusCode::SERVICE_UNAVAILABLE;
        assert!(refused || reply.status.is_success(), "{}", reply.text);
        (!refused).then_some(())
    })
    .await;
    for stream in &mut streams {
        stream.settles(&writer).await;
    }
    let updates = streams.each_ref().map(|stream| stream.fold().updates);
    reader.submit(player, "Grace", 5.0).await.ok();
    for (stream, updates) in streams.iter_mut().zip(updates) {
        eventually("the event", async || (stream.fold().updates > updates).then_some(())).await;
        stream.settles(&reader).await;
    }
    first.restart().await;
    topology.healed().await;
    drop(streams);
    here.stop().await;
    there.stop().await;
}

/// Nobody who isn't known to its authority gets in, or is let in; and it is said why.
async fn trusts_no_strangers(topology: &Topology, authority: &Authority) {
    let stranger = Authority::new();
    for (trusts, shows, reason) in [
        (&stranger, Some(authority), "UnknownIssuer"),
        (authority, Some(&stranger), "UnknownCA"),
        (authority, None, "CertificateRequired"),
    ] {
        let process = world(topology.url(), trusts, shows).process().start();
        process.unready().await;
        let record = process.logged("Redis can't be used").await;
        let said = record["redis.health"].as_str().expect("a reason");
        assert!(said.starts_with("Redis can't be reached: the ") && said.ends_with(reason), "{said}");
        process.signal(Signal::SIGTERM);
        process.ended().await;
    }
}

fn setup(authority: &Authority) -> Setup {
    Setup { tls: Some(authority.clone()), ..Setup::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn sentinels_and_what_they_watch_are_reached_over_tls() {
    let authority = Authority::new();
    let topology = Topology::Sentinels(Sentinels::start_with(2, 3, setup(&authority)).await);
    trusts_no_strangers(&topology, &authority).await;
    survives_a_failover(&topology, &authority).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nodes_of_a_cluster_are_reached_over_tls() {
    let authority = Authority::new();
    let topology = Topology::Cluster(Cluster::start_with(3, 1, setup(&authority)).await);
    trusts_no_strangers(&topology, &authority).await;
    survives_a_failover(&topology, &authority).await;
}
