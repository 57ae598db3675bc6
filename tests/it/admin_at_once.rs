//! Admin commands that change the same account at the same time: whoever comes first, nothing is left by half.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rankora::{
    app::AppError,
    domain::{
        api_key::KeyKind,
        leaderboard::{Policy, ScoreFormat, Settings, SortOrder},
        name::{Label, LeaderboardName},
        score_display::ScoreDisplay,
    },
};
use serde_json::Value;
use uuid::Uuid;

use crate::support::world::{Account, Replica, World};

/// So often each two meet, each time a little later or earlier.
const ROUNDS: u64 = 60;

/// Passes the time by which one comes later, which is too short for a timer.
fn pass(round: u64) {
    let since = Instant::now();
    while since.elapsed() < Duration::from_micros(round % 20 * 40) {}
}

fn label() -> Label {
    Label::parse("test").expect("a label")
}

/// What may be done with an account while it is deleted.
async fn change(replica: &Replica, account: &Account, what: u64) -> Result<(), AppError> {
    let (app, id) = (replica.app(), account.id);
    match what {
        0 => app.set_plan(id, "pro").await.map(drop),
        1 => app.create_account_key(id, label()).await.map(drop),
        _ => {
            let plan = app.plan_of(&app.account(id).await?);
            let settings = Settings {
                name: LeaderboardName::parse("Late").expect("a name"),
                sort_order: SortOrder::Desc,
                score_format: ScoreFormat::Number,
                display: ScoreDisplay::default(),
                policy: Policy::Latest,
            };
            let board = app.create_leaderboard(id, &plan, &settings).await?;
            app.create_leaderboard_key(id, board.id, KeyKind::Secret, label()).await.map(drop)
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_account_that_is_deleted_while_it_is_changed_nothing_is_left() {
    let world = World::new();
    let (here, there) = (world.replica().await, world.replica().await);
    for what in 0..3 {
        for round in 0..ROUNDS {
            let account = here.account("unlimited").await;
            here.board_of(&account, SortOrder::Desc, Policy::Latest).await;
            let id = account.id.to_string();
            let app = there.shared_app();
            let deleting = tokio::spawn(async move {
                pass(round);
                app.delete_account(&id).await
            });
            let changed = change(&here, &account, what).await;
            deleting.await.expect("a task").expect("a deletion");
            match changed {
                Ok(()) | Err(AppError::NotFound(_)) => {}
                Err(error) => panic!("{what}: {error}"),
            }
            let left: Vec<_> = world.stored().await.into_keys().collect();
            assert_eq!(left, [""; 0], "{what} in round {round}");
        }
    }
    here.stop().await;
    there.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_leaderboard_that_is_deleted_while_it_gets_a_key_no_key_is_left() {
    let world = World::new();
    let (here, there) = (world.replica().await, world.replica().await);
    let account = here.account("unlimited").await;
    let before = world.stored().await.into_keys().collect::<Vec<_>>();
    for round in 0..ROUNDS {
        let board = here.board_of(&account, SortOrder::Desc, Policy::Latest).await;
        let app = there.shared_app();
        let deleting = tokio::spawn(async move {
            pass(round);
            app.delete_leaderboard(account.id, board.id).await
        });
        let creating = here.app().create_leaderboard_key(account.id, board.id, KeyKind::Secret, label());
        let created = creating.await;
        deleting.await.expect("a task").expect("a deletion");
        assert!(matches!(created, Ok(_) | Err(AppError::NotFound(_))), "{:?}", created.err());
        let keys = here.app().list_keys(account.id).await.expect("keys");
        assert_eq!(keys.iter().filter(|key| key.leaderboard.is_some()).count(), 0, "in round {round}");
        let mut left: Vec<_> = world.stored().await.into_keys().collect();
        left.retain(|key| !before.contains(key) && !key.ends_with(":usage"));
        assert_eq!(left, [""; 0], "in round {round}");
    }
    here.stop().await;
    there.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_that_change_one_account_at_once_all_count_and_keep_to_its_plan() {
    let world = World::new();
    let replica = world.replica().await;
    let account = replica.account("free").await;
    let (id, api) = (account.id.to_string(), replica.api(&account.management));
    let run = async |args: &[&str]| {
        let ended = world.admin(args).args(&["--json"]).run().await;
        (ended.status.success()).then(|| serde_json::from_str::<Value>(&ended.output).expect("JSON"))
    };
    let create: [&str; 6] = ["leaderboard", "create", "--account", &id, "--name", "Board"];
    let boards: Vec<_> = join_all((0..6).map(|_| run(&create))).await.into_iter().flatten().collect();
    assert_eq!(boards.len(), 3, "as many as the plan has");
    assert_eq!(api.get("/usage").await.ok()["currentLeaderboards"], 3);
    for board in &boards {
        let key = board["secret_key"].as_str().expect("a key");
        replica.api(key).submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    }
    let create: [&str; 5] = ["account", "key", "create", "--account", &id];
    let keys: Vec<_> = join_all((0..4).map(|_| run(&create))).await.into_iter().flatten().collect();
    assert_eq!(keys.len(), 4);
    for key in &keys {
        replica.api(key["key"].as_str().expect("a key")).get("/leaderboards").await.ok();
    }

    let plans = ["indie", "pro", "studio"];
    let set = async |plan: &&str| run(&["account", "set-plan", "--account", &id, "--plan", plan]).await;
    let revoked = keys[0]["id"].as_str().expect("an id");
    let revoke = async || run(&["key", "revoke", "--account", &id, "--key", revoked]).await;
    let (set, first, second) = tokio::join!(join_all(plans.iter().map(set)), revoke(), revoke());
    assert!(set.iter().all(Option::is_some));
    assert!(first.or(second).is_some());
    let plan = replica.app().account(account.id).await.expect("an account").plan;
    assert!(plans.contains(&plan.as_str()), "{plan}");
    let listed = replica.app().list_keys(account.id).await.expect("keys");
    // The management key that the account had, those that weren't revoked, and two of each leaderboard.
    assert_eq!(listed.len(), 1 + 3 + 2 * 3);

    let delete: [&str; 4] = ["account", "delete", "--account", &id];
    let deleted = join_all((0..2).map(|_| run(&delete))).await;
    assert!(deleted.iter().any(Option::is_some));
    let mut left: Vec<_> = world.stored().await.into_keys().collect();
    // What this replica had to charge may have come later.
    left.retain(|key| !key.ends_with(":usage"));
    assert_eq!(left, [""; 0]);
    replica.stop().await;
}
