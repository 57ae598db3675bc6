//! A redis-server of the tests' own, on a unix socket; it dies with them, however they end.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    fs,
    net::TcpListener,
    path::PathBuf,
    process::Command,
    str::FromStr,
    sync::{Arc, LazyLock},
    thread,
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;

use super::{acl, child::Child, scratch::Scratch, topology::Login};

static SHARED: LazyLock<Server> = LazyLock::new(|| {
    let user = acl::user();
    Server::start(&Vec::from_iter(user.split(' ').enumerate().map(|(index, word)| match index {
        0 => "--user",
        _ => word,
    })))
});

/// The server that all tests of this binary share; they are kept apart by key prefixes.
pub fn shared() -> &'static Server {
    &SHARED
}

/// A redis-server.
pub struct Server {
    child: Child,
    directory: Arc<Scratch>,
    options: Vec<String>,
}

/// What Redis says of one command, those that scripts and transactions run included.
#[derive(Clone, Copy, Debug, Default)]
pub struct CommandStats {
    pub calls: u64,
    pub micros: u64,
}

impl Server {
    /// Starts one with further options, for tests that hurt it.
    pub fn start(options: &[&str]) -> Self {
        Self::start_in(
            Arc::new(Scratch::new("rk")),
            options.iter().map(|&option| option.to_owned()).collect(),
        )
    }

    /// A primary and a replica that is in step with it.
    pub async fn start_replicated() -> (Self, Self) {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|port| port.local_addr()).expect("a free port");
        let port = port.port().to_string();
        let options = ["--port", &port, "--bind", "127.0.0.1", "--repl-diskless-sync", "no"];
        let (primary, copy) = (Self::start(&options), Self::start(&["--replicaof", "127.0.0.1", &port]));
        let redis = primary.connection().await;
        super::eventually("a replica in step", async || {
            ::redis::cmd("SET").arg("probe").arg(1).exec_async(&mut redis.clone()).await.ok()?;
            let wait = ::redis::cmd("WAIT").arg(1).arg(10).to_owned();
            let replicas: i64 = wait.query_async(&mut redis.clone()).await.ok()?;
            (replicas == 1).then_some(())
        })
        .await;
        (primary, copy)
    }

    fn start_in(directory: Arc<Scratch>, options: Vec<String>) -> Self {
        let socket = directory.join("s");
        let mut command = Command::new("redis-server");
        command
            .args(["-", "--port", "0", "--save", "", "--daemonize", "no", "--logfile", "log", "--dir"])
            .arg(&**directory)
            .arg("--unixsocket")
            .arg(&socket)
            .args(&options);
        let child = Child::start(command);
        let until = Instant::now() + super::PATIENCE;
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            assert!(Instant::now() < until, "redis-server does not answer");
            thread::sleep(Duration::from_millis(2));
        }
        Self { child, directory, options }
    }

    /// How to reach it.
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.directory.join("s").display())
    }

    /// The same as this user.
    pub fn url_as(&self, login: &Login) -> String {
        format!("{}?user={}&pass={}", self.url(), login.user, login.password)
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.directory.join("s")
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        self.child.signal(signal);
    }

    /// Kills it, and waits until it is gone.
    pub fn kill(&self) {
        self.child.kill();
        let _ = fs::remove_file(self.directory.join("s"));
    }

    /// Starts it again in the same place, with the data that its options made it keep.
    pub fn restart(self) -> Self {
        self.restart_with(&[])
    }

    /// The same with further options.
    pub fn restart_with(mut self, options: &[&str]) -> Self {
        self.kill();
        let directory = self.directory.clone();
        let mut all = std::mem::take(&mut self.options);
        all.extend(options.iter().map(|&option| option.to_owned()));
        Self::start_in(directory, all)
    }

    /// How often it has run each command, and for how many microseconds in all.
    pub async fn command_stats(&self) -> BTreeMap<String, CommandStats> {
        let info = self.info("commandstats").await;
        let lines = info.lines().filter_map(|line| line.strip_prefix("cmdstat_")?.split_once(':'));
        let number = |fields: &str, name: &str| {
            let value = fields.split(',').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
            value.and_then(|value| value.parse().ok()).expect("a number")
        };
        lines
            .map(|(name, fields)| {
                let stats = CommandStats { calls: number(fields, "calls"), micros: number(fields, "usec") };
                (name.to_owned(), stats)
            })
            .collect()
    }

    /// How often it has run one command.
    pub async fn calls(&self, command: &str) -> u64 {
        self.command_stats().await.get(command).map_or(0, |stats| stats.calls)
    }

    /// CPU time that it has used, by its own count.
    pub async fn cpu_time(&self) -> Duration {
        let info = self.info("cpu").await;
        let seconds = ["used_cpu_user:", "used_cpu_sys:"].map(|name| number::<f64>(&info, name));
        Duration::from_secs_f64(seconds.iter().sum())
    }

    /// Bytes that it has allocated.
    pub async fn used_memory(&self) -> u64 {
        number(&self.info("memory").await, "used_memory:")
    }

    async fn info(&self, section: &str) -> String {
        let ask = ::redis::cmd("INFO").arg(section).to_owned();
        ask.query_async(&mut self.connection().await).await.expect("statistics")
    }

    /// A connection for looking at it.
    pub async fn connection(&self) -> ::redis::aio::MultiplexedConnection {
        let client = ::redis::Client::open(self.url()).expect("a URL");
        client.get_multiplexed_async_connection_with_config(&super::patient()).await.expect("a connection")
    }
}

/// The value of one line of `INFO`.
fn number<T: FromStr<Err: Debug>>(info: &str, name: &str) -> T {
    let value = info.lines().find_map(|line| line.strip_prefix(name)).expect("a line");
    value.trim().parse().expect("a number")
}
