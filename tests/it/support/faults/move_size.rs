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
    trial::{Tenant, tenant_on, tenants},
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
    /// The same for another account on the same node.
    pub on_source: Duration,
    /// For one on the node that it moved to.
    pub on_target: Duration,
    /// For one elsewhere.
    pub elsewhere: Duration,
    /// The longest that a request took to that one.
    pub slowest_elsewhere: Duration,
}

/// Moves an account whose leaderboard has so many entries.
pub async fn move_account(entries: usize) -> Moved {
    // The patience that Redis has by itself: a node that is busy for a second isn't dead.
    let setup = Setup { patience: Duration::from_secs(15), ..Setup::default() };
    let topology = Topology::Cluster(Cluster::start_with(3, 1, setup).await);
    let Topology::Cluster(cluster) = &topology else { unreachable!("just made") };
    let world = World::at(topology.url());
    let founder = world.replica().await;
    // One that moves and one that stays on the first node, one where it moves to, one elsewhere.
    let mut all = tenants(&founder, &world, &topology).await;
    all.push(tenant_on(&founder, &world, &topology, all[0].slot).await);
    founder.stop().await;
    load::fill(&world, &all[0].boards[0], &load::players(entries), "").await;
    let fleet = Arc::new(Fleet::start(world, 2).await);

    let stop = Arc::new(AtomicBool::new(false));
    let writers = start_writers(&fleet, &all, &stop);
    sleep(CALM).await;
    let since = Instant::now();
    cluster.move_slot(all[0].slot, cluster.owner(all[1].slot).await).await;
    let took = since.elapsed();
    sleep(CALM).await;
    stop.store(true, Ordering::Relaxed);

    let mut acknowledged = vec![Vec::new(); all.len()];
    let mut slowest_elsewhere = Duration::ZERO;
    for (tenant, seen) in writers.join_all().await {
        acknowledged[tenant].extend(seen.acknowledged);
        if tenant == 2 {
            slowest_elsewhere = slowest_elsewhere.max(seen.slowest);
        }
    }
    let gaps: Vec<_> = acknowledged.into_iter().map(longest_gap).collect();
    let [unavailable, on_target, elsewhere, on_source] = gaps[..] else { unreachable!("four accounts") };
    Moved { took, unavailable, on_source, on_target, elsewhere, slowest_elsewhere }
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
