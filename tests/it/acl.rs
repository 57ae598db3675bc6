//! The user of Redis that the documentation gives to Rankora. That its rights suffice, all tests on the shared Redis
//! show; here it is shown that none is too much.

use reqwest::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use rankora::domain::{
    ids::{PlayerId, RemovalId},
    leaderboard::{Policy, SortOrder},
};

use crate::support::{
    acl, eventually,
    redis::Server,
    topology::{Login, Setup, sentinel::Sentinels},
    world::World,
};

/// What only a handshake, another topology or a rare moment needs; of these, sufficiency is shown elsewhere.
const ELSEWHERE: [&str; 7] = ["hello", "auth", "select", "ping", "cluster|nodes", "cluster|slots", "asking"];

#[tokio::test(flavor = "multi_thread")]
async fn every_command_that_the_documented_user_may_run_is_needed() {
    let server = Server::start(&[]);
    let world = World::on(&server).with_options(&["--write-replicas", "1", "--write-replicas-ms", "1"]);
    let confirming = world.replica().await;
    // A second world without confirmations, on the same Redis, for everything that shall succeed.
    let world = World::on(&server);
    let replica = world.replica().await;
    let account = replica.account("unlimited").await;
    let board = replica.board_of(&account, SortOrder::Desc, Policy::Best).await;
    let (api, management) = (replica.api(&board.secret), replica.api(&account.management));
    // Nobody confirms, but the attempt is made.
    assert!(confirming.app().create_account("nobody@example.org", None).await.is_err());

    let mut stream = api.stream("?limit=3").await;
    stream.begin().await;
    let player = Uuid::new_v4();
    api.submit(player, "Ada", 1.0).await.ok();
    let idempotent = api.request(Method::POST, "/leaderboard/entries").header("Idempotency-Key", "one");
    idempotent.json(&json!({"name": "Bob", "score": 2})).send().await.expect("an answer");
    api.get("/leaderboard/entries").await.ok();
    api.get("/leaderboard/entries?order=asc").await.ok();
    api.get(&format!("/leaderboard/entries/{player}")).await.ok();
    management.patch(&format!("/leaderboards/{}", board.id), &json!({"sort_order": "asc"})).await.ok();
    eventually("the other order", async || {
        let board = api.get("/leaderboard").await.ok();
        (board["sort_order"] == "asc").then_some(())
    })
    .await;
    api.submit(player, "Ada", 0.5).await.ok();
    api.get(&format!("/leaderboard/entries/{player}")).await.ok();
    api.delete(&format!("/leaderboard/entries/{player}")).await.ok();
    assert_eq!(management.get("/usage").await.status, StatusCode::OK);
    management.get("/leaderboards").await.ok();
    drop(stream);
    // What only the dashboard asks for.
    let app = replica.app();
    app.score_distribution(account.id, board.id).await.expect("bars");
    api.submit(player, "Ada", 1.0).await.ok();
    let removal = RemovalId::new_v4();
    let players = [PlayerId::from_bytes(player.into_bytes())];
    let gone = app.remove_entries(account.id, board.id, removal, &players);
    assert_eq!(gone.await.expect("removed"), 1);
    app.restore_entries(account.id, app.default_plan(), board.id, removal).await.expect("restored");
    app.last_days(account.id, 30).await.expect("days");
    let keys = replica.app().list_keys(account.id).await.expect("keys");
    for key in keys.iter().filter(|key| key.leaderboard.is_some()) {
        replica.app().revoke_key(account.id, None, key.id).await.expect("revoked");
    }
    management.delete(&format!("/leaderboards/{}", board.id)).await.ok();
    replica.app().list_accounts().await.expect("accounts");

    let unused = eventually("all of it used", async || {
        let used = server.command_stats().await;
        let unused: Vec<_> = acl::commands()
            .into_iter()
            .filter(|command| !ELSEWHERE.contains(command) && !used.contains_key(*command))
            .collect();
        unused.is_empty().then_some(unused)
    });
    unused.await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sentinels_are_asked_with_the_documented_rights() {
    let admin = Login { user: "admin", password: "of-admin" };
    let setup = Setup { sentinel_login: Some(admin), settings: vec![acl::user()], ..Setup::default() };
    let setup = Setup { sentinel_settings: vec![acl::user_of_sentinels()], ..setup };
    let sentinels = Sentinels::start_with(1, 1, setup).await;
    let Login { user, password } = acl::RANKORA_OF_SENTINELS;
    let url = sentinels.url_as(Some(&acl::RANKORA));
    let with_login = format!("{url}?sentinel_username={user}&sentinel_password={password}");
    let replica = World::at(with_login).replica().await;
    let board = replica.board("unlimited").await;
    replica.api(&board.secret).submit(Uuid::new_v4(), "Ada", 1.0).await.ok();

    // Without it they say nothing, and why is told.
    let process = World::at(url).process().start();
    let record = process.logged("Redis can't be used").await;
    let reason = record["redis.health"].as_str().expect("a reason");
    assert!(reason.contains("sentinel"), "{reason}");
    assert!(reason.contains("NOAUTH") || reason.contains("Authentication"), "{reason}");
}
