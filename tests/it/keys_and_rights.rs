//! Which key may do what, and when one stops working.

use std::time::{Duration, Instant};

use rankora::domain::{
    api_key::{ApiKey, KeyKind},
    ids::KeyId,
};
use reqwest::{Method, header::HeaderValue};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    api::{Api, Reply},
    eventually,
    proxy::Proxy,
    redis::Server,
    routes::{Fixture, Presented, ROUTES, Right},
    world::{Account, Board, Replica, World},
};

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_key_may_do_what_its_rights_say_and_nothing_else() {
    let world = World::new();
    let fixture = Fixture::new(&world).await;
    let board = &fixture.board;
    let (secret, publishable, management) = (&board.secret, &board.publishable, &board.account.management);
    let (read, write, usage, manage) = (Right::Read, Right::Write, Right::Usage, Right::Manage);
    for (what, key, rights) in [
        ("secret", Presented::Header(secret.clone()), vec![read, write, usage]),
        ("publishable", Presented::Header(publishable.clone()), vec![read]),
        ("management", Presented::Header(management.clone()), vec![usage, manage]),
    ] {
        for (method, path, right, body) in ROUTES {
            let path = fixture.path(path).await;
            let answer = fixture.ask(&key, method, &path, body).await;
            match rights.contains(&right) {
                true => assert!(answer.status.is_success(), "{what} {method} {path}: {}", answer.text),
                false => answer.is_error(403, "forbidden", None),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publishable_key_in_the_url_reads_and_does_nothing_else() {
    let world = World::new();
    let fixture = Fixture::new(&world).await;
    let key = Presented::Url(fixture.board.publishable.clone());
    for (method, path, right, body) in ROUTES {
        let path = fixture.path(path).await;
        let answer = fixture.ask(&key, method, &path, body).await;
        match (method, right) {
            (_, Right::Read) => assert!(answer.status.is_success(), "{method} {path}: {}", answer.text),
            ("GET", _) => answer.is_error(403, "forbidden", None),
            _ => answer.is_error(401, "unauthorized", None),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_or_management_key_in_the_url_is_refused_on_every_route() {
    let world = World::new();
    let fixture = Fixture::new(&world).await;
    for key in [&fixture.board.secret, &fixture.board.account.management] {
        for (method, path, _, body) in ROUTES {
            let path = fixture.path(path).await;
            let answer = fixture.ask(&Presented::Url(key.clone()), method, &path, body).await;
            answer.is_error(401, "unauthorized", None);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_known_key_is_refused_on_every_route() {
    let world = World::new();
    let fixture = Fixture::new(&world).await;
    let typo = |key: &str, at: usize| {
        let mut key = key.to_owned().into_bytes();
        key[at] = if key[at] == b'x' { b'y' } else { b'x' };
        String::from_utf8(key).expect("ASCII")
    };
    let secret = &fixture.board.secret;
    let unknown = ApiKey::generate(KeyKind::Secret).expose().to_owned();
    for key in [
        Presented::Nothing,
        Presented::Header("nonsense".to_owned()),
        Presented::Header("rk_sec_".to_owned()),
        Presented::Header(secret[..secret.len() - 1].to_owned()),
        Presented::Header(format!("{secret}x")),
        Presented::Header(secret.to_lowercase()),
        Presented::Header(secret.replace("rk_sec_", "rk_mgt_")),
        Presented::Header(typo(secret, 20)),
        Presented::Header(typo(secret, secret.len() - 1)),
        Presented::Header(unknown),
        Presented::Url(typo(&fixture.board.publishable, 20)),
        Presented::Url(ApiKey::generate(KeyKind::Publishable).expose().to_owned()),
        Presented::Url(String::new()),
    ] {
        for (method, path, _, body) in ROUTES {
            let path = path.replace("{player}", &Uuid::new_v4().to_string());
            let path = path.replace("{board}", &fixture.board.id.to_string());
            let path = path.replace("{key}", &Uuid::new_v4().to_string());
            fixture.ask(&key, method, &path, body).await.is_error(401, "unauthorized", None);
        }
    }
    assert_eq!(fixture.replica.api(secret).get("/leaderboard").await.ok()["total_entries"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_account_sees_its_own_leaderboard_and_nothing_of_this_one() {
    let world = World::new();
    let fixture = Fixture::new(&world).await;
    let stranger = fixture.replica.board("unlimited").await;
    let (api, management) =
        (fixture.replica.api(&stranger.secret), fixture.replica.api(&stranger.account.management));
    let player = Uuid::new_v4();
    let own = fixture.replica.api(&fixture.board.secret);
    own.submit(player, "Ada", 1.0).await.ok();
    for method in [Method::GET, Method::DELETE] {
        let path = format!("/leaderboard/entries/{player}");
        Reply::of(api.request(method, &path)).await.is_error(404, "not_found", None);
    }
    assert_eq!(api.get("/leaderboard").await.ok()["id"], stranger.id.to_string());
    assert_eq!(api.get("/leaderboard/entries").await.ok()["entries"], json!([]));

    let keys = fixture.replica.api(&fixture.board.account.management);
    let path = format!("/leaderboards/{}/keys", fixture.board.id);
    let key = keys.get(&path).await.ok()["keys"][0]["id"].as_str().expect("an id").to_owned();
    for (method, path, right, body) in ROUTES {
        if right != Right::Manage || !path.contains("{board}") {
            continue;
        }
        let path = path.replace("{board}", &fixture.board.id.to_string()).replace("{key}", &key);
        let request = management.request(method.parse().expect("a method"), &path);
        let request = request.header("content-type", "application/json").body(body);
        Reply::of(request).await.is_error(404, "not_found", None);
    }
    assert_eq!(management.get("/leaderboards").await.ok()["pagination"]["total"], 1);
    assert_eq!(own.get("/leaderboard").await.ok()["name"], "Test board");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_the_header_counts_before_one_in_the_url() {
    let world = World::new();
    let here = world.replica().await;
    let (board, other) = (here.board("unlimited").await, here.board("unlimited").await);
    let path = format!("/leaderboard?key={}", other.publishable);
    assert_eq!(here.api(&board.secret).get(&path).await.ok()["id"], board.id.to_string());
    here.api("nonsense").get(&path).await.is_error(401, "unauthorized", None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authorization_header_of_another_form_is_refused_and_the_schemes_case_is_free() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let api = here.api("");
    let secret = &board.secret;
    let ask = async |value: &[u8]| {
        let value = HeaderValue::from_bytes(value).expect("a header value");
        let request = api.anonymous(Method::GET, "/leaderboard").header("authorization", value);
        Reply::of(request).await
    };
    for scheme in ["Bearer", "bearer", "BEARER"] {
        ask(format!("{scheme} {secret}").as_bytes()).await.ok();
    }
    ask(format!("Bearer   {secret}  ").as_bytes()).await.ok();
    for wrong in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        secret.clone(),
        format!("Basic {secret}"),
        format!("Bearer\t{secret}"),
        format!("Bearer: {secret}"),
        format!("Bearer {secret} {secret}"),
        format!("Bearer {secret},Bearer {secret}"),
        format!("Bearer \"{secret}\""),
        format!("Bearer {secret}\u{e9}"),
        format!("Bearer {}", "rk_sec_".repeat(1000)),
        format!("Bearer {}", "😀".repeat(46)),
        "Bearer rk_sec_\u{7f}".replace('\u{7f}', "~"),
    ] {
        ask(wrong.as_bytes()).await.is_error(401, "unauthorized", None);
    }
    ask(b"Bearer \xff\xfe").await.is_error(401, "unauthorized", None);
}

/// Makes a secret key for the account's leaderboard, and says its id.
async fn extra_key(replica: &Replica, board: &Board) -> (String, String) {
    let path = format!("/leaderboards/{}/keys", board.id);
    let key = replica.api(&board.account.management).post(&path, &json!({"kind": "secret"})).await.ok();
    let text = |field: &str| key[field].as_str().expect("a text").to_owned();
    (text("key"), text("id"))
}

async fn revoke(replica: &Replica, board: &Board, id: &str) {
    let path = format!("/leaderboards/{}/keys/{id}", board.id);
    let answer = replica.api(&board.account.management).delete(&path).await;
    assert_eq!(answer.ok(), json!({"success": true}));
}

/// How long a key was still accepted on a path; it must not be accepted again.
async fn accepted_for(api: &Api, path: &str) -> Duration {
    let since = Instant::now();
    let mut last = Duration::ZERO;
    eventually("the key is refused", async || {
        let asked = since.elapsed();
        let answer = api.get(path).await;
        if answer.status.is_success() {
            last = asked;
            return None;
        }
        answer.is_error(401, "unauthorized", None);
        Some(())
    })
    .await;
    for _ in 0..20 {
        api.get(path).await.is_error(401, "unauthorized", None);
    }
    last
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_stops_working_here_at_once_and_on_the_other_replica_within_a_second() {
    let world = World::new();
    let (here, there) = (world.replica().await, world.replica().await);
    let board = here.board("unlimited").await;
    let (key, id) = extra_key(&here, &board).await;
    let (near, far) = (here.api(&key), there.api(&key));
    near.get("/leaderboard").await.ok();
    far.get("/leaderboard").await.ok();

    revoke(&here, &board, &id).await;
    near.get("/leaderboard").await.is_error(401, "unauthorized", None);
    let accepted_for = accepted_for(&far, "/leaderboard").await;
    assert!(accepted_for < Duration::from_secs(1), "{accepted_for:?}");
    println!("a revoked key was accepted for {accepted_for:?} on the other replica");
    there.api(&board.secret).get("/leaderboard").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_stops_working_within_a_second_though_the_control_channel_was_cut() {
    let redis = Server::start(&[]);
    let world = World::on(&redis);
    let (here, there) = (world.replica().await, world.replica().await);
    let board = here.board("unlimited").await;
    let mut connection = redis.connection().await;
    for round in 0..3 {
        let (key, id) = extra_key(&here, &board).await;
        let far = there.api(&key);
        far.get("/leaderboard").await.ok();
        let cut: i64 = redis::cmd("CLIENT")
            .arg(&["KILL", "TYPE", "pubsub"])
            .query_async(&mut connection)
            .await
            .expect("connections to cut");
        assert!(round > 0 || cut > 0);
        revoke(&here, &board, &id).await;
        let accepted_for = accepted_for(&far, "/leaderboard").await;
        assert!(accepted_for < Duration::from_secs(1), "{accepted_for:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_stops_working_within_a_second_though_no_message_arrives_any_more() {
    let redis = Server::start(&[]);
    let world = World::on(&redis);
    let here = world.replica().await;
    let proxy = Proxy::start(&redis);
    let world = world.through(&proxy.url());
    let there = world.replica().await;
    let board = here.board("unlimited").await;
    let (key, id) = extra_key(&here, &board).await;
    let far = there.api(&key);
    far.get("/leaderboard").await.ok();
    proxy.lose_messages();
    revoke(&here, &board, &id).await;
    let accepted_for = accepted_for(&far, "/leaderboard").await;
    assert!(accepted_for < Duration::from_secs(1), "{accepted_for:?}");
    println!("without messages, a revoked key was accepted for {accepted_for:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_management_key_stops_working_too() {
    let world = World::new();
    let (here, there) = (world.replica().await, world.replica().await);
    let account: Account = here.account("unlimited").await;
    let far = there.api(&account.management);
    far.get("/leaderboards").await.ok();
    let keys = here.app().list_keys(account.id).await.expect("keys");
    let id: KeyId = keys.first().expect("a key").id;
    here.app().revoke_key(account.id, None, id).await.expect("it is revoked");
    here.api(&account.management).get("/leaderboards").await.is_error(401, "unauthorized", None);
    let accepted_for = accepted_for(&far, "/leaderboards").await;
    assert!(accepted_for < Duration::from_secs(1), "{accepted_for:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keys_of_a_deleted_leaderboard_stop_working_on_the_other_replica_within_a_second() {
    let world = World::new();
    let (here, there) = (world.replica().await, world.replica().await);
    let board = here.board("unlimited").await;
    for key in [&board.secret, &board.publishable] {
        there.api(key).get("/leaderboard").await.ok();
    }
    here.api(&board.account.management).delete(&format!("/leaderboards/{}", board.id)).await.ok();
    for key in [&board.secret, &board.publishable] {
        here.api(key).get("/leaderboard").await.is_error(401, "unauthorized", None);
        let since = Instant::now();
        eventually("the key is refused", async || {
            let asked = since.elapsed();
            let answer = there.api(key).get("/leaderboard").await;
            assert!(answer.status.as_u16() != 200, "the leaderboard is gone");
            assert!(answer.status.as_u16() == 401 || asked < Duration::from_secs(1), "{}", answer.text);
            (answer.status.as_u16() == 401).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_that_failed_half_way_can_be_repeated() {
    let redis = Server::start(&[]);
    let world = World::on(&redis);
    let there = world.replica().await;
    let proxy = Proxy::start(&redis);
    let world = world.through(&proxy.url());
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let (key, id) = extra_key(&here, &board).await;
    let far = there.api(&key);
    far.get("/leaderboard").await.ok();

    proxy.cut_at_key_changes(true);
    let path = format!("/leaderboards/{}/keys/{id}", board.id);
    let management = here.api(&board.account.management);
    management.delete(&path).await.is_error(503, "unavailable", None);
    proxy.cut_at_key_changes(false);
    let answer = eventually("the replica has its connection again", async || {
        let answer = management.delete(&path).await;
        (answer.status.as_u16() != 503).then_some(answer)
    });
    answer.await.ok();
    let accepted_for = accepted_for(&far, "/leaderboard").await;
    assert!(accepted_for < Duration::from_secs(1), "{accepted_for:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_key_is_revoked_or_its_leaderboard_deleted_it_stops_without_being_told() {
    let redis = Server::start(&[]);
    let proxy = Proxy::start(&redis);
    let world = World::on(&redis).through(&proxy.url());
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let (key, id) = extra_key(&here, &board).await;
    for key in [&key, &board.secret] {
        here.api(key).get("/leaderboard").await.ok();
    }
    proxy.lose_messages();
    revoke(&here, &board, &id).await;
    here.api(&key).get("/leaderboard").await.is_error(401, "unauthorized", None);
    here.api(&board.account.management).delete(&format!("/leaderboards/{}", board.id)).await.ok();
    here.api(&board.secret).get("/leaderboard").await.is_error(401, "unauthorized", None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_works_on_every_replica_from_its_answer_on() {
    let world = World::new();
    let (here, there) = (world.replica().await, world.replica().await);
    let board = here.board("unlimited").await;
    for _ in 0..20 {
        let (key, _) = extra_key(&here, &board).await;
        there.api(&key).get("/leaderboard").await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_of_a_read_or_write_shows_the_key() {
    let world = World::new();
    let fixture = Fixture::new(&world).await;
    let board = &fixture.board;
    for (key, url) in [(&board.secret, false), (&board.publishable, true)] {
        for (method, path, right, body) in ROUTES {
            if matches!(right, Right::Manage) || path == "/realtime" {
                continue;
            }
            let path = fixture.path(path).await;
            let presented = if url { Presented::Url(key.clone()) } else { Presented::Header(key.clone()) };
            let answer = fixture.ask(&presented, method, &path, body).await;
            let shown = format!("{} {:?}", answer.text, answer.headers);
            assert!(!shown.contains(key.as_str()), "{method} {path}: {shown}");
        }
    }
    let secret: Value = fixture.replica.api(&board.secret[..45]).get("/leaderboard").await.json();
    assert!(!secret.to_string().contains("rk_sec_"), "{secret}");
}
