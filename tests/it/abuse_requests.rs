//! Requests that cost more than they should: slow, huge, packed, guessed, or too many.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use rankora::domain::api_key::{ApiKey, KeyKind};
use reqwest::Method;
use tokio::task::JoinSet;

use crate::support::{
    abuse::{ABUSER, Scene},
    api::Reply,
    redis::Server,
    world::World,
};

const MIB: u64 = 1 << 20;
const ENTRIES: &str = "POST /api/v1/leaderboard/entries HTTP/1.1\r\nHost: x\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_come_byte_by_byte_are_refused_at_the_deadline() {
    let scene = Scene::begin(World::new(), "", &["--header-deadline-ms", "1500"]).await;
    let head =
        format!("{ENTRIES}Authorization: Bearer {}\r\nContent-Length: 16000\r\n\r\n", scene.board.secret);
    let mut held = join_all((0..500).map(async |_| {
        let mut abuser = scene.connect().await;
        abuser.send(&head).await;
        abuser
    }))
    .await;
    let dripping = tokio::spawn(async move {
        let begun = Instant::now();
        while held.iter().map(|abuser| abuser.0.try_write(b" ")).filter(Result::is_ok).count() > 0 {
            assert!(begun.elapsed() < Duration::from_secs(20), "they are still open");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        held[0].rest().await
    });
    let with = scene.with_abuse().await;
    let answer = dripping.await.expect("an end");
    // A client that goes on sending may lose the answer.
    assert!(answer.is_empty() || answer.contains(r#""code":"invalid_body""#), "{answer}");
    scene.files_are_freed().await;
    // On a slow machine, a few heads may not be there in time.
    let late = scene.reached("body_deadline").await;
    assert!((400..=500).contains(&late), "{late} bodies were late");
    scene.memory_is_bounded("500 slow bodies", with, 64 * MIB);
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_that_are_too_large_get_431_and_take_no_memory() {
    let scene = Scene::begin(World::new(), "", &[]).await;
    let answers = |head: String| {
        let scene = &scene;
        async move {
            let mut abuser = scene.connect().await;
            abuser.send(format!("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{head}\r\n")).await;
            abuser.rest().await.lines().next().unwrap_or_default().to_owned()
        }
    };
    let lines = |lines: usize, bytes: usize| format!("X-Huge: {}\r\n", "x".repeat(bytes)).repeat(lines);
    assert_eq!(answers(lines(1, 15_000)).await, "HTTP/1.1 200 OK");
    assert_eq!(answers(lines(90, 10)).await, "HTTP/1.1 200 OK");
    let too_large = "HTTP/1.1 431 Request Header Fields Too Large";
    assert_eq!(answers(lines(1, 17_000)).await, too_large);
    assert_eq!(answers(lines(4, 5_000)).await, too_large);
    assert_eq!(answers(lines(101, 10)).await, too_large);
    assert_eq!(scene.reached("header_bytes").await, 3);

    // Heads without an end, of 350 KiB, all at once.
    let stop = Arc::<AtomicBool>::default();
    let chunk: Arc<str> = lines(1, 35_000).into();
    let mut abuse = JoinSet::new();
    for _ in 0..50 {
        let (mut abusers, stop, chunk) =
            (join_all((0..10).map(|_| scene.connect())).await, stop.clone(), chunk.clone());
        abuse.spawn(async move {
            for abuser in &mut abusers {
                abuser.send("GET / HTTP/1.1\r\n").await;
            }
            for _ in 0..10 {
                for abuser in &mut abusers {
                    // They are cut off at once.
                    abuser.send(&*chunk).await;
                }
            }
            while !stop.load(Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
    }
    let with = scene.with_abuse().await;
    stop.store(true, Ordering::Relaxed);
    abuse.join_all().await;
    assert_eq!(scene.reached("header_bytes").await, 503);
    scene.files_are_freed().await;
    scene.memory_is_bounded("500 endless heads", with, 64 * MIB);
    scene.end().await;
}

/// 16 MiB of zeros as gzip, in 16,328 bytes: each byte, and how often it comes.
#[rustfmt::skip]
const BOMB: [(u8, usize); 61] = [
    (31, 1), (139, 1), (8, 1), (0, 5), (2, 1), (3, 1), (236, 1), (193, 1), (1, 2), (0, 3), (128, 1), (144, 1), (254, 1), (175, 1), (238, 1), (8, 1), (10, 1), (0, 4094), (128, 1), (217, 1), (131, 1), (3, 1), (1, 1), (0, 4), (32, 1), (255, 1), (215, 1), (70, 1), (80, 1), (85, 4095), (97, 1), (15, 1), (14, 1), (4, 1), (0, 4), (128, 1), (252, 1), (95, 1), (27, 1), (65, 1), (85, 4095), (165, 1), (61, 1), (56, 1), (32, 1), (0, 4), (16, 1), (242, 1), (255, 1), (117, 1), (67, 1), (2, 1), (0, 3969), (192, 1), (85, 1), (74, 1), (161, 1), (124, 1), (164, 1), (0, 3), (1, 1),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_packed_body_is_refused_and_never_unpacked() {
    let scene = Scene::begin(World::new(), "", &[]).await;
    let bomb: Vec<u8> = BOMB.iter().flat_map(|(byte, times)| vec![*byte; *times]).collect();
    assert_eq!(bomb.len(), 16_328, "within what a body may have");
    let api = scene.api().await;
    let stop = Arc::<AtomicBool>::default();
    let refused = Arc::<AtomicU64>::default();
    let mut abuse = JoinSet::new();
    for encoding in ["gzip", "deflate", "br", "gzip, gzip"] {
        for _ in 0..2 {
            let (api, bomb, stop, refused) = (api.clone(), bomb.clone(), stop.clone(), refused.clone());
            abuse.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let request = api.request(Method::POST, "/leaderboard/entries");
                    let request = request.header("content-type", "application/json");
                    let request = request.header("content-encoding", encoding).body(bomb.clone());
                    Reply::of(request).await.is_error(415, "unsupported_media_type", None);
                    refused.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            });
        }
    }
    let with = scene.with_abuse().await;
    stop.store(true, Ordering::Relaxed);
    abuse.join_all().await;
    let refused = refused.load(Ordering::Relaxed);
    assert!(refused >= 100, "only {refused} were sent");
    scene.memory_is_bounded(&format!("{refused} packed bombs"), with, 32 * MIB);
    drop(api);
    scene.files_are_freed().await;
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_guessed_keys_cost_redis_little_and_the_tenant_nothing() {
    // A Redis of its own, so that its look-ups can be counted.
    let server = Server::start(&[]);
    let scene = Scene::begin(World::on(&server), "", &[]).await;
    let origin = scene.process.origin().await;
    let looked_up = lookups(&server).await;
    let begun = Instant::now();
    let guessing = {
        let mut tasks = JoinSet::new();
        for _ in 0..20 {
            let client = reqwest::Client::builder()
                .no_proxy()
                .local_address(Some(ABUSER.parse().expect("an address")));
            let (client, url) = (client.build().expect("a client"), format!("{origin}/api/v1/leaderboard"));
            tasks.spawn(async move {
                let mut unknown = 0;
                for _ in 0..500 {
                    let key = ApiKey::generate(KeyKind::Secret);
                    let reply = Reply::of(client.get(&url).bearer_auth(key.expose())).await;
                    match reply.status.as_u16() {
                        401 => unknown += 1,
                        _ => reply.is_error(429, "rate_limited", None),
                    }
                }
                unknown
            });
        }
        tasks.join_all()
    };
    let (unknown, with) = futures_util::future::join(guessing, scene.with_abuse()).await;
    let unknown: u64 = unknown.into_iter().sum();
    let looked_up = lookups(&server).await - looked_up;
    // A hundred at once, then ten a second; and the tenant's own key, whenever it has to be read again, which on a slow
    // machine is often.
    let most = 100 + 10 * (begun.elapsed().as_secs() + 1);
    assert!((100..=most).contains(&unknown), "{unknown} guesses were answered");
    assert!(looked_up <= most + 900, "{looked_up} of 10,000 reached Redis");
    assert!(
        scene.metric("rankora_refusals_total{route=\"/api/v1/leaderboard\",code=\"rate_limited\"}").await
            > 9_000.0
    );
    scene.memory_is_bounded("10,000 random keys", with, 32 * MIB);
    scene.files_are_freed().await;
    scene.end().await;
}

/// How often Redis has been asked for a key.
async fn lookups(server: &Server) -> u64 {
    let mut redis = World::on(server).redis().await;
    let info: String = redis::cmd("INFO").arg("commandstats").query_async(&mut redis).await.expect("INFO");
    let calls = info.lines().find_map(|line| line.strip_prefix("cmdstat_get:calls=")?.split(',').next());
    calls.map_or(0, |calls| calls.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_from_one_key_gets_its_rate_and_no_more() {
    let (rate, bucket) = (50, 100);
    let plan = format!("burst = {{ per_second = {rate}, bucket = {bucket} }}");
    let scene = Scene::begin(World::new(), &plan, &[]).await;
    let stop = Arc::<AtomicBool>::default();
    let begun = Instant::now();
    let mut flood = JoinSet::new();
    for _ in 0..8 {
        let (api, stop) = (scene.api().await, stop.clone());
        flood.spawn(async move {
            let (mut passed, mut refused) = (0, 0);
            while !stop.load(Ordering::Relaxed) {
                let reply = api.get("/leaderboard/entries").await;
                match reply.status.as_u16() {
                    200 => passed += 1,
                    _ => {
                        reply.is_error(429, "rate_limited", None);
                        refused += 1;
                    }
                }
            }
            (passed, refused)
        });
    }
    let with = scene.with_abuse().await;
    stop.store(true, Ordering::Relaxed);
    let (passed, refused) =
        flood.join_all().await.into_iter().fold((0_u64, 0_u64), |all, one| (all.0 + one.0, all.1 + one.1));
    let most = bucket + rate * (begun.elapsed().as_secs() + 1);
    assert!((bucket..=most).contains(&passed), "{passed} passed, {refused} were refused");
    assert!(refused > passed, "{passed} passed, {refused} were refused");
    scene.memory_is_bounded(&format!("a flood of {} from one key", passed + refused), with, 32 * MIB);
    scene.files_are_freed().await;
    scene.end().await;
}
