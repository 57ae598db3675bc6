//! The Redis that all tests of a binary share: one server, unless `RANKORA_TEST_TOPOLOGY` asks for `sentinel` or
//! `cluster`.

use std::{sync::LazyLock, thread, time::Duration};

use super::{Setup, Topology, cluster::Cluster, sentinel::Sentinels};
use crate::support::{
    acl,
    redis::{self, Server},
};

static SHARED: LazyLock<Shared> = LazyLock::new(Shared::start);

/// What all tests of this binary share; they are kept apart by key prefixes.
#[allow(clippy::large_enum_variant, reason = "there is one in a process")]
pub enum Shared {
    Single(&'static Server),
    Several(Topology),
}

/// Started where it is needed first.
pub fn shared() -> &'static Shared {
    &SHARED
}

impl Shared {
    fn start() -> Self {
        let topology = std::env::var("RANKORA_TEST_TOPOLOGY").unwrap_or_default();
        // Nobody shall be taken for dead on a busy machine.
        let setup =
            Setup { patience: Duration::from_secs(20), settings: vec![acl::user()], ..Setup::default() };
        match topology.as_str() {
            "" | "single" => Self::Single(redis::shared()),
            "sentinel" => Self::Several(Topology::Sentinels(apart(|| Sentinels::start_with(2, 3, setup)))),
            "cluster" => Self::Several(Topology::Cluster(apart(|| Cluster::start_with(3, 1, setup)))),
            other => panic!("RANKORA_TEST_TOPOLOGY={other}"),
        }
    }

    /// How to reach it, as somebody who may do everything.
    pub fn url(&self) -> String {
        match self {
            Self::Single(server) => server.url(),
            Self::Several(topology) => topology.url(),
        }
    }

    /// How Rankora reaches it, with no more rights than it needs.
    pub fn url_of_rankora(&self) -> String {
        match self {
            Self::Single(server) => server.url_as(&acl::RANKORA),
            Self::Several(topology) => topology.url_as(Some(&acl::RANKORA)),
        }
    }
}

/// Runs to its end what a test's own runtime must wait for, and what outlives it.
fn apart<T: Send, F: Future<Output = T>>(start: impl FnOnce() -> F + Send) -> T {
    thread::scope(|scope| {
        let running = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(start())
        });
        running.join().expect("a topology")
    })
}
