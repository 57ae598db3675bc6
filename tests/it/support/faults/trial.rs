//! One fault, seen by clients that keep writing and listening.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rankora::domain::leaderboard::{Policy, SortOrder};
use rankora::store::Keys;
use redis::AsyncCommands;
use tokio::{task::JoinSet, time::sleep};
use uuid::Uuid;

use super::{
    Fault, Verdict,
    fleet::Fleet,
    follower::{Follower, charged},
    verdict::longest_gap,
    writer::{Seen, Writer},
};
use crate::support::{
    acl, eventually,
    fold::Asked,
    topology::{Setup, Topology, cluster::Cluster, sentinel::Sentinels},
    world::{Account, Board, Replica, World},
};

/// Leaderboards of each account.
const BOARDS: usize = 2;

/// What is tried.
#[derive(Clone, Copy, Debug)]
pub struct Trial {
    pub fault: Fault,
    /// Redis replicas that have to have a write.
    pub write_replicas: u16,
    /// Replicas of Rankora.
    pub replicas: usize,
    pub writers: usize,
    /// Between two requests of a writer.
    pub pace: Duration,
    /// How long clients write before the fault, and after all is well.
    pub calm: Duration,
    /// How long the fault lasts.
    pub lasting: Duration,
}

/// A topology for trials: a primary with two replicas, or three of them; with links that can be cut.
pub async fn ground(kind: &str, patience: Duration) -> Topology {
    let mut settings = vec![acl::user()];
    if kind == "cluster" {
        // A shard that is down is no reason for the others to stop, and its replicas stay where they are.
        settings.push("cluster-require-full-coverage no".to_owned());
        settings.push("cluster-allow-replica-migration no".to_owned());
    }
    let setup = Setup { patience, settings, ..Setup::switched() };
    match kind {
        "cluster" => Topology::Cluster(Cluster::start_with(3, 2, setup).await),
        "sentinel" => Topology::Sentinels(Sentinels::start_with(2, 3, setup).await),
        other => panic!("no topology is called {other}"),
    }
}

/// An account, where it is, and its leaderboards.
pub struct Tenant {
    pub slot: u16,
    pub account: Account,
    pub boards: Vec<Board>,
}

impl Trial {
    /// Carries it out once; the topology is as well afterwards as it was before.
    pub async fn run(self, topology: &Topology) -> Verdict {
        let confirmations = self.write_replicas.to_string();
        let world = World::at(topology.url()).through(&topology.url_as(Some(&acl::RANKORA)));
        let world = world.with_options(&["--write-replicas", &confirmations]);
        let founder = world.replica().await;
        let tenants = tenants(&founder, &world, topology).await;
        founder.stop().await;
        let fleet = Arc::new(Fleet::start(world, self.replicas).await);

        let followers = self.follow(&fleet, &tenants).await;
        let stop = Arc::new(AtomicBool::new(false));
        let writers = self.start_writers(&fleet, &tenants, &stop);
        sleep(self.calm).await;
        self.fault.happen(topology, tenants[0].slot, &fleet, self.lasting).await;
        topology.healed().await;
        fleet.ready().await;
        let mut uncounted = Vec::new();
        for tenant in &tenants {
            uncounted.push(is_well(&fleet, tenant).await);
        }
        sleep(self.calm).await;
        stop.store(true, Ordering::Relaxed);
        let seen = writers.join_all().await;
        judge(&fleet, &tenants, uncounted, seen, followers).await
    }

    async fn follow(&self, fleet: &Arc<Fleet>, tenants: &[Tenant]) -> Vec<(usize, Board, Follower)> {
        let mut followers = Vec::new();
        for (nth, tenant) in tenants.iter().enumerate() {
            for board in &tenant.boards {
                for (replica, asked) in [Asked::page(10, 0), Asked::page(5, 3)].into_iter().enumerate() {
                    let (fleet, key) = (fleet.clone(), board.publishable.clone());
                    let follower = Follower::start(fleet, nth + replica, key, asked).await;
                    followers.push((nth, board.clone(), follower));
                }
            }
        }
        followers
    }

    /// Each writer keeps to one account; told with what it saw.
    fn start_writers(
        &self,
        fleet: &Arc<Fleet>,
        tenants: &[Tenant],
        stop: &Arc<AtomicBool>,
    ) -> JoinSet<(usize, Seen)> {
        let mut writers = JoinSet::new();
        for nth in 0..self.writers {
            let tenant = nth % tenants.len();
            let (fleet, stop) = (fleet.clone(), stop.clone());
            let boards = tenants[tenant].boards.clone();
            let writer = Writer { nth, fleet, boards, pace: self.pace, stop };
            writers.spawn(async move { (tenant, writer.write().await) });
        }
        writers
    }
}

/// The first slot of each primary's.
async fn one_slot_a_shard(topology: &Topology) -> BTreeSet<u16> {
    match topology {
        Topology::Sentinels(_) => BTreeSet::from([0]),
        Topology::Cluster(cluster) => {
            let primaries = cluster.primaries().await;
            primaries.iter().map(|(_, known)| *known.slots[0].start()).collect()
        }
    }
}

/// A new account on each shard.
pub async fn tenants(founder: &Replica, world: &World, topology: &Topology) -> Vec<Tenant> {
    let mut tenants = Vec::new();
    for slot in one_slot_a_shard(topology).await {
        tenants.push(tenant_on(founder, world, topology, slot).await);
    }
    tenants
}

/// A new account on the shard that owns this slot.
pub async fn tenant_on(founder: &Replica, world: &World, topology: &Topology, shard: u16) -> Tenant {
    let owner = topology.primary_of(shard).await.number;
    loop {
        let account = founder.account("studio").await;
        let slot = topology.slot(&Keys::new(world.prefix()).account(account.id).usage).await;
        if topology.primary_of(slot).await.number != owner {
            continue;
        }
        let mut boards = Vec::new();
        for _ in 0..BOARDS {
            boards.push(founder.board_of(&account, SortOrder::Desc, Policy::Latest).await);
        }
        return Tenant { slot, account, boards };
    }
}

/// Waits until each replica of Rankora takes writes for this account; returns how many it asked for.
async fn is_well(fleet: &Fleet, tenant: &Tenant) -> usize {
    let mut asked = 0;
    for api in fleet.apis(&tenant.boards[0].secret) {
        eventually("a write that is acknowledged", async || {
            asked += 1;
            let reply = api.submit(Uuid::new_v4(), "Last", 0.5).await;
            reply.status.is_success().then_some(())
        })
        .await;
    }
    asked
}

async fn judge(
    fleet: &Fleet,
    tenants: &[Tenant],
    mut uncounted: Vec<usize>,
    seen: Vec<(usize, Seen)>,
    followers: Vec<(usize, Board, Follower)>,
) -> Verdict {
    let mut verdict = Verdict::default();
    let mut acknowledged = vec![Vec::<Instant>::new(); tenants.len()];
    let mut slowest_of_others = Duration::ZERO;
    for (tenant, mut seen) in seen {
        for player in &mut seen.players {
            let api = fleet.api(0, &player.board.secret);
            let reply = api.get(&format!("/leaderboard/entries/{}", player.id)).await;
            uncounted[tenant] += 1;
            player.found(reply.json()["score"].as_f64());
            verdict.lost += player.lost;
        }
        verdict.lost += gone(fleet, &seen.once).await;
        verdict.acknowledged += seen.acknowledged.len();
        acknowledged[tenant].extend(seen.acknowledged);
        verdict.unknown += seen.unknown;
        uncounted[tenant] += seen.unknown;
        verdict.strange.extend(seen.strange);
        if tenant > 0 {
            slowest_of_others = slowest_of_others.max(seen.slowest);
        }
    }
    verdict.streams = followers.len();
    for (tenant, board, mut follower) in followers {
        verdict.wrong_streams.extend(follower.wrong(&fleet.api(0, &board.secret)).await);
        uncounted[tenant] += follower.requests();
    }
    for (nth, tenant) in tenants.iter().enumerate() {
        let least = acknowledged[nth].len() as u64;
        verdict.drift += drift(fleet, tenant, least, least + uncounted[nth] as u64).await;
    }
    let mut gaps = acknowledged.into_iter().map(longest_gap);
    verdict.unavailable.extend(gaps.next());
    verdict.others_unavailable.extend(gaps.max());
    if tenants.len() > 1 {
        verdict.others_slowest.push(slowest_of_others);
    }
    verdict
}

/// How many of these players aren't there any more.
async fn gone(fleet: &Fleet, players: &[(Board, Uuid)]) -> usize {
    let mut redis = fleet.world().redis().await;
    let mut gone = 0;
    for (board, player) in players {
        let keys = fleet.world().keys(board);
        let kept: bool = redis.hexists(&keys.entries, player.as_bytes()).await.expect("an answer");
        gone += usize::from(!kept);
    }
    gone
}

/// By how much the account's count is out of these bounds, once leases have gone back.
async fn drift(fleet: &Fleet, tenant: &Tenant, least: u64, most: u64) -> u64 {
    let api = fleet.api(0, &tenant.account.management);
    let since = Instant::now();
    loop {
        let charged = charged(&api).await;
        let drift = least.saturating_sub(charged) + charged.saturating_sub(most);
        if drift == 0 || since.elapsed() > Duration::from_secs(5) {
            return drift;
        }
        sleep(Duration::from_millis(50)).await;
    }
}
