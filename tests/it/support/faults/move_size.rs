//! How long a leaderboard's writes are refused while its slot moves to another node, by its size.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{task::JoinSet, time::sleep};

use super::{
    fleet::Fleet,
    trial::{Tenant, tenants},
    verdict::longest_gap,
    writer::{Seen, Writer},
};
use crate::support::{
    load,
    topology::{Setup, Topology, cluster::Cluster},
    world::World,
};

/// Between two requests of a writer.
const PACE: Duration = Duration::from_millis(5);
/// How long clients write before and after.
const CALM: Duration = Duration::from_secs(2);

/// What a move cost.
#[derive(Clone, Copy, Debug)]
pub struct Moved {
    pub took: Duration,
    /// The longest time without an acknowledged write of the account that moved.
    pub unavailable: Duration,
    /// The same for the accounts on the same node, on the one it moved to, and on the third: the worst of them.
    pub others_unavailable: Duration,
    /// The longest that a request to those took.
    pub others_slowest: Duration,
}

/// Moves an account whose leaderboard has so many entries.
pub async fn move_account(entries: usize) -> Moved {
    // The patience that Redis has by itself: a node that is busy for a second isn't dead.
    let setup = Setup { patience: Duration::from_secs(15), ..Setup::default() };
    let topology = Topology::Cluster(Cluster::start_with(3, 1, setup).await);
    let Topology::Cluster(cluster) = &topology else { unreachable!("just made") };
    let world = World::at(topology.url());
    let founder = world.replica().await;
    // Two on the first node: one that moves, one that stays.
    let mut all = tenants(&founder, &world, &topology).await;
    let stays = super::trial::tenant_on(&founder, &world, &topology, all[0].slot).await;
    all.push(stays);
    founder.stop().await;
    load::fill(&world, &all[0].boards[0], &load::players(entries), "").await;
    let fleet = Arc::new(Fleet::start(world, 2).await);

    let stop = Arc::new(AtomicBool::new(false));
    let writers = start_writers(&fleet, &all, &stop);
    sleep(CALM).await;
    let from = cluster.owner(all[0].slot).await.number;
    let primaries = cluster.primaries().await;
    let (to, _) = primaries.iter().find(|(node, _)| node.number != from).expect("another primary");
    let since = Instant::now();
    cluster.move_slot(all[0].slot, to).await;
    let took = since.elapsed();
    sleep(CALM).await;
    stop.store(true, Ordering::Relaxed);

    let mut acknowledged = vec![Vec::new(); all.len()];
    let mut others_slowest = Duration::ZERO;
    for (tenant, seen) in writers.join_all().await {
        acknowledged[tenant].extend(seen.acknowledged);
        if tenant > 0 {
            others_slowest = others_slowest.max(seen.slowest.map_or(Duration::ZERO, |(took, _)| took));
        }
    }
    let mut gaps = acknowledged.into_iter().map(longest_gap);
    let unavailable = gaps.next().expect("the first account");
    let others_unavailable = gaps.max().expect("the others");
    Moved { took, unavailable, others_unavailable, others_slowest }
}

/// Two for each account.
fn start_writers(fleet: &Arc<Fleet>, all: &[Tenant], stop: &Arc<AtomicBool>) -> JoinSet<(usize, Seen)> {
    let mut writers = JoinSet::new();
    for nth in 0..2 * all.len() {
        let tenant = nth % all.len();
        let boards = all[tenant].boards.clone();
        let writer = Writer { nth, fleet: fleet.clone(), boards, pace: PACE, stop: stop.clone() };
        writers.spawn(async move { (tenant, writer.write().await) });
    }
    writers
}
