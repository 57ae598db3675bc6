//! How fast one key may ask, and how many unknown keys one address may try.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use rankora::domain::api_key::{ApiKey, KeyKind};
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{api::Reply, eventually, redis::Server, world::World};

const LIST: &str = "/leaderboard/entries";

fn world(per_second: u32, bucket: u32) -> World {
    let plan = format!(
        "[[plan]]\nname = \"p\"\nmetadata = true\nrequests_per_month = 10000\n\
         burst = {{ per_second = {per_second}, bucket = {bucket} }}\n"
    );
    World::new().with_plans(&plan).with_options(&["--default-plan", "p"])
}

#[track_caller]
fn is_too_fast(reply: &Reply) {
    reply.is_error(429, "rate_limited", None);
    let wait: u64 = reply.header("retry-after").parse().expect("seconds");
    assert!(wait >= 1, "{wait}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_asks_too_fast_is_refused_alone_and_its_refusals_are_free() {
    let world = world(1, 5);
    let replica = world.replica().await;
    let board = replica.board("p").await;
    let api = replica.api(&board.secret);
    let since = Instant::now();
    let (mut passed, mut refused) = (0, 0);
    for score in 0..30 {
        let reply = api.submit(Uuid::from_u128(1), "Player", f64::from(score)).await;
        if reply.status == 200 {
            passed += 1;
        } else {
            is_too_fast(&reply);
            assert_eq!(reply.header("x-ratelimit-limit"), "10000");
            assert_eq!(reply.header("x-ratelimit-remaining"), (10_000 - passed).to_string());
            refused += 1;
        }
    }
    let most = 5 + since.elapsed().as_secs() + 1;
    assert!((5..=most).contains(&passed), "{passed} passed, {refused} were refused");

    // Routes that are free are no way around it.
    is_too_fast(&api.get("/usage").await);
    // Other keys, of the same leaderboard and account, go on.
    let list = replica.api(&board.publishable).get(LIST).await;
    assert_eq!(list.ok()["entries"][0]["score"], passed - 1, "what was refused was not written");
    let usage = replica.api(&board.account.management).get("/usage").await.ok();
    assert_eq!(usage["currentRequests"], passed + 1, "what was refused was not counted");

    let back = eventually("the key may ask again", || async {
        let reply = api.get(LIST).await;
        (reply.status == 200).then_some(reply)
    })
    .await;
    back.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_gets_its_bucket_at_once_and_its_rate_after_it() {
    let (rate, bucket) = (100, 40);
    let world = world(rate, bucket);
    let replica = world.replica().await;
    let board = replica.board("p").await;
    let api = replica.api(&board.publishable);
    let since = Instant::now();
    let (mut passed, mut made) = (0_u32, 0);
    // What a slow machine leaves in the bucket until it flows over is not missed: it is reckoned as the key sees it, from
    // its first answer on.
    let (mut level, mut overflown, mut longest) = (f64::from(bucket), 0.0, 0.0_f64);
    let (mut first, mut last) = (None, since);
    while since.elapsed().as_millis() < 700 {
        let begun = Instant::now();
        let reply = api.get(LIST).await;
        let answered = Instant::now();
        longest = longest.max((answered - begun).as_secs_f64());
        if first.is_some() {
            level += f64::from(rate) * (answered - last).as_secs_f64();
        }
        overflown += (level - f64::from(bucket)).max(0.0);
        level = level.min(f64::from(bucket));
        (first, last) = (first.or(Some(answered)), answered);
        made += 1;
        match reply.status.as_u16() {
            200 => (passed, level) = (passed + 1, level - 1.0),
            _ => is_too_fast(&reply),
        }
    }
    let earned = f64::from(bucket) + f64::from(rate) * since.elapsed().as_secs_f64();
    assert!(f64::from(passed) <= earned + 1.0, "{passed} of {earned}");
    let unheard = first.map_or(0.0, |first| (first - since).as_secs_f64()) + longest;
    // A machine too slow to ask for more than that shows nothing.
    let least = (earned - overflown - f64::from(rate) * unheard - 5.0).min(f64::from(made));
    assert!(f64::from(passed) >= least, "{passed} of {earned}, {made} asked for");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_tries_many_unknown_keys_is_turned_away_but_its_known_keys_are_not() {
    // A Redis of its own, so that its look-ups can be counted.
    let server = Server::start(&[]);
    let world = World::on(&server);
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let known = replica.api(&board.secret);
    known.submit(Uuid::new_v4(), "Player", 1.0).await.ok();

    let since = Instant::now();
    let tried: Vec<_> = {
        let mut tasks = JoinSet::new();
        for _ in 0..200 {
            let api = known.with_key(ApiKey::generate(KeyKind::Secret).expose());
            tasks.spawn(async move { api.get(LIST).await });
        }
        tasks.join_all().await
    };
    let unknown = tried.iter().filter(|reply| reply.status == 401).count() as u64;
    assert!((100..=100 + 10 * (since.elapsed().as_secs() + 1)).contains(&unknown), "{unknown} of 200");
    tried.iter().filter(|reply| reply.status != 401).for_each(is_too_fast);

    let (looked_up, since) = (lookups(&world).await, Instant::now());
    let stop = Arc::new(AtomicBool::new(false));
    let mut attack = JoinSet::new();
    for _ in 0..4 {
        let (api, stop) = (known.clone(), stop.clone());
        attack.spawn(async move {
            let mut tried = 0;
            while !stop.load(Ordering::Relaxed) {
                tried += 1;
                let reply = api.with_key(ApiKey::generate(KeyKind::Secret).expose()).get(LIST).await;
                assert!(matches!(reply.status.as_u16(), 401 | 429), "{}", reply.text);
            }
            tried
        });
    }
    for round in 0..60 {
        if round % 10 == 0 {
            // Everything that is known of keys has to be looked up again.
            replica.app().set_plan(board.account.id, "unlimited").await.expect("a plan");
        }
        known.get(LIST).await.ok();
        known.post(LIST, &json!({"name": "Player", "score": round})).await.ok();
    }
    stop.store(true, Ordering::Relaxed);
    let tried: u64 = attack.join_all().await.into_iter().sum();
    let looked_up = lookups(&world).await - looked_up;
    // Ten a second, the known key each time it was forgotten, and what was under way.
    let most = 10 * (since.elapsed().as_secs() + 1) + 6 * 2 + 20;
    assert!(looked_up <= most, "{looked_up} of {tried} tries reached Redis");
    assert!(tried > 2 * most, "only {tried} tries");
}

/// How often Redis has been asked for a key.
async fn lookups(world: &World) -> u64 {
    let mut redis = world.redis().await;
    let info: String = redis::cmd("INFO").arg("commandstats").query_async(&mut redis).await.expect("INFO");
    let calls = info.lines().find_map(|line| line.strip_prefix("cmdstat_get:calls=")?.split(',').next());
    calls.expect("calls of GET").parse().expect("a number")
}
