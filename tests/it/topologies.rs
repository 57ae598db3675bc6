//! That the topologies of the tests are what they claim to be: a test that stands on them proves nothing otherwise.

use std::time::Duration;

use nix::sys::signal::Signal;
use redis::AsyncCommands;

use crate::support::{
    connection::Connection,
    eventually,
    topology::{Login, Setup, cluster::Cluster, sentinel::Sentinels, switch::Peer},
};

const LOGIN: Login = Login { user: "rankora", password: "secret" };

#[tokio::test]
async fn sentinels_replace_a_primary_that_dies_and_take_it_back_as_a_replica() {
    let sentinels = Sentinels::start(2, 3).await;
    Connection::open(&sentinels.url()).await.set::<_, _, ()>("a", 1).await.expect("a write");
    let first = sentinels.primary().await;
    first.kill();
    eventually("another primary", async || {
        let primary = sentinels.primary().await;
        (primary.number != first.number && primary.is_primary().await).then_some(())
    })
    .await;
    let kept: u32 = Connection::open(&sentinels.url()).await.get("a").await.expect("a read");
    assert_eq!(kept, 1);
    first.restart().await;
    // With as many replicas as before: it is one of them, unless it was elected again.
    sentinels.healed().await;
}

#[tokio::test]
async fn a_primary_is_replaced_that_only_the_others_cannot_reach() {
    let sentinels = Sentinels::start_with(2, 3, Setup::switched()).await;
    let first = sentinels.primary().await;
    let others: Vec<_> = sentinels.nodes.iter().chain(&sentinels.sentinels).collect();
    let others: Vec<_> = others.iter().filter(|node| node.number != first.number).collect();
    let others: Vec<_> = others.iter().map(|node| Peer::Node(node.number)).collect();
    sentinels.switch().part(&[Peer::Node(first.number)], &others);
    eventually("another primary", async || (sentinels.primary().await.number != first.number).then_some(()))
        .await;
    let client = redis::Client::open(format!("redis://{}", first.address())).expect("an address");
    let mut connection = client.get_multiplexed_async_connection().await.expect("a link for clients");
    connection.set::<_, _, ()>("a", 1).await.expect("a write to the old primary");
    sentinels.switch().heal_all();
    sentinels.healed().await;
    let lost: Option<u32> =
        Connection::open(&sentinels.url()).await.get("a").await.expect("a read from the new one");
    assert_eq!(lost, None);
}

#[tokio::test]
async fn a_link_that_is_cut_holds_what_is_sent_until_it_heals() {
    let cluster = Cluster::start_with(3, 0, Setup::switched()).await;
    let node = &cluster.nodes[0];
    let client = redis::Client::open(format!("redis://{}", node.address())).expect("an address");
    let mut connection = client.get_multiplexed_async_connection().await.expect("a connection");
    connection.set_response_timeout(Duration::from_secs(60));
    let () = redis::cmd("PING").query_async(&mut connection).await.expect("an answer");
    cluster.switch().cut(Peer::Client, Peer::Node(node.number));
    let ping = tokio::spawn(async move { redis::cmd("PING").query_async::<String>(&mut connection).await });
    let fresh = tokio::spawn(async move { client.get_multiplexed_async_connection().await.map(drop) });
    assert_eq!(node.ask::<String>(&["PING"]).await, "PONG");
    assert!(!ping.is_finished() && !fresh.is_finished());
    cluster.switch().heal_all();
    assert_eq!(ping.await.expect("a task").expect("an answer"), "PONG");
}

#[tokio::test]
async fn a_cluster_replaces_a_primary_that_hangs_and_takes_it_back_as_a_replica() {
    let cluster = Cluster::start(3, 1).await;
    let mut connection = Connection::open(&cluster.url()).await;
    for key in 0..100 {
        connection.set::<_, _, ()>(key, 1).await.expect("a write");
    }
    let first = cluster.owner(0).await;
    first.signal(Signal::SIGSTOP);
    eventually("another primary", async || (cluster.owner(0).await.number != first.number).then_some(()))
        .await;
    first.signal(Signal::SIGCONT);
    cluster.healed().await;
    for key in 0..100 {
        assert_eq!(connection.get::<_, u32>(key).await.expect("a read"), 1, "{key}");
    }
}

#[tokio::test]
async fn slots_move_with_their_keys() {
    let cluster = Cluster::start_with(3, 1, Setup { login: Some(LOGIN), ..Setup::switched() }).await;
    let mut connection = Connection::open(&cluster.url()).await;
    for key in 0..100 {
        connection.set::<_, _, ()>(format!("{{a}}{key}"), 1).await.expect("a write");
    }
    let slot: u16 = cluster.nodes[0].ask(&["CLUSTER", "KEYSLOT", "a"]).await;
    let from = cluster.owner(slot).await;
    let to =
        cluster.primaries().await.into_iter().find(|(node, _)| node.number != from.number).expect("two").0;
    cluster.move_slots(slot - 3..=slot + 3, to).await;
    cluster.healed().await;
    assert_eq!(cluster.owner(slot).await.number, to.number);
    let moved: u32 = to.ask(&["CLUSTER", "COUNTKEYSINSLOT", &slot.to_string()]).await;
    let left: u32 = from.ask(&["CLUSTER", "COUNTKEYSINSLOT", &slot.to_string()]).await;
    assert_eq!((moved, left), (100, 0));
    assert_eq!(connection.get::<_, u32>("{a}7").await.expect("a read"), 1);
}

#[tokio::test]
async fn who_has_no_password_gets_nowhere() {
    let sentinel_login = Some(Login { user: "default", password: "other" });
    let setup = Setup { login: Some(LOGIN), sentinel_login, ..Setup::switched() };
    let sentinels = Sentinels::start_with(2, 3, setup).await;
    for node in sentinels.nodes.iter().chain(&sentinels.sentinels) {
        let client = redis::Client::open(format!("redis://{}", node.address())).expect("an address");
        let error = match client.get_multiplexed_async_connection().await {
            Ok(mut connection) => {
                redis::cmd("PING").query_async::<String>(&mut connection).await.expect_err("no access")
            }
            Err(error) => error,
        };
        assert_eq!(error.code(), Some("NOAUTH"));
    }
}
