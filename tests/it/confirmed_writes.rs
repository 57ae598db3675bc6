//! Writes that wait for Redis' replicas.

use nix::sys::signal::Signal;
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    api::Reply,
    eventually,
    redis::Server,
    world::{Board, Replica, World},
};

/// A primary and its replica, and a replica of Rankora that waits for one confirmation.
struct Replicated {
    primary: Server,
    copy: Server,
    rankora: Replica,
    board: Board,
}

async fn replicated() -> Replicated {
    let (primary, copy) = Server::start_replicated().await;
    let world = World::on(&primary).with_options(&["--write-replicas", "1", "--write-replicas-ms", "300"]);
    let rankora = world.replica().await;
    let board = rankora.board("unlimited").await;
    Replicated { primary, copy, rankora, board }
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmed_writes_are_acknowledged_also_many_at_once() {
    let world = replicated().await;
    let api = world.rankora.api(&world.board.secret);
    let submissions = (0..200).map(|n| {
        let api = api.clone();
        tokio::spawn(async move { api.submit(Uuid::new_v4(), "Ada", f64::from(n)).await.ok() })
    });
    for submission in futures_util::future::join_all(submissions).await {
        submission.expect("a submission");
    }
    assert_eq!(api.get("/leaderboard").await.ok()["total_entries"], 200);

    // Scripts that Redis has forgotten are no reason to fail.
    let mut redis = world.primary.connection().await;
    redis::cmd("SCRIPT").arg("FLUSH").exec_async(&mut redis).await.expect("an answer");
    let submissions = (0..50).map(|_| api.submit(Uuid::new_v4(), "Ada", 1.0));
    for submission in futures_util::future::join_all(submissions).await {
        submission.ok();
    }
    world.rankora.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unconfirmed_write_says_so_and_its_retry_is_safe() {
    let world = replicated().await;
    let api = world.rankora.api(&world.board.secret);
    let body = json!({"name": "Ada", "score": 5});
    let submit = || {
        let request = api.request(Method::POST, "/leaderboard/entries").header("idempotency-key", "once");
        Reply::of(request.json(&body))
    };

    world.copy.signal(Signal::SIGSTOP);
    let refused = submit().await;
    refused.is_error(503, "not_confirmed", None);
    assert_eq!(refused.header("retry-after"), "1");
    world.copy.signal(Signal::SIGCONT);

    let accepted = eventually("a confirmation", async || {
        let reply = submit().await;
        reply.status.is_success().then(|| reply.json())
    })
    .await;
    assert_eq!(accepted["rank"], 1);
    assert_eq!(api.get("/leaderboard").await.ok()["total_entries"], 1, "the retry wrote nothing new");
    world.rankora.stop().await;
}
