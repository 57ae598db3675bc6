//! Each fault of Redis that the bench `faults` measures, once, with a write that a replica of Redis has to confirm.

use std::time::Duration;

use futures_util::future::join_all;

use crate::support::{
    faults::{
        Fault, Verdict,
        trial::{Trial, ground},
    },
    topology::Topology,
};

/// On machines that do other things besides, nobody shall be taken for dead too early.
const PATIENCE: Duration = Duration::from_millis(1500);

async fn run(topology: &Topology, fault: Fault) -> Verdict {
    let trial = Trial {
        fault,
        write_replicas: 1,
        replicas: 2,
        writers: 6,
        pace: Duration::from_millis(20),
        calm: Duration::from_secs(1),
        lasting: Duration::from_secs(5),
    };
    let verdict = trial.run(topology).await;
    eprintln!("{}: {verdict:#?}", fault.name());
    assert_eq!(verdict.wrong_streams, [""; 0], "{}", fault.name());
    assert_eq!(verdict.strange, [""; 0], "{}", fault.name());
    assert!(verdict.acknowledged > 0);
    verdict
}

/// The confirming replica is on the majority's side in all of them.
const HARMLESS: [Fault; 6] =
    [Fault::Kill, Fault::Hang, Fault::CutOff, Fault::CutFromNodes, Fault::MoveSlots, Fault::RestartReplicas];

async fn nothing_is_lost(kind: &str) {
    let trials = HARMLESS.into_iter().map(async |fault| {
        let topology = ground(kind, PATIENCE).await;
        if !fault.concerns(&topology) {
            return;
        }
        let verdict = run(&topology, fault).await;
        assert_eq!((verdict.lost, verdict.drift), (0, 0), "{}", fault.name());
    });
    join_all(trials).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sentinels_fail_over_and_no_confirmed_write_is_lost_or_uncounted() {
    nothing_is_lost("sentinel").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_fails_over_and_no_confirmed_write_is_lost_or_uncounted() {
    nothing_is_lost("cluster").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_end_right_where_a_primary_goes_on_alone_with_the_replica_that_confirms() {
    let kinds = ["sentinel", "cluster"].into_iter().map(async |kind| {
        run(&ground(kind, PATIENCE).await, Fault::CutWithReplica).await;
    });
    join_all(kinds).await;
}
