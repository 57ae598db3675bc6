//! A program that one client abuses while a tenant goes on working with it.

use std::{net::SocketAddr, time::Duration};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use uuid::Uuid;

use super::{
    PATIENCE,
    api::Api,
    eventually, many_sockets,
    process::Process,
    scrape::Scrape,
    tenant::{Latency, Tenant},
    world::{Board, Replica, World},
};

/// Where the abuse comes from; the tenant is at another address.
pub const ABUSER: &str = "127.0.0.2";
/// Requests of the tenant in one measurement.
const REQUESTS: usize = 400;

/// The program, a tenant of it, and somebody else's leaderboard.
pub struct Scene {
    pub process: Process,
    /// The abuser's own leaderboard.
    pub board: Board,
    here: Replica,
    tenant: Tenant,
    without: Latency,
    memory: u64,
    files: usize,
}

impl Scene {
    /// Starts the program with these options, and measures the tenant while nobody abuses it. The abuser is on the
    /// plan "abuser".
    pub async fn begin(world: World, plan: &str, options: &[&str]) -> Self {
        many_sockets();
        let world = world
            .with_plans(&format!(
                "[[plan]]\nname = \"tenant\"\nmetadata = true\n[[plan]]\nname = \"abuser\"\nmetadata = true\n{plan}\n"
            ))
            .with_options(&["--default-plan", "tenant", "--metrics-listen", "127.0.0.1:0"])
            .with_options(options);
        let here = world.replica().await;
        let board = here.board("abuser").await;
        let process = world.process().start();
        process.ready().await;
        let tenant = Tenant::of(&process, &here.board("tenant").await).await;
        // What is set up on the first requests is none of the abuse's doing.
        tenant.latency(REQUESTS / 4).await;
        let without = tenant.latency(REQUESTS).await;
        let (memory, files) = (process.memory(), process.open_files());
        Self { process, board, here, tenant, without, memory, files }
    }

    /// Measures the tenant while the abuse goes on.
    pub async fn with_abuse(&self) -> Latency {
        let with = self.tenant.latency(REQUESTS).await;
        let most = self.without.p99 * 20 + Duration::from_millis(500);
        assert!(with.p99 < most, "p99 {:?} without the abuse, {:?} with it", self.without.p99, with.p99);
        with
    }

    /// Prints what was measured, and checks that memory kept to its bound, in bytes above what it was before.
    pub fn memory_is_bounded(&self, abuse: &str, with: Latency, bound: u64) {
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        let (before, peak) = (self.memory, self.process.peak_memory().expect("a running process"));
        let (without, with) = (self.without, with);
        println!(
            "| {abuse} | {:.1?} / {:.1?} | {:.1?} / {:.1?} | {:.0} MiB | {:.0} MiB |",
            without.median,
            without.p99,
            with.median,
            with.p99,
            mib(before),
            mib(peak)
        );
        assert!(peak < before + bound, "{abuse}: {:.0} MiB, then {:.0} MiB", mib(before), mib(peak));
    }

    /// How many files and sockets are open beyond those before the abuse.
    pub fn more_files(&self) -> usize {
        self.process.open_files().saturating_sub(self.files)
    }

    /// Waits until all that the abuse held open is free again. A few of the test's own may be open.
    pub async fn files_are_freed(&self) {
        eventually("freed files", async || (self.more_files() <= 12).then_some(())).await;
    }

    /// A line of the program's metrics.
    pub async fn metric(&self, line: &str) -> f64 {
        Scrape::of(&self.process).await.get(line)
    }

    /// How often clients reached a limit.
    pub async fn reached(&self, limit: &str) -> u64 {
        self.metric(&format!("rankora_limits_reached_total{{limit=\"{limit}\"}}")).await as u64
    }

    /// A connection from the abuser's address.
    pub async fn connect(&self) -> Abuser {
        Abuser::connect(self.process.address().await, None).await
    }

    /// The same, with a small receive buffer.
    pub async fn connect_with_buffer(&self, bytes: u32) -> Abuser {
        Abuser::connect(self.process.address().await, Some(bytes)).await
    }

    /// A client with the abuser's key, at the tenant's address.
    pub async fn api(&self) -> Api {
        self.process.api(&self.board.secret).await
    }

    /// Makes so many events on the abuser's leaderboard, of a kilobyte and more each.
    pub async fn make_events(&self, events: usize) {
        let api = self.api().await;
        let metadata: serde_json::Map<_, _> =
            (0..10).map(|nth| (format!("{nth:032}"), json!("x".repeat(64)))).collect();
        let player = Uuid::new_v4();
        for score in 0..events {
            let body = json!({"name": "Abuser", "score": score, "player_id": player, "metadata": metadata});
            api.post("/leaderboard/entries", &body).await.ok();
        }
    }

    /// Ends all in order.
    pub async fn end(self) {
        self.here.stop().await;
    }
}

/// A connection whose client doesn't behave.
pub struct Abuser(pub TcpStream);

impl Abuser {
    async fn connect(server: SocketAddr, buffer: Option<u32>) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket
            .bind(SocketAddr::new(ABUSER.parse().expect("an address"), 0))
            .expect("an address of this machine");
        if let Some(bytes) = buffer {
            socket.set_recv_buffer_size(bytes).expect("a buffer");
        }
        Self(timeout(PATIENCE, socket.connect(server)).await.expect("an answer").expect("a connection"))
    }

    /// Sends bytes; whether they were taken.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        timeout(PATIENCE, self.0.write_all(bytes.as_ref())).await.expect("a server that reads").is_ok()
    }

    /// All that comes until the connection ends.
    pub async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        // A reset ends it too.
        let _ = timeout(PATIENCE, self.0.read_to_end(&mut bytes)).await.expect("an end");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Reads until this text has come.
    pub async fn until(&mut self, text: &str) -> String {
        let mut bytes = Vec::new();
        while !String::from_utf8_lossy(&bytes).contains(text) {
            let read = timeout(PATIENCE, self.0.read_buf(&mut bytes)).await.expect("something to read");
            assert_ne!(read.expect("a connection"), 0, "{}", String::from_utf8_lossy(&bytes));
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Whether the server has ended it, looked at without waiting.
    pub fn has_ended(&self) -> bool {
        let mut bytes = [0; 4096];
        loop {
            match self.0.try_read(&mut bytes) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => return error.kind() != std::io::ErrorKind::WouldBlock,
            }
        }
    }
}
