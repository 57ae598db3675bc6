//! Redis forgets its scripts whenever it likes: at SCRIPT FLUSH, at a failover. No request may notice.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use rankora::domain::leaderboard::{Policy, SortOrder};
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{api::Reply, connection::Connection, eventually, load, redis::Server, world::World};

const LIST: &str = "/leaderboard/entries";

async fn flush(redis: &mut Connection) {
    let () = redis::cmd("SCRIPT").arg("FLUSH").query_async(redis).await.expect("a flush");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_works_right_after_redis_forgot_all_scripts() {
    let server = Server::start(&[]);
    let world = World::on(&server);
    let replica = world.replica().await;
    // With a quota, so that reads charge in their pipelines.
    let board = replica.board("pro").await;
    let (api, management) = (replica.api(&board.secret), replica.api(&board.account.management));
    let mut redis = world.redis().await;
    let entry = format!("{LIST}/{}", Uuid::from_u128(1));
    let path = format!("/leaderboards/{}", board.id);
    let submission = json!({"name": "Player", "score": 2, "player_id": Uuid::from_u128(1)});
    let another = json!({"name": "Another"});
    let submit_once = || api.request(Method::POST, LIST).json(&submission).header("idempotency-key", "k");

    let mut charged = 0;
    let mut check = async |counts: u64, reply: Reply| {
        reply.ok();
        charged += counts;
        flush(&mut redis).await;
        assert_eq!(management.get("/usage").await.ok()["currentRequests"], charged);
        flush(&mut redis).await;
    };
    check(1, api.get(&format!("{LIST}?offset=1")).await).await;
    check(1, Reply::of(submit_once()).await).await;
    check(1, Reply::of(submit_once()).await).await;
    check(1, api.get(&entry).await).await;
    check(1, api.get(LIST).await).await;
    check(1, api.get(LIST).await).await;
    check(1, api.get("/leaderboard").await).await;
    check(1, api.delete(&entry).await).await;
    check(0, management.post("/leaderboards", &another).await).await;
    check(0, management.patch(&path, &json!({"sort_order": "asc"})).await).await;
    check(0, management.post(&format!("{path}/reset"), &json!({})).await).await;
    api.stream("").await.begin().await;
    check(1, management.get("/usage").await).await;
    check(0, management.delete(&path).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_fails_while_redis_forgets_its_scripts_again_and_again() {
    let server = Server::start(&[]);
    let world = World::on(&server);
    let replicas = [world.replica().await, world.replica().await];
    let account = replicas[0].account("studio").await;
    let board = replicas[0].board_of(&account, SortOrder::Desc, Policy::Latest).await;
    load::fill(&world, &board, &load::players(3_000), "").await;
    let stop = Arc::new(AtomicBool::new(false));
    let flushes = tokio::spawn({
        let (mut redis, stop) = (world.redis().await, stop.clone());
        async move {
            let mut flushes = 0;
            while !stop.load(Ordering::Relaxed) {
                flush(&mut redis).await;
                flushes += 1;
            }
            flushes
        }
    });
    let management = replicas[1].api(&account.management);
    let path = format!("/leaderboards/{}", board.id);
    management.patch(&path, &json!({"sort_order": "asc"})).await.ok();
    let mut clients = JoinSet::new();
    for client in 0..6_u128 {
        let api = replicas[client as usize % 2].api(&board.secret);
        clients.spawn(async move {
            let player = Uuid::from_u128(client);
            for round in 0..60 {
                api.submit(player, "Player", f64::from(round)).await.ok();
                api.get(&format!("{LIST}?offset={round}")).await.ok();
                api.get(LIST).await.ok();
                api.get(&format!("{LIST}/{player}")).await.ok();
                api.delete(&format!("{LIST}/{player}")).await.ok();
            }
        });
    }
    while let Some(result) = clients.join_next().await {
        result.expect("a client");
    }
    eventually("the switch", || async {
        (management.get(&path).await.ok()["sort_order"] == "asc").then_some(())
    })
    .await;
    stop.store(true, Ordering::Relaxed);
    let flushes = flushes.await.expect("flushes");
    assert!(flushes > 100, "only {flushes} flushes");
    let all = 3_000 + 6 * 60 * 5;
    eventually("all leases are back", || async {
        (management.get("/usage").await.ok()["currentRequests"] == all).then_some(())
    })
    .await;
    assert_eq!(management.get("/usage").await.ok()["currentEntries"], 3_000);
}
