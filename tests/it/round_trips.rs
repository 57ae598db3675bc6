//! What each route costs Redis: round trips, commands, time.

use std::{collections::BTreeMap, time::Instant};

use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    api::{Api, Reply},
    eventually,
    proxy::Proxy,
    redis::Server,
    world::{Board, Replica, World},
};

const ENTRIES: &str = "/leaderboard/entries";
/// Entries on the leaderboard that is read.
const FILLED: u32 = 400;

/// A replica that reaches its Redis through a proxy that counts.
struct Scale {
    redis: Server,
    proxy: Proxy,
    replica: Replica,
    board: Board,
}

impl Scale {
    async fn new() -> Self {
        let redis = Server::start(&[]);
        let proxy = Proxy::start(&redis);
        let world = World::on(&redis).through(&proxy.url());
        let replica = world.replica().await;
        let board = replica.board("unlimited").await;
        let scale = Self { redis, proxy, replica, board };
        // A key is remembered once the channel that would say that it was revoked has proved to deliver.
        eventually("the key is remembered", async || {
            scale.proxy.take();
            scale.api().get("/leaderboard").await.ok();
            (scale.proxy.take().len() == 1).then_some(())
        })
        .await;
        scale
    }

    fn api(&self) -> Api {
        self.replica.api(&self.board.secret)
    }

    /// The round trips of a request whose key is known, as most of several runs need them: now and then a key has
    /// to be looked up again.
    async fn trips(&self, mut request: impl AsyncFnMut() -> Reply) -> Vec<Vec<String>> {
        let mut seen: BTreeMap<Vec<Vec<String>>, u32> = BTreeMap::new();
        // The first run makes Redis know the scripts.
        request().await;
        for _ in 0..9 {
            self.proxy.take();
            let answer = request().await;
            assert!(!answer.status.is_server_error(), "{}", answer.text);
            *seen.entry(self.proxy.take()).or_default() += 1;
        }
        seen.into_iter().max_by_key(|(_, times)| *times).map(|(trips, _)| trips).expect("runs")
    }

    /// Microseconds that Redis spends on a request with these trips, from what its commands take on average; and how
    /// many of them count the request.
    async fn micros(
        &self,
        trips: &[Vec<String>],
        runs: u32,
        mut request: impl AsyncFnMut() -> Reply,
    ) -> (f64, f64) {
        let before = self.redis.command_stats().await;
        for _ in 0..runs {
            request().await;
        }
        let after = self.redis.command_stats().await;
        let average = |name: &str| {
            let before = before.get(name).copied().unwrap_or_default();
            let after = after.get(name).copied().unwrap_or_default();
            (after.micros - before.micros) as f64 / (after.calls - before.calls).max(1) as f64
        };
        let (mut micros, mut charge) = (0.0, 0.0);
        for trip in trips {
            let mut queued = false;
            for command in trip {
                match command.as_str() {
                    "MULTI" => queued = true,
                    "EXEC" => queued = false,
                    // The time of EXEC has theirs in it.
                    _ if queued => continue,
                    "take" => charge += average("evalsha"),
                    _ => {}
                }
                if command != "take" {
                    micros += average(&command.to_lowercase());
                }
            }
        }
        (micros + charge, charge)
    }
}

const TABLE: &str =
    "| route | trips | commands | Redis CPU, µs | of them for the count |\n|---|---|---|---|---|";

fn row(route: &str, trips: &[Vec<String>], (micros, charge): (f64, f64)) {
    let commands: Vec<_> = trips.iter().map(|trip| trip.join(" ")).collect();
    println!("| {route} | {} | {} | {micros:.0} | {charge:.0} |", trips.len(), commands.join(" / "));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_write_is_one_script_in_one_trip() {
    let scale = Scale::new().await;
    let api = scale.api();
    let (known, runs) = (Uuid::new_v4(), 300);
    let keyed = async |key: &str| {
        let request = api.request(Method::POST, ENTRIES).header("idempotency-key", key);
        Reply::of(request.json(&json!({"name": "Ada", "score": 1, "player_id": known}))).await
    };
    println!("{TABLE}");
    let one_script = [vec!["EVALSHA".to_owned()]];
    macro_rules! costs {
        ($route:literal, $request:expr) => {{
            let trips = scale.trips($request).await;
            row($route, &trips, scale.micros(&trips, runs, $request).await);
            assert_eq!(trips, one_script, $route);
        }};
    }
    let mut score = 0.0;
    costs!("submit, new player", async || api.submit(Uuid::new_v4(), "Ada", 1.0).await);
    costs!("submit, known player", async || {
        score += 1.0;
        api.submit(known, "Ada", score).await
    });
    costs!("submit, nothing changes", async || api.submit(known, "Ada", 1e6).await);
    costs!("submit with an Idempotency-Key", async || keyed(&Uuid::new_v4().to_string()).await);
    costs!("submit again with the same one", async || keyed("again").await);
    costs!("delete, unknown player", async || api.delete(&format!("{ENTRIES}/{}", Uuid::new_v4())).await);

    let players: Vec<_> = (0..runs + 10).map(|_| Uuid::new_v4()).collect();
    for player in &players {
        api.submit(*player, "Ada", 1.0).await.ok();
    }
    let mut players = players.into_iter();
    costs!("delete", async || api.delete(&format!("{ENTRIES}/{}", players.next().expect("a player"))).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_read_is_plain_commands_in_at_most_two_trips() {
    let scale = Scale::new().await;
    let api = scale.api();
    let mut players = Vec::new();
    for score in 0..FILLED {
        let player = Uuid::new_v4();
        api.submit(player, "Ada", f64::from(score)).await.ok();
        players.push(player);
    }
    let mut offsets = (0..).cycle();
    println!("{TABLE}");
    macro_rules! costs {
        ($route:literal, $most:literal, $runs:literal, $request:expr) => {{
            let trips = scale.trips($request).await;
            row($route, &trips, scale.micros(&trips, $runs, $request).await);
            assert!(trips.len() <= $most, "{}: {trips:?}", $route);
            assert!(
                !trips.concat().iter().any(|command| command.starts_with("EVAL")),
                "{}: {trips:?}",
                $route
            );
        }};
    }
    let mut page = async |query: &str| {
        let offset = offsets.next().expect("an offset") % (FILLED - 50);
        let answer = api.get(&format!("{ENTRIES}?offset={offset}&{query}")).await;
        assert_eq!(answer.header("x-cache"), "MISS");
        answer
    };
    costs!("list of 5 on a miss", 2, 150, async || page("limit=5").await);
    costs!("list of 50 on a miss", 2, 150, async || page("limit=50").await);
    costs!("list in the other order on a miss", 2, 150, async || page("limit=6&order=asc").await);
    let player = players[17];
    costs!("list with a player_id on a miss", 2, 150, async || page(&format!("limit=7&player_id={player}"))
        .await);
    let mut next = players.iter().cycle();
    costs!("entry", 2, 300, async || {
        api.get(&format!("{ENTRIES}/{}", next.next().expect("a player"))).await
    });
    costs!("entry of an unknown player", 2, 300, async || api
        .get(&format!("{ENTRIES}/{}", Uuid::new_v4()))
        .await);
    costs!("leaderboard", 1, 300, async || api.get("/leaderboard").await);
    costs!("usage", 1, 300, async || api.get("/usage").await);
    let management = scale.replica.api(&scale.board.account.management);
    costs!("list of leaderboards", 2, 300, async || management.get("/leaderboards").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cached_list_costs_redis_nothing_but_a_lease_now_and_then() {
    let scale = Scale::new().await;
    let api = scale.api();
    api.submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    let tag = api.get(ENTRIES).await.header("etag").to_owned();
    let ask = async |known: bool| {
        let mut request = api.request(Method::GET, ENTRIES);
        if known {
            request = request.header("if-none-match", &tag);
        }
        Reply::of(request).await
    };
    // Leases grow while they are used up quickly.
    for _ in 0..100 {
        ask(false).await;
    }
    for (route, known, status) in [("list on a hit", false, 200), ("list that the client knows", true, 304)] {
        scale.proxy.take();
        let (mut hits, runs, since) = (0, 300, Instant::now());
        for _ in 0..runs {
            let answer = ask(known).await;
            assert_eq!(answer.status.as_u16(), status);
            hits += u32::from(answer.header("x-cache") == "HIT");
        }
        let commands = scale.proxy.take().concat();
        let leases = commands.iter().filter(|command| *command == "take").count();
        println!("| {route} | {:.3} | take | | |", leases as f64 / f64::from(runs));
        // Leases are held for half a second, pages for five, keys for ten.
        let seconds = since.elapsed().as_secs_f64();
        assert!((leases as f64) < 10.0 + 5.0 * seconds, "{leases} of {runs} needed Redis in {seconds} s");
        let others = commands.len() - leases;
        assert!((others as f64) < 10.0 + 3.0 * seconds, "{commands:?}");
        assert!((f64::from(runs) - f64::from(hits)) < 2.0 + seconds, "{hits}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_past_the_cache_draw_on_a_lease_too() {
    let scale = Scale::new().await;
    let api = scale.api();
    let player = Uuid::new_v4();
    api.submit(player, "Ada", 1.0).await.ok();
    let (runs, since) = (300, Instant::now());
    scale.proxy.take();
    for run in 0..runs {
        match run % 3 {
            0 => api.get(&format!("{ENTRIES}?offset={run}")).await.ok(),
            1 => api.get(&format!("{ENTRIES}/{player}")).await.ok(),
            _ => api.get("/leaderboard").await.ok(),
        };
    }
    let commands = scale.proxy.take().concat();
    let leases = commands.iter().filter(|command| *command == "take").count();
    println!("| reads past the cache | {:.3} | take | | |", leases as f64 / f64::from(runs));
    // Leases grow while they are used up quickly, and are held for half a second.
    assert!((leases as f64) < 10.0 + 5.0 * since.elapsed().as_secs_f64(), "{leases} of {runs}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_costs_one_read_and_updates_cost_none() {
    let scale = Scale::new().await;
    let api = scale.api();
    let mut first = api.stream("").await;
    first.begin().await;
    scale.proxy.take();
    for score in 0..5 {
        api.submit(Uuid::new_v4(), "Ada", f64::from(score)).await.ok();
        first.expect("update").await;
    }
    let commands = scale.proxy.take().concat();
    assert_eq!(commands.iter().filter(|command| *command == "EVALSHA").count(), 5, "{commands:?}");
    assert!(!commands.iter().any(|command| command.starts_with("ZREV")), "{commands:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistyped_key_and_a_bad_request_without_one_are_refused_without_asking_redis() {
    let scale = Scale::new().await;
    let mut typo = scale.board.secret.clone().into_bytes();
    typo[20] = if typo[20] == b'x' { b'y' } else { b'x' };
    let typo = String::from_utf8(typo).expect("ASCII");
    scale.proxy.take();
    for key in [&*typo, "nonsense", ""] {
        scale.replica.api(key).get(ENTRIES).await.is_error(401, "unauthorized", None);
        scale.replica.api(key).post(ENTRIES, &json!({})).await.is_error(401, "unauthorized", None);
    }
    scale.api().get("/nothing").await.is_error(404, "not_found", None);
    scale.api().patch(ENTRIES, &json!({})).await.is_error(405, "method_not_allowed", None);
    assert_eq!(scale.proxy.take().concat(), Vec::<String>::new());
}
