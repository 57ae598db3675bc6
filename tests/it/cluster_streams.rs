//! Streams on every shard of a cluster, while slots move, a primary dies and comes back. Sharded subscriptions end
//! with their slot and with their server; each must be made anew, and nobody else's be touched.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use reqwest::StatusCode;
use tokio::{task::JoinHandle, time::sleep};
use uuid::Uuid;

use crate::support::{
    acl,
    api::Api,
    eventually,
    faults::trial::{Tenant, tenant_on},
    fold::{Asked, sequence},
    listener::{Habit, Listener},
    topology::{Setup, Topology, cluster::Cluster, node::Node},
    world::{Board, World},
};

/// On machines that do other things besides, nobody shall be taken for dead too early.
const PATIENCE: Duration = Duration::from_secs(2);
/// Accounts of each primary.
const ACCOUNTS: usize = 2;
/// Players of each leaderboard: fewer than its page has rows, so that only a gap makes a fresh page.
const PLAYERS: usize = 6;
/// Sooner than the comparison of last ids, by which a lost subscription would show after all.
const LIVE: Duration = Duration::from_secs(5);

/// A leaderboard with a writer, and with a stream on each replica.
struct Seat {
    slot: u16,
    board: Board,
    apis: Vec<Api>,
    streams: Vec<Listener>,
    players: [Uuid; PLAYERS],
    /// One more, whom the writer leaves alone.
    teller: Uuid,
    score: f64,
}

/// What the streams of a leaderboard have got.
#[derive(Debug, PartialEq)]
struct Got {
    pages: usize,
    updates: usize,
}

impl Seat {
    async fn take(slot: u16, board: &Board, replicas: &[Api]) -> Self {
        let apis: Vec<_> = replicas.iter().map(|api| api.with_key(&board.secret)).collect();
        let streams = apis.iter().map(|api| Listener::start(Habit::settled(api.clone()), Asked::page(50, 0)));
        let (streams, players) = (join_all(streams).await, std::array::from_fn(|_| Uuid::new_v4()));
        Self { slot, board: board.clone(), apis, streams, players, teller: Uuid::new_v4(), score: 0.0 }
    }

    /// Writes until told to stop, over one replica and the other in turn.
    fn write(&self, stop: &Arc<AtomicBool>) -> JoinHandle<usize> {
        let (apis, players, stop) = (self.apis.clone(), self.players, stop.clone());
        let mut score = self.score;
        tokio::spawn(async move {
            let mut acknowledged = 0;
            while !stop.load(Ordering::Relaxed) {
                score += 0.001;
                let api = &apis[rand::random_range(0..apis.len())];
                let player = players[rand::random_range(0..PLAYERS)];
                match api.submit(player, "Writer", score).await {
                    reply if reply.status == StatusCode::OK => acknowledged += 1,
                    reply => assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{}", reply.text),
                }
                sleep(Duration::from_millis(30)).await;
            }
            acknowledged
        })
    }

    /// Writes once, as soon as somebody takes it, and returns for how long the later stream waited for it then.
    async fn tell(&mut self) -> Duration {
        self.score += 1.0;
        eventually("a write that is acknowledged", async || {
            let reply = self.apis[0].submit(self.teller, "Teller", self.score).await;
            reply.status.is_success().then_some(())
        })
        .await;
        let since = Instant::now();
        let score = self.score;
        for stream in &mut self.streams {
            eventually("the event", async || {
                stream.check();
                let state = stream.fold().state();
                let mut rows = state["entries"].as_array()?.iter();
                rows.any(|row| row["name"] == "Teller" && row["score"] == score).then_some(())
            })
            .await;
        }
        since.elapsed()
    }

    async fn settle(&mut self) {
        for stream in &mut self.streams {
            stream.settles(&self.apis[0]).await;
        }
    }

    fn got(&self) -> Vec<Got> {
        let got = |stream: &Listener| {
            let fold = stream.fold();
            Got { pages: fold.initials, updates: fold.updates }
        };
        self.streams.iter().map(got).collect()
    }

    fn pages(&self) -> Vec<usize> {
        self.got().into_iter().map(|got| got.pages).collect()
    }
}

/// Lets something happen under writers, and holds the streams to what they promise afterwards.
async fn under_writers<F: Future<Output = Vec<u16>>>(what: &str, seats: &mut [Seat], happen: F) {
    let stop = Arc::<AtomicBool>::default();
    let before: Vec<_> = seats.iter().map(Seat::pages).collect();
    let writers: Vec<_> = seats.iter().map(|seat| seat.write(&stop)).collect();
    sleep(Duration::from_millis(300)).await;
    let touched = happen.await;
    let (mut alive, mut later) = (Vec::new(), Vec::new());
    // At once, whatever isn't over yet.
    for told in join_all(seats.iter_mut().map(Seat::tell)).await {
        alive.push(told);
    }
    stop.store(true, Ordering::Relaxed);
    let mut acknowledged = 0;
    for writer in writers {
        let own = writer.await.expect("a writer that gets no strange answers");
        assert!(own > 0, "{what}: a writer that got nothing through");
        acknowledged += own;
    }
    // What it has written, no page of that replica lacks: so it is asked for what is true.
    join_all(seats.iter_mut().map(Seat::tell)).await;
    join_all(seats.iter_mut().map(Seat::settle)).await;
    let settled: Vec<_> = seats.iter().map(Seat::got).collect();
    for told in join_all(seats.iter_mut().map(Seat::tell)).await {
        later.push(told);
    }
    let slowest = |times: &[Duration]| times.iter().max().copied().unwrap_or_default();
    eprintln!(
        "{what}: {acknowledged} writes; {} of {} leaderboards touched; live after {:?} at the most, then {:?}",
        seats.iter().filter(|seat| touched.contains(&seat.slot)).count(),
        seats.len(),
        slowest(&alive),
        slowest(&later),
    );
    assert!(slowest(&alive) < LIVE && slowest(&later) < LIVE, "{what}: {alive:?}, {later:?}");
    for ((seat, before), settled) in seats.iter().zip(before).zip(settled) {
        let slot = seat.slot;
        let one_more = |got: Got| Got { updates: got.updates + 1, ..got };
        // As an event, and not by the page that makes good a lost one.
        assert_eq!(seat.got(), settled.into_iter().map(one_more).collect::<Vec<_>>(), "{what}: {slot}");
        if !touched.contains(&slot) {
            assert_eq!(seat.pages(), before, "{what}: a gap where nothing happened, in slot {slot}");
        }
    }
}

async fn owned_by(cluster: &Cluster, node: &Node, seats: &[u16]) -> Vec<u16> {
    let mut owned = Vec::new();
    for &slot in seats {
        if cluster.owner(slot).await.number == node.number {
            owned.push(slot);
        }
    }
    owned
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_of_all_shards_outlast_slots_that_move_and_a_primary_that_dies_and_comes_back() {
    let mut settings = vec![acl::user()];
    // A shard that is down is no reason for the others to stop, and its replicas stay where they are.
    settings.push("cluster-require-full-coverage no".to_owned());
    settings.push("cluster-allow-replica-migration no".to_owned());
    let setup = Setup { patience: PATIENCE, settings, ..Setup::default() };
    let topology = Topology::Cluster(Cluster::start_with(3, 1, setup).await);
    let Topology::Cluster(cluster) = &topology else { unreachable!("just made") };
    let world = World::at(cluster.url()).through(&cluster.url_as(Some(&acl::RANKORA)));
    let (here, there) = (world.replica().await, world.replica().await);

    let shards: Vec<_> =
        cluster.primaries().await.into_iter().map(|(node, known)| (node, *known.slots[0].start())).collect();
    let mut tenants: Vec<Vec<Tenant>> = Vec::new();
    for (_, shard) in &shards {
        let mut own = Vec::new();
        for _ in 0..ACCOUNTS {
            own.push(tenant_on(&here, &world, &topology, *shard).await);
        }
        tenants.push(own);
    }
    let replicas = [here.api(""), there.api("")];
    let mut seats = Vec::new();
    for tenant in tenants.iter().flatten() {
        for board in &tenant.boards {
            seats.push(Seat::take(tenant.slot, board, &replicas).await);
        }
    }
    let slots: Vec<u16> = tenants.iter().flatten().map(|tenant| tenant.slot).collect();

    let moved = [tenants[0][0].slot, tenants[1][0].slot];
    under_writers("slots move", &mut seats, async {
        cluster.move_slot(moved[0], shards[1].0).await;
        cluster.move_slot(moved[1], shards[2].0).await;
        moved.to_vec()
    })
    .await;

    // It has an account of its own, and one that came from another primary.
    let dying = shards[1].0;
    let touched = owned_by(cluster, dying, &slots).await;
    assert!(touched.contains(&moved[0]) && touched.len() == ACCOUNTS, "{touched:?}");
    under_writers("a primary dies", &mut seats, async {
        dying.kill();
        eventually("an election", async || {
            (cluster.owner(touched[0]).await.number != dying.number).then_some(())
        })
        .await;
        touched.clone()
    })
    .await;

    under_writers("it comes back", &mut seats, async {
        dying.restart().await;
        cluster.healed().await;
        Vec::new()
    })
    .await;
    assert!(!dying.is_primary().await);

    for seat in &seats {
        let ids = seat.streams.iter().map(|stream| stream.fold().last_event_id().map(sequence));
        let ids: Vec<_> = ids.collect();
        assert!(ids.iter().all(|id| id.is_some() && *id == ids[0]), "{:?} of {}", ids, seat.board.id);
    }
    drop(seats);
    here.stop().await;
    there.stop().await;
}
