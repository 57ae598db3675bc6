//! A cluster of which one server hangs: accounts on the others neither wait for it nor lose anything by it.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use nix::sys::signal::Signal;
use rankora::{
    domain::leaderboard::{Policy, SortOrder},
    store::Keys,
};
use reqwest::Method;

use crate::support::{
    acl,
    api::{Api, Reply},
    eventually,
    stream::EventStream,
    topology::{Setup, cluster::Cluster, node::Node},
    world::{Account, Board, Replica, World},
};

const LIST: &str = "/leaderboard/entries";
/// Accounts on the server that will hang. In turn, they would take a minute.
const HUNG: usize = 20;
const PLANS: &str =
    "[[plan]]\nname = \"p\"\nmetadata = true\nrequests_per_month = 1000000\nrealtime_streams = 1\n";

/// Two replicas on three servers, one of which can be hung with the accounts on it.
struct Stage {
    here: Replica,
    there: Replica,
    hung: Vec<Board>,
    other: Board,
    cluster: Cluster,
}

impl Stage {
    async fn set() -> Self {
        let settings = vec![acl::user(), "cluster-require-full-coverage no".to_owned()];
        let setup = Setup { patience: Duration::from_secs(60), settings, ..Setup::default() };
        let cluster = Cluster::start_with(3, 0, setup).await;
        let world = World::at(cluster.url_as(Some(&acl::RANKORA))).with_plans(PLANS);
        let world = world.with_options(&["--default-plan", "p", "--redis-deadline-ms", "3000"]);
        let (here, there) = (world.replica().await, world.replica().await);
        let mut hung = Vec::new();
        while hung.len() < HUNG {
            hung.push(board_on(&here, &world, &cluster, &cluster.nodes[0]).await);
        }
        let other = board_on(&here, &world, &cluster, &cluster.nodes[1]).await;
        let stage = Self { here, there, hung, other, cluster };
        // Where a familiar key is, nobody has to be asked.
        stage.used().await;
        stage
    }

    /// The requests that the other account has used, as the other replica sees it.
    async fn used(&self) -> u64 {
        let usage = self.there.api(&self.other.account.management).get("/usage").await;
        usage.ok()["currentRequests"].as_u64().expect("a number")
    }

    /// Has leases open here for all accounts, and hangs the server of all but one.
    async fn lease_and_hang(&self) -> u64 {
        const READS: u64 = 40;
        let boards = self.hung.iter().chain([&self.other]);
        join_all(boards.map(async |board| {
            let api = self.here.api(&board.secret);
            for _ in 0..READS {
                api.get(LIST).await.ok();
            }
        }))
        .await;
        assert!(self.used().await > READS, "there is no open lease");
        self.cluster.nodes[0].signal(Signal::SIGSTOP);
        READS
    }
}

async fn board_on(replica: &Replica, world: &World, cluster: &Cluster, node: &Node) -> Board {
    loop {
        let account: Account = replica.account("p").await;
        let usage = Keys::new(world.prefix()).account(account.id).usage;
        let slot = node.ask(&["CLUSTER", "KEYSLOT", &usage]).await;
        if cluster.owner(slot).await.number == node.number {
            return replica.board_of(&account, SortOrder::Desc, Policy::Latest).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn leases_of_others_go_back_as_soon_as_ever() {
    let stage = Stage::set().await;
    let answered = stage.lease_and_hang().await;
    let since = Instant::now();
    eventually("the lease has gone back", async || (stage.used().await == answered).then_some(())).await;
    // A second is promised; the rest is for a busy machine.
    assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());
    stage.cluster.nodes[0].signal(Signal::SIGCONT);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_stops_gives_back_what_is_not_on_the_server_that_hangs() {
    let stage = Stage::set().await;
    let answered = stage.lease_and_hang().await;
    let Stage { here, there, hung: _hung, other, cluster } = stage;
    let since = Instant::now();
    here.stop().await;
    // One deadline for whatever was under way, one for what goes back at the end, whoever's it is.
    assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
    let usage = there.api(&other.account.management).get("/usage").await.ok();
    assert_eq!(usage["currentRequests"], answered);
    cluster.nodes[0].signal(Signal::SIGCONT);
}

/// A stream, or the refusal.
async fn try_open(api: &Api) -> Result<EventStream, Reply> {
    let response = api.request(Method::GET, "/realtime").send().await.expect("an answer");
    match response.status().as_u16() {
        200 => Ok(EventStream::of(response)),
        _ => {
            let (status, headers) = (response.status(), response.headers().clone());
            Err(Reply { status, headers, text: response.text().await.expect("a body") })
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_of_others_keep_their_places() {
    let stage = Stage::set().await;
    let boards = stage.hung.iter().chain([&stage.other]);
    let open = boards.map(async |board| try_open(&stage.here.api(&board.publishable)).await);
    let mut streams: Vec<_> =
        join_all(open).await.into_iter().map(|stream| stream.expect("a place")).collect();
    streams.last_mut().expect("a stream").begin().await;
    let elsewhere = stage.there.api(&stage.other.publishable);
    elsewhere.get(LIST).await.ok();
    stage.cluster.nodes[0].signal(Signal::SIGSTOP);
    let since = Instant::now();
    // What a replica says of its streams lapses after twelve seconds, unless it says it again.
    eventually("some time", async || {
        let refusal = try_open(&elsewhere).await.err().expect("the plan's one place is taken");
        refusal.is_error(429, "stream_limit", None);
        (since.elapsed() > Duration::from_secs(15)).then_some(())
    })
    .await;
    drop(streams);
    eventually("the place is free", async || try_open(&elsewhere).await.ok()).await;
    stage.cluster.nodes[0].signal(Signal::SIGCONT);
}
