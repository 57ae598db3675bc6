//! One redis-server among several.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddrV4},
    path::Path,
    process::Command,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use nix::{sys::signal::Signal, unistd::Pid};
use redis::{
    ConnectionAddr, FromRedisValue, IntoConnectionInfo, RedisConnectionInfo, RedisResult,
    aio::MultiplexedConnection,
};

use super::{
    Login, Setup,
    network::{Network, serving},
};
use crate::support::{certificates::Authority, child::Child, eventually, patient, scratch::Scratch};

/// A redis-server that serves data, or a sentinel.
pub struct Node {
    /// What it is called in its network; unique there.
    pub number: u8,
    own: Ipv4Addr,
    announced: Ipv4Addr,
    login: Option<Login>,
    tls: Option<Authority>,
    child: Mutex<Child>,
    directory: Scratch,
    arguments: &'static [&'static str],
}

impl Node {
    /// Starts one that serves data, with further lines of configuration, and waits until it answers.
    pub async fn start(network: Network, number: u8, setup: &Setup, settings: &[String]) -> Self {
        let (own, announced) = (network.node(number), network.announced(number, setup.switched));
        let mut lines = common(own, setup);
        lines.extend(["save \"\"", "appendonly yes", "repl-diskless-sync-delay 0"].map(str::to_owned));
        lines.push(format!("replica-announce-ip {announced}"));
        if let Some(login) = &setup.login {
            lines.extend(login.settings());
            lines.push(format!("masteruser {}", login.user));
            lines.push(format!("masterauth {}", login.password));
        }
        lines.extend_from_slice(settings);
        lines.extend_from_slice(&setup.settings);
        let place = (number, own, announced);
        Self::run(place, setup.login.clone(), setup.tls.clone(), &lines, &[]).await
    }

    /// Starts a sentinel in the same way.
    pub async fn start_sentinel(network: Network, number: u8, setup: &Setup, settings: &[String]) -> Self {
        let (own, announced) = (network.node(number), network.announced(number, setup.switched));
        let mut lines = common(own, setup);
        lines.push(format!("sentinel announce-ip {announced}"));
        if let Some(login) = &setup.sentinel_login {
            lines.extend(login.settings());
            lines.push(format!("sentinel sentinel-user {}", login.user));
            lines.push(format!("sentinel sentinel-pass {}", login.password));
        }
        lines.extend_from_slice(&setup.sentinel_settings);
        lines.extend_from_slice(settings);
        let (place, login) = ((number, own, announced), setup.sentinel_login.clone());
        Self::run(place, login, setup.tls.clone(), &lines, &["--sentinel"]).await
    }

    async fn run(
        (number, own, announced): (u8, Ipv4Addr, Ipv4Addr),
        login: Option<Login>,
        tls: Option<Authority>,
        lines: &[String],
        arguments: &'static [&'static str],
    ) -> Self {
        let directory = Scratch::new(&format!("rk-{own}"));
        // A file: what Redis learns of its place, it notes there.
        fs::write(directory.join("conf"), lines.join("\n") + "\n").expect("a configuration");
        let child = Mutex::new(Child::start(command(&directory, arguments)));
        let node = Self { number, own, announced, login, tls, directory, child, arguments };
        node.answers().await;
        node
    }

    /// Where everybody finds it.
    pub fn address(&self) -> SocketAddrV4 {
        serving(self.announced)
    }

    /// Where it serves; no link that is cut lies before it.
    pub fn own_address(&self) -> SocketAddrV4 {
        serving(self.own)
    }

    pub fn pid(&self) -> Pid {
        self.child().pid()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        self.child().signal(signal);
    }

    /// Kills it, and waits until it is gone.
    pub fn kill(&self) {
        self.child().kill();
    }

    pub fn is_running(&self) -> bool {
        self.child().is_running()
    }

    /// Starts it again in the same place, with its data and what it knew of the others; kills it before where it runs.
    pub async fn restart(&self) {
        self.kill();
        *self.child() = Child::start(command(&self.directory, self.arguments));
        self.answers().await;
    }

    /// A connection for looking at it, past all links that are cut.
    pub async fn connection(&self) -> MultiplexedConnection {
        self.try_connection().await.expect("a connection")
    }

    /// The same where it may be down.
    pub async fn try_connection(&self) -> RedisResult<MultiplexedConnection> {
        let client = self.client()?;
        client.get_multiplexed_async_connection_with_config(&patient()).await
    }

    /// How to look at it.
    pub fn client(&self) -> RedisResult<redis::Client> {
        let (host, port) = (self.own.to_string(), super::network::PORT);
        let mut settings = RedisConnectionInfo::default();
        if let Some(login) = &self.login {
            settings = settings.set_username(login.user).set_password(login.password);
        }
        match &self.tls {
            Some(authority) => authority.client(&host, port, settings),
            None => {
                let info = ConnectionAddr::Tcp(host, port).into_connection_info()?;
                redis::Client::open(info.set_redis_settings(settings))
            }
        }
    }

    /// What it answers to a command, given as words.
    pub async fn ask<T: FromRedisValue>(&self, words: &[&str]) -> T {
        let answer = self.try_ask(words).await;
        answer.unwrap_or_else(|error| panic!("{words:?} to {}: {error}", self.own))
    }

    /// The same where it may be down, or refuse.
    pub async fn try_ask<T: FromRedisValue>(&self, words: &[&str]) -> RedisResult<T> {
        let mut command = redis::Cmd::new();
        command.arg(words);
        command.query_async(&mut self.try_connection().await?).await
    }

    /// One field of what `INFO` says; empty where there is none, or no answer.
    pub async fn info(&self, section: &str, field: &str) -> String {
        let info: String = self.try_ask(&["INFO", section]).await.unwrap_or_default();
        let value = info.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        value.unwrap_or_default().to_owned()
    }

    /// Whether it takes itself for a primary.
    pub async fn is_primary(&self) -> bool {
        self.info("replication", "role").await == "master"
    }

    /// As a primary: how many replicas have all that it had when it was asked. They tell once a second.
    pub async fn replicas_in_sync(&self) -> usize {
        let had = self.info("replication", "master_repl_offset").await.parse::<u64>().unwrap_or(u64::MAX);
        let until = Instant::now() + Duration::from_millis(1500);
        loop {
            let info: String = self.try_ask(&["INFO", "replication"]).await.unwrap_or_default();
            let online =
                info.lines().filter(|line| line.starts_with("slave") && line.contains("state=online"));
            let offset = |line: &str| line.split_once("offset=")?.1.split(',').next()?.parse::<u64>().ok();
            let online: Vec<bool> = online.map(|line| offset(line).is_some_and(|has| has >= had)).collect();
            if online.iter().all(|in_sync| *in_sync) || Instant::now() > until {
                return online.into_iter().filter(|in_sync| *in_sync).count();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn answers(&self) {
        eventually("a redis-server", async || {
            assert!(self.is_running(), "{}", self.log());
            self.try_ask::<String>(&["PING"]).await.ok()
        })
        .await;
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }

    fn child(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn common(own: Ipv4Addr, setup: &Setup) -> Vec<String> {
    let mut lines = vec![
        format!("bind {own}"),
        format!("bind-source-addr {own}"),
        "protected-mode no".to_owned(),
        "daemonize no".to_owned(),
        "logfile log".to_owned(),
    ];
    lines.extend(setup.serving());
    lines
}

fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("redis-server");
    command.arg("conf").args(arguments).current_dir(directory);
    command
}
