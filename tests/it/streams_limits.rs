//! Open streams are counted over all replicas.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use rankora::store::Keys;
use redis::AsyncCommands;
use reqwest::Method;

use crate::support::{
    api::{Api, Reply},
    eventually,
    redis::Server,
    stream::EventStream,
    world::{Board, Replica, World},
};

const LIMIT: usize = 20;

fn world() -> World {
    limited(World::new())
}

/// With a plan that has room for twenty streams, and one that has room for three.
fn limited(world: World) -> World {
    world
        .with_plans(
            "[[plan]]\nname = \"twenty\"\nmetadata = true\nrealtime_streams = 20\n\
             [[plan]]\nname = \"three\"\nmetadata = true\nrealtime_streams = 3\n",
        )
        .with_options(&["--default-plan", "twenty"])
}

/// Opens a stream as a client that was there before, or was not; the refusal where there is no room.
async fn try_open(api: &Api, last_event_id: Option<&str>) -> Result<EventStream, Reply> {
    let mut request = api.request(Method::GET, "/realtime");
    if let Some(id) = last_event_id {
        request = request.header("last-event-id", id);
    }
    let response = request.send().await.expect("an answer");
    if response.status() == 200 {
        return Ok(EventStream::of(response));
    }
    let (status, headers) = (response.status(), response.headers().clone());
    Err(Reply { status, headers, text: response.text().await.expect("a body") })
}

fn surely(answer: Result<EventStream, Reply>) -> EventStream {
    answer.unwrap_or_else(|refusal| panic!("{}", refusal.text))
}

async fn fill(api: &Api, streams: usize) -> Vec<EventStream> {
    let mut open = Vec::new();
    for _ in 0..streams {
        open.push(surely(try_open(api, None).await));
    }
    open
}

async fn is_full(api: &Api, last_event_id: Option<&str>) {
    match try_open(api, last_event_id).await {
        Ok(_) => panic!("there was room"),
        Err(refusal) => refusal.is_error(429, "stream_limit", None),
    }
}

/// The streams of the account, as Redis was told.
async fn counted(world: &World, board: &Board) -> usize {
    let key = Keys::new(world.prefix()).account(board.account.id).streams;
    let counts: Vec<String> = world.redis().await.hvals(key).await.expect("counts");
    counts
        .iter()
        .map(|count| count.split_once(' ').expect("a count").0.parse::<usize>().expect("a number"))
        .sum()
}

async fn three(world: &World) -> Vec<Replica> {
    vec![world.replica().await, world.replica().await, world.replica().await]
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_as_many_streams_as_the_plan_has_are_open_on_all_replicas_together() {
    let world = world();
    let replicas = three(&world).await;
    let board = replicas[0].board("twenty").await;
    // Each leaderboard's streams are the account's.
    let other = replicas[0].board_of(
        &board.account,
        rankora::domain::leaderboard::SortOrder::Asc,
        rankora::domain::leaderboard::Policy::Best,
    );
    let keys = [board.secret.clone(), board.publishable.clone(), other.await.secret];
    let apis: Vec<_> = (0..60).map(|nth| replicas[nth % 3].api(&keys[nth / 3 % 3])).collect();
    let answers = join_all(apis.iter().map(|api| try_open(api, None))).await;
    let (open, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((open.len(), refused.len()), (LIMIT, 60 - LIMIT));
    for refusal in refused {
        refusal.err().expect("a refusal").is_error(429, "stream_limit", None);
    }
    assert_eq!(counted(&world, &board).await, LIMIT);
    // Another account is not concerned.
    fill(&replicas[0].api(&replicas[0].board("three").await.secret), 3).await;
    drop(open);
    for replica in replicas {
        replica.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn never_more_streams_are_open_while_clients_come_and_go() {
    let world = world();
    let replicas = three(&world).await;
    let board = replicas[0].board("twenty").await;
    let (open, most, opened) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let client = |nth: usize| {
        let api = replicas[nth % 3].api(&board.secret);
        let (open, most, opened) = (&open, &most, &opened);
        async move {
            for _ in 0..20 {
                if let Ok(mut stream) = try_open(&api, None).await {
                    most.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    stream.begin().await;
                    opened.fetch_add(1, Ordering::SeqCst);
                    open.fetch_sub(1, Ordering::SeqCst);
                }
            }
        }
    };
    join_all((0..48).map(client)).await;
    assert!(most.load(Ordering::SeqCst) <= LIMIT, "{most:?}");
    assert!(opened.load(Ordering::SeqCst) > LIMIT, "{opened:?} in all");
    eventually("all places are free", async || (counted(&world, &board).await == 0).then_some(())).await;
    for replica in replicas {
        replica.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_is_free_again_when_its_client_leaves() {
    let world = world();
    let (here, there) = (world.replica().await, world.replica().await);
    let board = here.board("three").await;
    let mut open = fill(&here.api(&board.secret), 3).await;
    let api = there.api(&board.secret);
    for _ in 0..5 {
        is_full(&api, None).await;
        open.remove(0);
        let since = Instant::now();
        let stream = eventually("a free place", async || try_open(&api, None).await.ok()).await;
        assert!(since.elapsed() < Duration::from_secs(2), "{:?}", since.elapsed());
        open.push(stream);
    }
    here.stop().await;
    there.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_has_ten_per_cent_of_grace() {
    let world = world();
    let (here, there) = (world.replica().await, world.replica().await);
    let board = here.board("twenty").await;
    let (api, elsewhere) = (here.api(&board.secret), there.api(&board.secret));
    let mut open = fill(&api, LIMIT).await;
    is_full(&api, None).await;
    // Whatever the id says: the client was there before.
    for id in ["1-1", "unreadable"] {
        open.push(surely(try_open(&elsewhere, Some(id)).await));
    }
    is_full(&elsewhere, Some("1-1")).await;
    open.remove(0);
    eventually("it is noticed", async || (counted(&world, &board).await == LIMIT + 1).then_some(())).await;
    is_full(&elsewhere, None).await;
    // Of three, a tenth is one.
    let board = here.board("three").await;
    let api = here.api(&board.secret);
    open.extend(fill(&api, 3).await);
    open.push(surely(try_open(&api, Some("1-1")).await));
    is_full(&api, Some("1-1")).await;
    here.stop().await;
    there.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_takes_no_place() {
    let world = world();
    let replica = world.replica().await;
    let board = replica.board("three").await;
    let api = replica.api(&board.secret);
    for _ in 0..5 {
        api.get("/realtime?limit=0").await.is_error(400, "invalid_limit", Some("limit"));
        api.with_key(&board.account.management).get("/realtime").await.is_error(403, "forbidden", None);
    }
    let open = fill(&api, 3).await;
    for _ in 0..5 {
        is_full(&api, None).await;
    }
    assert_eq!(counted(&world, &board).await, 3);
    drop(open);
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_stops_gives_its_places_back_at_once() {
    let world = world();
    let (here, there) = (world.replica().await, world.replica().await);
    let board = here.board("three").await;
    let open = fill(&there.api(&board.secret), 3).await;
    is_full(&here.api(&board.secret), None).await;
    there.stop().await;
    fill(&here.api(&board.secret), 3).await;
    drop(open);
    here.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_replica_frees_its_places_within_fifteen_seconds() {
    let world = world();
    let program = world.process().start_ready().await;
    let here = world.replica().await;
    let board = here.board("twenty").await;
    let api = here.api(&board.secret);
    let _lost = fill(&program.api(&board.secret).await, LIMIT - 1).await;
    let mut open = fill(&api, 1).await;
    is_full(&api, None).await;
    program.kill().await;
    let since = Instant::now();
    open.push(eventually("a free place", async || try_open(&api, None).await.ok()).await);
    assert!(since.elapsed() < Duration::from_secs(15), "{:?}", since.elapsed());
    // Its own places did not lapse.
    open.extend(fill(&api, LIMIT - 2).await);
    is_full(&api, None).await;
    here.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_that_lapsed_while_redis_was_away_are_told_anew() {
    let server = Server::start(&["--appendonly", "yes", "--appendfsync", "always"]);
    let world = limited(World::on(&server));
    let replica = world.replica().await;
    let board = replica.board("twenty").await;
    let _open = fill(&replica.api(&board.secret), 5).await;
    assert_eq!(counted(&world, &board).await, 5);
    server.kill();
    let server = server.restart();
    // As after a long time: the count is no longer there.
    let key = Keys::new(world.prefix()).account(board.account.id).streams;
    eventually("Redis has loaded its data", async || {
        server.connection().await.del::<_, usize>(&key).await.ok()
    })
    .await;
    eventually("the count", async || (counted(&world, &board).await == 5).then_some(())).await;
    replica.stop().await;
}
