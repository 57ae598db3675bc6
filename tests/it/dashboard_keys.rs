//! The dashboard: what keys were used for, and an account's own keys. Each visitor meets two replicas in turn.

use rankora::{
    clock::Clock,
    domain::{api_key::KeyKind, name::Label, timestamp::Timestamp},
};
use reqwest::StatusCode;
use uuid::Uuid;

use crate::support::{
    eventually,
    owner::{Owner, PASSWORD, key_in},
    world::World,
};

#[tokio::test(flavor = "multi_thread")]
async fn each_keys_last_use_and_days_are_shown_over_all_replicas_and_kept_for_forty() {
    let clock = Clock::manual(Timestamp::from_micros(1_800_000_000_000_000));
    let world = World::new().with_clock(clock.clone());
    let owner = Owner::of(&world).await;
    let (board, secret, publishable) = owner.board("Mine").await;
    let app = owner.replicas[0].app();
    let account = app.find_account(&owner.email).await.expect("an account").id;
    let keys = app.list_keys(account).await.expect("keys");
    let id = |kind: KeyKind| keys.iter().find(|key| key.kind == kind).expect("a key").id;
    let (secret_id, publishable_id) = (id(KeyKind::Secret), id(KeyKind::Publishable));
    let uses = async |days| app.key_uses(account, &[secret_id, publishable_id], days).await.expect("uses");
    assert_eq!(uses(30).await, [None, None]);
    let page = owner.visitor.get(&format!("{board}/connect")).await.text;
    assert_eq!(page.matches(">Never<").count(), 2, "{page}");
    for replica in &owner.replicas {
        // Free, and counted all the same; and one that is refused.
        replica.api(&secret).get("/usage").await.ok();
        replica.api(&secret).submit(Uuid::new_v4(), "X", 1.0).await.is_error(
            400,
            "invalid_name",
            Some("name"),
        );
    }
    let now = clock.now();
    eventually("all of it", async || {
        let [Some(used), None] = &uses(3).await[..] else { return None };
        (used.days == [0, 0, 4] && used.last == now).then_some(())
    })
    .await;
    let day = 24 * 60 * 60 * 1_000_000;
    clock.set(Timestamp::from_micros(now.micros() + 2 * day));
    owner.replicas[1].api(&secret).get("/leaderboard").await.ok();
    owner.replicas[1].api(&publishable).get("/leaderboard").await.ok();
    eventually("the next day", async || {
        let [Some(one), Some(other)] = &uses(4).await[..] else { return None };
        (one.days == [0, 4, 0, 1] && other.days == [0, 0, 0, 1] && one.last == clock.now()).then_some(())
    })
    .await;
    let page = owner.visitor.get(&format!("{board}/connect")).await.text;
    assert!(
        page.contains("<title>Today: 1</title>") && page.contains("<title>2 days ago: 4</title>"),
        "{page}"
    );
    assert!(page.contains("2027-01-17 08:00 UTC") && page.contains(">5<svg"), "{page}");
    // What is older than forty days makes room; what is stored of a key has an end.
    clock.set(Timestamp::from_micros(now.micros() + 41 * day));
    assert_eq!(uses(50).await[0].as_ref().expect("used").days[8..11], [4, 0, 1], "until somebody counts");
    owner.replicas[0].api(&secret).get("/usage").await.ok();
    eventually("the last day", async || {
        let used = uses(50).await.swap_remove(0)?;
        (used.days[49] == 1 && used.days[8..11] == [0, 0, 1]).then_some(())
    })
    .await;
    let stored = world.stored_with_days().await.remove(&format!("{{{account}}}:key-uses")).expect("uses");
    assert_eq!(stored[secret_id.to_string().as_bytes()].len(), 12 + 40 * 4);
    // A key that is revoked leaves nothing, though a replica counts it later.
    owner.replicas[0].api(&publishable).get("/leaderboard").await.ok();
    app.revoke_key(account, None, publishable_id).await.expect("revoked");
    owner.replicas[0].api(&secret).get("/usage").await.ok();
    eventually("both are counted", async || (uses(1).await[0].as_ref()?.days == [2]).then_some(())).await;
    assert_eq!(uses(1).await[1], None);
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_keys_that_are_used_at_once_are_all_added_up() {
    let world = World::new();
    let replica = world.replica().await;
    let (app, account) = (replica.app(), replica.account("unlimited").await);
    let mut keys = Vec::new();
    for _ in 0..450 {
        keys.push(
            app.create_account_key(account.id, Label::parse("").expect("a label")).await.expect("a key"),
        );
    }
    for (key, _) in &keys {
        replica.api(key.expose()).get("/usage").await.ok();
    }
    let ids: Vec<_> = keys.iter().map(|(_, record)| record.id).collect();
    eventually("all of them", async || {
        let uses = app.key_uses(account.id, &ids, 1).await.expect("uses");
        uses.iter().all(|used| used.as_ref().is_some_and(|used| used.days == [1])).then_some(())
    })
    .await;
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_management_key_is_made_with_the_password_shown_once_and_revoked() {
    const KEYS: &str = "/dashboard/account/keys";
    let world = World::new();
    let owner = Owner::of(&world).await;
    let wrong = [("label", "Deploy"), ("current_password", "not the password")];
    let refused = owner.visitor.submit(KEYS, KEYS, &wrong).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.text.contains("This is not your password") && refused.text.contains("Deploy"));
    let fields = [("label", "Deploy"), ("current_password", PASSWORD)];
    let page = owner.submit(KEYS, KEYS, &fields).await.text;
    let key = key_in(&page, "rk_mgt_");
    assert!(page.contains("<bdi>Deploy</bdi>") && !owner.visitor.get(KEYS).await.text.contains(&key));
    let api = owner.replicas[1].api(&key);
    let made = api.post("/leaderboards", &serde_json::json!({"name": "Made"})).await.ok();
    assert_eq!(made["name"], "Made", "{made}");
    // A leaderboard's keys aren't revoked here, nor anybody else's.
    let account = owner.replicas[0].app().find_account(&owner.email).await.expect("an account").id;
    let other = owner.replicas[0].account("unlimited").await;
    let app = owner.replicas[0].app();
    let (board, ..) = owner.board("Mine").await;
    let ids: Vec<_> = app.list_keys(account).await.expect("keys").into_iter().collect();
    let of_board = ids.iter().find(|key| key.kind == KeyKind::Secret).expect("a key").id;
    let of_other = app.list_keys(other.id).await.expect("keys")[0].id;
    for id in [of_board, of_other] {
        let id = id.to_string();
        let reply = owner.visitor.submit(KEYS, &format!("{KEYS}/revoke"), &[("key", &id)]).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{board}");
    }
    let own = ids.iter().find(|key| key.kind == KeyKind::Management).expect("a key").id.to_string();
    let page = owner.submit(KEYS, &format!("{KEYS}/revoke"), &[("key", &own)]).await.text;
    assert!(page.contains("No management keys."), "{page}");
    eventually("it is refused", async || {
        (api.get("/leaderboards").await.status == StatusCode::UNAUTHORIZED).then_some(())
    })
    .await;
    owner.stop().await;
}
