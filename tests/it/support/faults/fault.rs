//! The faults, and how they are made and mended.

use std::{str::FromStr, time::Duration};

use nix::sys::signal::Signal;
use tokio::time::sleep;

use super::fleet::Fleet;
use crate::support::topology::{Topology, node::Node, switch::Peer};

/// What can happen to the primary that the first account is on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// It is killed, and started again in the end.
    Kill,
    /// It hangs for a while.
    Hang,
    /// Nobody reaches it.
    CutOff,
    /// The other nodes don't reach it; clients do.
    CutFromNodes,
    /// It and one of its replicas reach each other and clients, but not the other nodes.
    CutWithReplica,
    /// The account moves to another primary, and back.
    MoveSlots,
    /// Redis is well; all replicas of Rankora are replaced, one by one.
    RestartReplicas,
}

impl Fault {
    pub const ALL: [Self; 7] = [
        Self::Kill,
        Self::Hang,
        Self::CutOff,
        Self::CutFromNodes,
        Self::CutWithReplica,
        Self::MoveSlots,
        Self::RestartReplicas,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Hang => "hang",
            Self::CutOff => "cut-off",
            Self::CutFromNodes => "cut-from-nodes",
            Self::CutWithReplica => "cut-with-replica",
            Self::MoveSlots => "move-slots",
            Self::RestartReplicas => "restart-replicas",
        }
    }

    /// Whether it can happen there.
    pub fn concerns(self, topology: &Topology) -> bool {
        self != Self::MoveSlots || matches!(topology, Topology::Cluster(_))
    }

    /// Makes it, lets it be for `lasting`, and mends it. `slot` is where the account is that is hit.
    pub async fn happen(self, topology: &Topology, slot: u16, fleet: &Fleet, lasting: Duration) {
        let primary = topology.primary_of(slot).await;
        match self {
            Self::Kill => {
                primary.kill();
                sleep(lasting).await;
                primary.restart().await;
            }
            Self::Hang => {
                primary.signal(Signal::SIGSTOP);
                sleep(lasting).await;
                primary.signal(Signal::SIGCONT);
            }
            Self::CutOff | Self::CutFromNodes | Self::CutWithReplica => {
                let mut cut = vec![primary.number];
                if self == Self::CutWithReplica {
                    cut.extend(topology.replicas_of(primary).await.first().map(|node| node.number));
                }
                let (cut, mut others): (Vec<_>, Vec<_>) =
                    topology.all().map(|node| node.number).partition(|number| cut.contains(number));
                let cut: Vec<_> = cut.into_iter().map(Peer::Node).collect();
                let mut others: Vec<_> = others.drain(..).map(Peer::Node).collect();
                if self == Self::CutOff {
                    others.push(Peer::Client);
                }
                topology.switch().part(&cut, &others);
                sleep(lasting).await;
                topology.switch().heal_all();
            }
            Self::MoveSlots => {
                let Topology::Cluster(cluster) = topology else { return };
                let primaries = cluster.primaries().await;
                let other = |(node, _): &(&Node, _)| node.number != primary.number;
                let (to, _) = primaries.iter().find(|node| other(node)).expect("another primary");
                cluster.move_slot(slot, to).await;
                sleep(lasting).await;
                cluster.move_slot(slot, primary).await;
            }
            Self::RestartReplicas => fleet.restart_all().await,
        }
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|fault| fault.name() == text);
        found.ok_or_else(|| format!("no fault is called {text}"))
    }
}
