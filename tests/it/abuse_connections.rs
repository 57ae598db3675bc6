//! Clients that take connections and ask nothing over them, or not to the end.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use crate::support::{
    abuse::{Abuser, Scene},
    eventually,
    world::World,
};

const MIB: u64 = 1 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_idle_connections_of_one_address_are_cut_to_its_share_and_then_closed() {
    let share = 1000;
    let options = ["--max-connections-per-address", "1000", "--header-deadline-ms", "4000"];
    let scene = Scene::begin(World::new(), "", &options).await;
    let begun = Instant::now();
    let mut held = Vec::new();
    for _ in 0..100 {
        held.extend(join_all((0..50).map(|_| scene.connect())).await);
        assert!(scene.more_files() <= share + 100, "{} more files", scene.more_files());
    }
    let with = scene.with_abuse().await;
    assert!(scene.more_files() <= share + 100, "{} more files", scene.more_files());
    // Those whose place was free again by then were let in.
    let refused = scene.reached("connections_per_address").await;
    let deadlines = begun.elapsed().as_secs() / 4;
    assert!(refused >= 4000_u64.saturating_sub(1000 * deadlines) && refused > 0, "{refused} were refused");
    let refusal = held.last_mut().expect("a connection").rest().await;
    if !refusal.is_empty() {
        assert!(refusal.starts_with("HTTP/1.1 429 "), "{refusal}");
        assert!(
            refusal.contains(r#""success":false"#) && refusal.contains(r#""code":"rate_limited""#),
            "{refusal}"
        );
        assert!(refusal.contains("\r\nretry-after: 5\r\n"), "{refusal}");
    }
    // Nobody has to close them.
    scene.files_are_freed().await;
    eventually("their end", async || held.iter().all(Abuser::has_ended).then_some(())).await;
    assert!(scene.reached("header_deadline").await >= share as u64);
    scene.memory_is_bounded("5,000 idle connections", with, 64 * MIB);
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_beyond_all_that_there_may_be_is_answered_with_503_and_the_others_go_on() {
    let options = ["--max-connections", "100", "--max-connections-per-address", "0"];
    let scene = Scene::begin(World::new(), "", &options).await;
    let mut held = Vec::new();
    let refusal = loop {
        held.push(scene.connect().await);
        assert!(held.len() <= 100, "one too many");
        let newest = held.last_mut().expect("a connection");
        newest.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
        let answer = newest.until("\r\n\r\n").await;
        if !answer.starts_with("HTTP/1.1 200 ") {
            break answer + &newest.rest().await;
        }
    };
    assert!(refusal.starts_with("HTTP/1.1 503 "), "{refusal}");
    assert!(
        refusal.contains("\r\nretry-after: 5\r\n") && refusal.contains(r#""code":"unavailable""#),
        "{refusal}"
    );
    let exposed = "\r\naccess-control-expose-headers: retry-after\r\n";
    assert!(refusal.contains(exposed), "a page's script may know how long to wait: {refusal}");
    assert!(held.len() > 80, "refused after {}", held.len());
    let with = scene.with_abuse().await;
    drop(held);
    eventually("room", async || {
        let mut fresh = scene.connect().await;
        fresh.send("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
        fresh.rest().await.starts_with("HTTP/1.1 200 ").then_some(())
    })
    .await;
    assert!(scene.reached("connections").await >= 1);
    scene.memory_is_bounded("all connections taken", with, 32 * MIB);
    scene.files_are_freed().await;
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_that_come_byte_by_byte_are_cut_off_at_the_deadline() {
    let scene = Scene::begin(World::new(), "", &["--header-deadline-ms", "1500"]).await;
    let begun = Instant::now();
    let mut held = join_all((0..1000).map(|_| scene.connect())).await;
    // Half of them behaved once.
    for abuser in held.iter_mut().step_by(2) {
        abuser.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
        abuser.until("\"ok\"}").await;
    }
    let dripping = tokio::spawn(async move {
        let head =
            b"GET /api/v1/leaderboard HTTP/1.1\r\nHost: x\r\nX-Slow: ".iter().chain([b'x'; 5000].iter());
        for byte in head {
            for abuser in &held {
                let _ = abuser.0.try_write(&[*byte]);
            }
            if held.iter().all(Abuser::has_ended) {
                return begun.elapsed();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("they are still open after {:?}", begun.elapsed());
    });
    let with = scene.with_abuse().await;
    let ended = dripping.await.expect("an end");
    assert!(ended < Duration::from_secs(20), "{ended:?}");
    scene.files_are_freed().await;
    let reached = scene.reached("header_deadline").await;
    assert!(reached >= 500, "{reached}");
    scene.memory_is_bounded("1,000 slow heads", with, 64 * MIB);
    scene.end().await;
}
