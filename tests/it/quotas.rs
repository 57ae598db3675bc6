//! The month's requests: exact over all replicas, said in the headers, begun anew with the month, and not lost with
//! whoever held some of them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use rankora::{
    clock::Clock,
    domain::{api_key::ApiKey, api_key::KeyKind, timestamp::Timestamp},
};
use redis::AsyncCommands;
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{
    self,
    api::{Api, Reply},
    eventually, load,
    raw::Raw,
    redis::Server,
    world::{Board, World},
};

const LIST: &str = "/leaderboard/entries";

/// A plan named `p` with so many requests a month and no other limit.
fn plan(requests: u64) -> String {
    format!("[[plan]]\nname = \"p\"\nmetadata = true\nrequests_per_month = {requests}\n")
}

fn world(requests: u64) -> World {
    World::new().with_plans(&plan(requests)).with_options(&["--default-plan", "p"])
}

fn at(text: &str) -> Timestamp {
    let instant: jiff::Timestamp = text.parse().expect("RFC 3339");
    Timestamp::from_micros(instant.as_microsecond())
}

fn unix(text: &str) -> u64 {
    at(text).unix_seconds().unsigned_abs()
}

fn remaining(reply: &Reply) -> u64 {
    reply.header("x-ratelimit-remaining").parse().unwrap_or_else(|_| panic!("{:?}", reply.headers))
}

async fn used(api: &Api) -> u64 {
    api.get("/usage").await.ok()["currentRequests"].as_u64().expect("a number")
}

/// Any of what clients do: reads from the cache and past it, writes, and mistakes.
async fn do_anything(api: &Api, rng: &mut StdRng) -> Reply {
    let player = Uuid::from_u128(rng.random_range(0..20));
    match rng.random_range(0..14) {
        0..=5 => api.get(LIST).await,
        6 => api.get(&format!("{LIST}?offset={}", rng.random_range(0..1_000_000))).await,
        7 => api.get(&format!("{LIST}/{player}")).await,
        8 => api.get("/leaderboard").await,
        9 | 10 => api.submit(player, "Player", f64::from(rng.random_range(0..50))).await,
        11 => api.delete(&format!("{LIST}/{player}")).await,
        12 => api.post(LIST, &json!({"name": "Player", "score": "many"})).await,
        _ => api.get(&format!("{LIST}?limit=0")).await,
    }
}

/// Counts an answer, and sees to it that there are never too many; true where it was refused.
fn count(reply: &Reply, answered: &AtomicU64, limit: u64) -> bool {
    assert!(!reply.status.is_server_error(), "{}", reply.text);
    if reply.status == 429 {
        reply.is_error(429, "quota_exceeded", None);
        return true;
    }
    let answered = answered.fetch_add(1, Ordering::SeqCst) + 1;
    assert!(answered <= limit, "answer {answered} of {limit}: {}", reply.text);
    false
}

/// Sixteen clients of three replicas use up the month.
async fn use_up(limit: u64) {
    let world = world(limit);
    let replicas = [world.replica().await, world.replica().await, world.replica().await];
    let board = replicas[0].board("p").await;
    let apis: Vec<_> = replicas.iter().map(|replica| replica.api(&board.secret)).collect();
    let answered = Arc::new(AtomicU64::new(0));
    let seed = support::seed();
    let mut clients = JoinSet::new();
    for client in 0..16_u64 {
        let (api, answered) = (apis[client as usize % 3].clone(), answered.clone());
        let mut rng = StdRng::seed_from_u64(seed.wrapping_add(client));
        clients.spawn(async move { while !count(&do_anything(&api, &mut rng).await, &answered, limit) {} });
    }
    clients.join_all().await;
    let at_first = answered.load(Ordering::SeqCst);

    // What some replica had set aside comes back to whoever asks again.
    eventually("the last request of the month is answered", || async {
        let mut rng = StdRng::seed_from_u64(rand::random());
        for api in &apis {
            count(&do_anything(api, &mut rng).await, &answered, limit);
        }
        (answered.load(Ordering::SeqCst) == limit).then_some(())
    })
    .await;
    eprintln!("{at_first} of {limit} were answered before each client was refused once");
    // A hundredth, and what many clients may be refused while a recall is under way.
    assert!(at_first + limit / 100 + 50 >= limit, "only {at_first} of {limit} at first");

    let mut rng = StdRng::seed_from_u64(seed);
    for api in apis.iter().cycle().take(60) {
        assert!(count(&do_anything(api, &mut rng).await, &answered, limit), "more than the limit");
    }
    for api in &apis {
        let usage = api.get("/usage").await.ok();
        assert_eq!((&usage["currentRequests"], &usage["remainingRequests"]), (&json!(limit), &json!(0)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_month_is_used_to_its_last_request_and_never_beyond() {
    use_up(100).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_month_is_used_to_its_last_request_and_never_beyond() {
    use_up(20_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_answer_says_one_less_is_left_be_it_cached_or_not() {
    // Leases are of one request in a small month, and of many in a large one.
    for limit in [500, 1_000_000] {
        let world = world(limit).with_clock(Clock::manual(at("2026-02-10T12:00:00Z")));
        let replica = world.replica().await;
        let board = replica.board("p").await;
        let api = replica.api(&board.secret);
        let mut rng = StdRng::seed_from_u64(support::seed());
        for step in 1..=300 {
            let reply = do_anything(&api, &mut rng).await;
            assert_eq!(reply.header("x-ratelimit-limit"), limit.to_string());
            assert_eq!(remaining(&reply), limit - step, "{}", reply.text);
            assert_eq!(reply.header("x-ratelimit-reset"), unix("2026-03-01T00:00:00Z").to_string());
            assert!(!reply.header("x-request-id").is_empty());
        }
        let usage = api.get("/usage").await;
        assert_eq!(remaining(&usage), limit - 300);
        assert_eq!(usage.ok()["remainingRequests"], limit - 300);
        assert_eq!(usage.ok()["resetsAt"].as_str().map(|text| &text[..10]), Some("2026-03-01"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_without_a_quota_says_nothing_of_one() {
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let api = replica.api(&board.secret);
    api.submit(Uuid::new_v4(), "Player", 1.0).await.ok();
    for path in [LIST, LIST, "/leaderboard", "/usage", "/leaderboard/entries?limit=0"] {
        let reply = api.get(path).await;
        let named = reply.headers.keys().filter(|name| name.as_str().starts_with("x-ratelimit")).count();
        assert_eq!(named, 0, "{path}");
    }
    let usage = api.get("/usage").await.ok();
    for field in ["remainingRequests", "remainingEntries", "remainingLeaderboards"] {
        assert_eq!(usage[field], json!(null), "{field}");
    }
    assert_eq!(usage["currentRequests"], 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_counts_is_every_answer_to_a_key_but_a_429_on_the_routes_that_count() {
    let world = world(10_000);
    let replica = world.replica().await;
    let board = replica.board("p").await;
    let (secret, publishable) = (replica.api(&board.secret), replica.api(&board.publishable));
    let management = replica.api(&board.account.management);
    let unknown = replica.api(ApiKey::generate(KeyKind::Secret).expose());
    let malformed = replica.api("rk_sec_nonsense");
    let player = Uuid::new_v4();
    let entry = format!("{LIST}/{player}");
    let submission = json!({"name": "Player", "score": 1, "player_id": player});
    let large = json!({"name": "Player", "score": 1, "x": "x".repeat(20_000)});
    let board_path = format!("/leaderboards/{}", board.id);

    let mut counted = 0;
    let mut check = async |what: &str, reply: Reply, status: u16, counts: u64| {
        assert_eq!(reply.status.as_u16(), status, "{what}: {}", reply.text);
        counted += counts;
        assert_eq!(used(&management).await, counted, "{what}");
    };
    check("a submission", secret.post(LIST, &submission).await, 200, 1).await;
    check("a list", secret.get(LIST).await, 200, 1).await;
    check("a list from the cache", publishable.get(LIST).await, 200, 1).await;
    let etag = publishable.get(LIST).await.header("etag").to_owned();
    let known = Reply::of(publishable.request(Method::GET, LIST).header("if-none-match", etag)).await;
    check("two more, one not modified", known, 304, 2).await;
    check("an entry", publishable.get(&entry).await, 200, 1).await;
    check("the leaderboard", publishable.get("/leaderboard").await, 200, 1).await;
    let anonymous = secret.anonymous(Method::GET, &format!("{LIST}?key={}", board.publishable));
    check("a key in the URL", Reply::of(anonymous).await, 200, 1).await;
    check("an invalid score", secret.post(LIST, &json!({"name": "Player"})).await, 400, 1).await;
    check("malformed JSON", secret.post_text(LIST, "{").await, 400, 1).await;
    check("a large body", secret.post(LIST, &large).await, 413, 1).await;
    let plain = secret.request(Method::POST, LIST).header("content-type", "text/plain").body("1");
    check("a strange content type", Reply::of(plain).await, 415, 1).await;
    check("an invalid limit", publishable.get(&format!("{LIST}?limit=51")).await, 400, 1).await;
    check("an invalid id", publishable.get(&format!("{LIST}/nobody")).await, 400, 1).await;
    check("no right to write", publishable.post(LIST, &submission).await, 403, 1).await;
    check("no right to read entries", management.get(LIST).await, 403, 1).await;
    check("a deletion", secret.delete(&entry).await, 200, 1).await;
    check("a deletion of nothing", secret.delete(&entry).await, 404, 1).await;
    check("an entry that is not there", publishable.get(&entry).await, 404, 1).await;

    check("an unknown key", unknown.get(LIST).await, 401, 0).await;
    check("a malformed key", malformed.get(LIST).await, 401, 0).await;
    check("no key", Reply::of(secret.anonymous(Method::GET, LIST)).await, 401, 0).await;
    check("the usage", secret.get("/usage").await, 200, 0).await;
    check("no right to the usage", publishable.get("/usage").await, 403, 0).await;
    check("the leaderboards", management.get("/leaderboards").await, 200, 0).await;
    check("no right to manage", secret.get("/leaderboards").await, 403, 0).await;
    check("a change", management.patch(&board_path, &json!({"name": "Other"})).await, 200, 0).await;
    check("a reset", management.post(&format!("{board_path}/reset"), &json!({})).await, 200, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_up_month_refuses_what_counts_until_its_end_and_answers_what_is_free() {
    let clock = Clock::manual(at("2026-04-29T23:59:00Z"));
    let world = world(3).with_clock(clock.clone());
    let replica = world.replica().await;
    let board = replica.board("p").await;
    let api = replica.api(&board.secret);
    let management = replica.api(&board.account.management);
    let player = Uuid::new_v4();
    for _ in 0..3 {
        api.submit(player, "Player", 1.0).await.ok();
    }
    let entry = format!("{LIST}/{player}");
    let refused = [
        api.submit(player, "Player", 2.0).await,
        api.submit(Uuid::new_v4(), "Player", 2.0).await,
        api.delete(&entry).await,
        api.get(&entry).await,
        api.get(LIST).await,
        api.get("/leaderboard").await,
        api.get(&format!("{LIST}?limit=0")).await,
        api.post_text(LIST, "{").await,
    ];
    for reply in refused {
        reply.is_error(429, "quota_exceeded", None);
        assert_eq!(reply.header("retry-after"), (24 * 3600 + 60).to_string());
        assert_eq!(remaining(&reply), 0);
        assert_eq!(reply.header("x-ratelimit-limit"), "3");
        assert_eq!(reply.header("x-ratelimit-reset"), unix("2026-05-01T00:00:00Z").to_string());
    }
    assert_eq!((used(&api).await, used(&management).await), (3, 3));
    management.get("/leaderboards").await.ok();
    let answer = management.get(&format!("/leaderboards/{}", board.id)).await.ok();
    assert_eq!(answer["total_entries"], 1, "nothing was written or deleted");

    clock.set(at("2026-04-30T23:59:59.999999Z"));
    api.get(LIST).await.is_error(429, "quota_exceeded", None);
    clock.set(at("2026-05-01T00:00:00Z"));
    let list = api.get(LIST).await;
    assert_eq!((list.ok()["entries"][0]["score"].clone(), remaining(&list)), (json!(1), 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_month_turns_with_the_calendar_in_utc() {
    let clock = Clock::manual(at("2026-01-01T00:00:00Z"));
    let world = world(50).with_clock(clock.clone());
    let replicas = [world.replica().await, world.replica().await];
    let board = replicas[0].board("p").await;
    let apis = [replicas[0].api(&board.secret), replicas[1].api(&board.secret)];
    for (last_of_month, next_month) in [
        ("2026-02-28T23:59:59.999999Z", "2026-03-01T00:00:00Z"),
        ("2026-03-31T23:59:59.999999Z", "2026-04-01T00:00:00Z"),
        ("2026-11-30T23:59:59.999999Z", "2026-12-01T00:00:00Z"),
        ("2026-12-31T23:59:59.999999Z", "2027-01-01T00:00:00Z"),
        ("2028-02-29T23:59:59.999999Z", "2028-03-01T00:00:00Z"),
        ("2100-02-28T23:59:59.999999Z", "2100-03-01T00:00:00Z"),
    ] {
        clock.set(at(last_of_month));
        // The month may have begun with what the round before used of it.
        let before = used(&apis[1]).await;
        for (step, path) in [LIST, LIST, "/leaderboard", LIST].into_iter().enumerate() {
            let reply = apis[0].get(path).await;
            assert_eq!(reply.header("x-ratelimit-reset"), unix(next_month).to_string(), "{last_of_month}");
            assert_eq!(remaining(&reply), 49 - before - step as u64, "{last_of_month}");
        }
        assert_eq!(used(&apis[1]).await, before + 4);
        clock.set(at(next_month));
        for (step, api) in apis.iter().enumerate() {
            let reply = api.get(LIST).await;
            assert_eq!(remaining(&reply), 49 - step as u64, "{next_month}");
            assert!(reply.header("x-ratelimit-reset") > &*unix(next_month).to_string());
        }
    }
    let fields: usize = world.redis().await.hlen(world.keys(&board).usage).await.expect("a hash");
    assert!(fields <= 3, "months long gone are forgotten");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_replicas_clock_is_in_another_month_redis_clock_counts() {
    let world = world(50);
    let replica = world.replica().await;
    let board = replica.board("p").await;
    load::fill(&world, &board, &load::players(10), "").await;
    assert_eq!(used(&replica.api(&board.secret)).await, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_set_aside_in_one_month_are_not_used_in_the_next() {
    const LIMIT: u64 = 3_000;
    let clock = Clock::manual(at("2026-11-30T23:59:59Z"));
    let world = world(LIMIT).with_clock(clock.clone());
    let replicas = [world.replica().await, world.replica().await, world.replica().await];
    let board = replicas[0].board("p").await;
    let apis: Vec<_> = replicas.iter().map(|replica| replica.api(&board.secret)).collect();
    // Enough cached reads for leases of several requests, which stay open.
    for api in &apis {
        for _ in 0..45 {
            api.get(LIST).await.ok();
        }
    }
    clock.set(at("2026-12-01T00:00:00Z"));
    let answered = Arc::new(AtomicU64::new(0));
    let mut clients = JoinSet::new();
    let seed = support::seed();
    for client in 0..12_u64 {
        let (api, answered) = (apis[client as usize % 3].clone(), answered.clone());
        let mut rng = StdRng::seed_from_u64(seed.wrapping_add(client));
        clients.spawn(async move { while !count(&do_anything(&api, &mut rng).await, &answered, LIMIT) {} });
    }
    clients.join_all().await;
    eventually("the last request of December is answered", || async {
        for api in &apis {
            count(&api.get(LIST).await, &answered, LIMIT);
        }
        (answered.load(Ordering::SeqCst) == LIMIT).then_some(())
    })
    .await;
    // Whatever November's leases were, they don't come back into December's count.
    for api in &apis {
        assert_eq!(used(api).await, LIMIT);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_usage_is_ahead_by_what_is_set_aside_for_a_moment_only_and_never_behind() {
    let world = world(1_000_000);
    let replicas = [world.replica().await, world.replica().await, world.replica().await];
    let board = replicas[0].board("p").await;
    let apis: Vec<_> = replicas.iter().map(|replica| replica.api(&board.secret)).collect();
    let mut answered = 0;
    for round in 0..20 {
        for api in &apis[..2] {
            for _ in 0..20 {
                api.get(LIST).await.ok();
                answered += 1;
            }
        }
        let used = used(&apis[2]).await;
        assert!((answered..answered + 2 * 512).contains(&used), "round {round}: {used} of {answered}");
    }
    let since = Instant::now();
    eventually("the usage is exact", || async { (used(&apis[2]).await == answered).then_some(()) }).await;
    // A second is promised; the rest is for a busy machine.
    assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_stops_gives_back_what_it_had_set_aside() {
    let world = world(1_000_000);
    let (stopping, staying) = (world.replica().await, world.replica().await);
    let board = staying.board("p").await;
    let api = stopping.api(&board.secret);
    for _ in 0..40 {
        api.get(LIST).await.ok();
    }
    assert!(used(&staying.api(&board.secret)).await > 40, "it had set nothing aside");
    stopping.stop().await;
    assert_eq!(used(&staying.api(&board.secret)).await, 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_is_killed_takes_no_more_than_a_small_lease_with_it() {
    let world = world(1_000_000);
    let staying = world.replica().await;
    let board = staying.board("p").await;
    let doomed = world.process().start_ready().await;
    let mut clients = JoinSet::new();
    for _ in 0..4 {
        let api = doomed.api(&board.secret).await;
        clients.spawn(async move {
            for _ in 0..700 {
                api.get(LIST).await.ok();
            }
        });
    }
    clients.join_all().await;
    doomed.kill().await;
    let lost = used(&staying.api(&board.secret)).await - 2_800;
    eprintln!("{lost} requests were lost");
    assert!(lost < 512, "{lost} requests were lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_back_to_a_redis_that_forgot_it_was_taken_does_no_harm() {
    let world = world(1_000_000);
    let replica = world.replica().await;
    let board = replica.board("p").await;
    let api = replica.api(&board.secret);
    for _ in 0..40 {
        api.get(LIST).await.ok();
    }
    // As after a crash that lost the last second's writes, or a failover.
    let mut redis = world.redis().await;
    let () = redis.hset(world.keys(&board).usage, this_month(), 1).await.expect("a hash");
    eventually("the lease has gone back", || async {
        let requests: i64 =
            world.redis().await.hget(world.keys(&board).usage, this_month()).await.expect("a number");
        (requests != 1).then_some(())
    })
    .await;
    let before = used(&api).await;
    api.submit(Uuid::new_v4(), "Player", 1.0).await.ok();
    api.get(&format!("{LIST}?offset=7")).await.ok();
    assert_eq!(used(&api).await, before + 2);
}

/// The field that counts this month's requests.
fn this_month() -> String {
    Clock::System.now().month_start_after().unix_seconds().to_string()
}

/// Has forty reads made, and uses up elsewhere all that Redis then still has of 2,000, so that what is left is their
/// replica's lease. Returns what Redis had charged before.
async fn last_open_lease(world: &World, board: &Board, api: &Api) -> u64 {
    for _ in 0..40 {
        api.get(LIST).await.ok();
    }
    let mut redis = world.redis().await;
    let taken: u64 = redis.hget(world.keys(board).usage, this_month()).await.expect("a number");
    let () = redis.hset(world.keys(board).usage, this_month(), 2_000).await.expect("a hash");
    taken
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_last_open_lease_holds_is_not_refused_to_a_writer_elsewhere() {
    let world = world(2_000);
    let replicas = [world.replica().await, world.replica().await];
    let board: Board = replicas[0].board("p").await;
    let apis = [replicas[0].api(&board.secret), replicas[1].api(&board.secret)];
    let taken = last_open_lease(&world, &board, &apis[0]).await;
    assert!(taken > 40, "there is no open lease");
    let reply = apis[1].submit(Uuid::new_v4(), "Player", 1.0).await;
    reply.ok();
    assert_eq!(remaining(&reply), taken - 40 - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_last_open_lease_holds_is_not_refused_to_a_reader_elsewhere() {
    let entry = format!("{LIST}/{}", Uuid::new_v4());
    for (path, status) in [(LIST, 200), ("/leaderboard", 200), (&entry, 404)] {
        let world = world(2_000);
        let replicas = [world.replica().await, world.replica().await];
        let board: Board = replicas[0].board("p").await;
        let apis = [replicas[0].api(&board.secret), replicas[1].api(&board.secret)];
        let taken = last_open_lease(&world, &board, &apis[0]).await;
        assert!(taken > 41, "there is no open lease");
        // All of it is used up, one after the other, and nothing beyond.
        for left in (0..taken - 40).rev() {
            let reply = apis[1].get(path).await;
            assert_eq!((reply.status.as_u16(), remaining(&reply)), (status, left), "{}", reply.text);
        }
        apis[1].get(path).await.is_error(429, "quota_exceeded", None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_who_goes_away_takes_no_lease_along() {
    // A Redis of its own, which can be held.
    let server = Server::start(&[]);
    let world = World::on(&server).with_plans(&plan(1_000_000)).with_options(&["--default-plan", "p"]);
    let (here, there) = (world.replica().await, world.replica().await);
    let board = here.board("p").await;
    let (api, elsewhere) = (here.api(&board.secret), there.api(&board.secret));
    used(&elsewhere).await;
    for path in [format!("{LIST}?offset=7"), format!("{LIST}?limit=0")] {
        // Up to leases of hundreds, and to the end of one.
        let mut answered = used(&api).await;
        for _ in 0..300 {
            api.get(LIST).await;
            answered += 1;
        }
        eventually("all leases have gone back", async || (used(&elsewhere).await == answered).then_some(()))
            .await;
        let () = redis::cmd("CLIENT")
            .arg(&["PAUSE", "400", "ALL"])
            .query_async(&mut server.connection().await)
            .await
            .expect("a pause");
        let mut gone = Raw::connect(&here.origin()).await;
        let key = &board.secret;
        let head =
            format!("GET /api/v1{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\r\n");
        gone.send(head).await;
        // Until the request has come to Redis, and waits there.
        let _ = tokio::time::timeout(Duration::from_millis(150), gone.answer()).await;
        drop(gone);
        eventually("its lease has gone back", async || {
            let used = used(&elsewhere).await;
            (used <= answered + 1).then_some(())
        })
        .await;
    }
}
