//! Streams of accounts that are put on another plan.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use uuid::Uuid;

use crate::{
    realtime_messages::{ends, stream_elsewhere},
    support::{eventually, stream::EventStream, world::World},
};

#[tokio::test(flavor = "multi_thread")]
async fn streams_of_an_account_whose_plan_loses_realtime_say_so_and_end_on_all_replicas() {
    let world = World::new();
    let (here, there, board, stream) = stream_elsewhere(&world).await;
    let mut ended = vec![stream];
    for (replica, key) in [(&here, &board.secret), (&here, &board.publishable), (&there, &board.secret)] {
        let mut stream = replica.api(key).stream("").await;
        stream.begin().await;
        ended.push(stream);
    }
    let other = here.board("unlimited").await;
    let mut others = there.api(&other.secret).stream("").await;
    others.begin().await;
    let id = board.account.id.to_string();
    let set_plan = async |plan: &str| {
        let command = ["account", "set-plan", "--account", &id, "--plan", plan];
        let ended = world.admin(&command).run().await;
        assert!(ended.status.success(), "{ended:?}");
    };
    // Another plan with realtime is nothing to end for.
    set_plan("studio").await;
    here.api(&board.secret).submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    for stream in &mut ended {
        stream.expect("update").await;
    }
    set_plan("indie").await;
    let since = Instant::now();
    for stream in ended {
        assert_eq!(ends(stream).await, "The plan has no realtime streams");
    }
    assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
    // Who comes back is told the same.
    let refused = there.api(&board.secret).get("/realtime").await;
    refused.is_error(400, "plan_restriction", None);
    assert_eq!(refused.json()["error"], "The plan has no realtime streams");
    here.api(&other.secret).submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    others.expect("update").await;
    here.stop().await;
    there.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_stream_begins_while_its_plan_loses_realtime_and_stays() {
    let world = World::new();
    let (here, there) = (world.replica().await, world.replica().await);
    let board = here.board("pro").await;
    for _ in 0..20 {
        here.app().set_plan(board.account.id, "pro").await.expect("a plan");
        let api = there.api(&board.publishable);
        eventually("realtime", async || {
            let answer = api.request(Method::GET, "/realtime").send().await.expect("an answer");
            (answer.status() == 200).then_some(())
        })
        .await;
        let opening = (0..8).map(async |_| {
            let answer = api.request(Method::GET, "/realtime").send().await.expect("an answer");
            (answer.status() == 200).then(|| EventStream::of(answer))
        });
        let changing = here.app().set_plan(board.account.id, "indie");
        let (opened, changed) = tokio::join!(join_all(opening), changing);
        changed.expect("a plan");
        for mut stream in opened.into_iter().flatten() {
            while let Some(message) = stream.next().await {
                assert!(["connected", "initial", "error"].contains(&message.kind()), "{}", message.data);
            }
        }
    }
    here.stop().await;
    there.stop().await;
}
