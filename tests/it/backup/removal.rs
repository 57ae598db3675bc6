//! Accounts that are deleted.

use rankora::domain::leaderboard::{Policy, SortOrder};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{export, import, is_failure, output};
use crate::support::{eventually, world::World};

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_account_is_gone_at_once_with_all_that_it_had() {
    let world = World::new();
    let replica = world.replica().await;
    let other = replica.board("unlimited").await;
    replica.api(&other.secret).submit(Uuid::new_v4(), "Other", 1.0).await.ok();
    eventually("leases that went back", async || {
        let usage = replica.api(&other.account.management).get("/usage").await.ok();
        (usage["currentRequests"] == 1).then_some(())
    })
    .await;
    let before = world.stored().await;
    let account = replica.account("unlimited").await;
    let boards = [
        replica.board_of(&account, SortOrder::Desc, Policy::Latest).await,
        replica.board_of(&account, SortOrder::Asc, Policy::Sum).await,
    ];
    for board in &boards {
        replica.api(&board.secret).submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    }
    let mut stream = replica.api(&boards[0].publishable).stream("").await;
    stream.begin().await;
    let email = replica.app().account(account.id).await.expect("an account").email;
    let delete = ["account", "delete", "--account", &email, "--json"];
    let answer: Value = serde_json::from_str(&output(world.admin(&delete).run().await)).expect("JSON");
    assert_eq!(answer, json!({"deleted": account.id}));

    for key in [&boards[0].secret, &boards[1].publishable] {
        eventually("the end of a key", async || {
            (replica.api(key).get("/leaderboard").await.status == 401).then_some(())
        })
        .await;
    }
    replica.api(&account.management).get("/leaderboards").await.is_error(401, "unauthorized", None);
    let last = stream.next().await.expect("a message");
    assert_eq!(last.kind(), "error", "{}", last.data);
    assert!(stream.next().await.is_none());
    is_failure(&world.admin(&delete).run().await, "Account not found");
    output(world.admin(&["account", "create", "--email", &email]).run().await);
    output(world.admin(&["account", "delete", "--account", &email]).run().await);
    replica.api(&other.secret).get("/leaderboard").await.ok();
    replica.stop().await;
    let mut after = world.stored().await;
    // A place of the stream that is closed meanwhile.
    after.retain(|key, _| before.contains_key(key) || !key.ends_with(":streams"));
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_goes_back_to_its_backup_where_it_is() {
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let api = replica.api(&board.secret);
    let player = Uuid::new_v4();
    api.submit(player, "Ada", 5.0).await.ok();
    let backup = export(&world, &board.account).await;
    api.submit(player, "Cheat", 1e9).await.ok();
    api.submit(Uuid::new_v4(), "Cheat too", 1e9).await.ok();
    output(world.admin(&["account", "delete", "--account", &board.account.id.to_string()]).run().await);
    output(import(&world, &backup).await);
    let entry = eventually("the entry", async || {
        let reply = api.get(&format!("/leaderboard/entries/{player}")).await;
        reply.status.is_success().then(|| reply.json())
    })
    .await;
    assert_eq!((&entry["name"], &entry["score"], &entry["rank"]), (&json!("Ada"), &json!(5), &json!(1)));
    assert_eq!(api.get("/leaderboard").await.ok()["total_entries"], 1);
    api.submit(player, "Ada", 6.0).await.ok();
    replica.stop().await;
}
