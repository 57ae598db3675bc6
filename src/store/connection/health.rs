//! What Rankora asks of a Redis before it trusts it with data.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, PoisonError},
};

use redis::{Value, aio::MultiplexedConnection, cmd};
use tokio::sync::watch;
use tracing::{info, warn};

use crate::store::error::StoreError;

/// The state of Redis as it was last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// Nothing is known yet.
    Connecting,
    /// It serves.
    Ready {
        /// Product and version.
        server: String,
        /// Whether it keeps an append-only file.
        persistent: bool,
    },
    /// It can't be reached; the reason for the log.
    Away(String),
    /// It answers, but must not be used as it is set up.
    Unfit(String),
    /// It reads its data from the disk, and will serve then.
    Loading,
    /// It answers, but refuses writes for now.
    Refusing(String),
}

impl Health {
    /// True where requests can be served.
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Ready { .. })
    }
}

/// What a server's data takes, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Now.
    pub used: u64,
    /// At most, or 0 where there is no limit.
    pub limit: u64,
}

/// One sentence.
impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loading => f.write_str("Redis is loading its data"),
            Self::Connecting => f.write_str("Redis is not connected yet"),
            Self::Ready { server, .. } => write!(f, "Redis is ready ({server})"),
            Self::Away(reason) => write!(f, "Redis can't be reached: {reason}"),
            Self::Unfit(reason) | Self::Refusing(reason) => f.write_str(reason),
        }
    }
}

/// The state of each server by its address, and what follows from all of them.
#[derive(Debug)]
pub(super) struct Reports {
    servers: Mutex<BTreeMap<String, Health>>,
    memory: Mutex<BTreeMap<String, Memory>>,
    overall: watch::Sender<Health>,
}

impl Default for Reports {
    fn default() -> Self {
        Self {
            servers: Mutex::default(),
            memory: Mutex::default(),
            overall: watch::Sender::new(Health::Connecting),
        }
    }
}

impl Reports {
    /// The state of Redis as a whole: ready where a server is, since what the others have fails by itself.
    pub(super) fn overall(&self) -> watch::Receiver<Health> {
        self.overall.subscribe()
    }

    /// What is known of one server.
    pub(super) fn of(&self, address: &str) -> Option<Health> {
        self.lock().get(address).cloned()
    }

    /// What one server's data takes, as it last said.
    pub(super) fn memory_of(&self, address: &str) -> Option<Memory> {
        self.lock_memory().get(address).copied()
    }

    /// Notes what one server's data takes.
    pub(super) fn note_memory(&self, address: &str, memory: Memory) {
        self.lock_memory().insert(address.to_owned(), memory);
    }

    /// Takes a report of one server, and logs what is new.
    pub(super) fn report(&self, address: &str, health: Health) {
        let mut servers = self.lock();
        if servers.get(address) == Some(&health) {
            return;
        }
        match &health {
            Health::Ready { server, persistent } => {
                info!(redis.address = address, redis.server = %server, redis.aof = persistent, "Redis is ready");
                if !persistent {
                    warn!(
                        redis.address = address,
                        "Redis has no append-only file: what was acknowledged is lost when it stops"
                    );
                }
            }
            // Each private redis-server does when it starts.
            Health::Loading => info!(redis.address = address, "Redis is loading its data"),
            other => warn!(redis.address = address, redis.health = %other, "Redis can't be used"),
        }
        servers.insert(address.to_owned(), health);
        self.conclude(&servers);
    }

    /// These servers count from now on, and no others.
    pub(super) fn expect(&self, addresses: &[String]) {
        let mut servers = self.lock();
        servers.retain(|address, _| addresses.contains(address));
        self.lock_memory().retain(|address, _| addresses.contains(address));
        for address in addresses {
            servers.entry(address.clone()).or_insert(Health::Connecting);
        }
        self.conclude(&servers);
    }

    /// No server is known, for this reason.
    pub(super) fn lost(&self, reason: &str) {
        let servers = self.lock();
        if servers.is_empty() {
            let health = Health::Away(reason.to_owned());
            if *self.overall.borrow() != health {
                warn!(redis.health = %health, "Redis can't be used");
            }
            self.publish(health);
        }
    }

    fn conclude(&self, servers: &BTreeMap<String, Health>) {
        // At the beginning, each is given the time to connect.
        if servers.values().any(|health| *health == Health::Connecting) && !self.overall.borrow().is_ready() {
            return;
        }
        let ready = servers.values().find(|health| health.is_ready());
        let Some(health) = ready.or_else(|| servers.values().next()) else { return };
        self.publish(health.clone());
    }

    fn publish(&self, health: Health) {
        metrics::gauge!("rankora_redis_ready").set(if health.is_ready() { 1.0 } else { 0.0 });
        self.overall.send_if_modified(|known| {
            let new = *known != health;
            *known = health;
            new
        });
    }

    fn lock_memory(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Memory>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Health>> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads INFO and judges it; with what it says of memory, where it came to saying it.
pub(super) async fn check(
    connection: &mut MultiplexedConnection,
    in_cluster: bool,
) -> Result<(Health, Option<Memory>), StoreError> {
    let mut info = cmd("INFO");
    info.arg(&["server", "memory", "persistence", "replication", "cluster"]);
    let answer = connection.send_packed_command(&info).await.and_then(Value::extract_error);
    match answer.map_err(StoreError::from) {
        Ok(Value::BulkString(text)) => {
            let text = String::from_utf8_lossy(&text);
            Ok((judge(&text, in_cluster), memory(&text)))
        }
        Ok(Value::VerbatimString { text, .. }) => Ok((judge(&text, in_cluster), memory(&text))),
        Ok(_) => Err(StoreError::Unexpected("INFO")),
        Err(StoreError::NotReady(error)) => {
            Ok((Health::Refusing(format!("Redis is not ready: {error}")), None))
        }
        Err(error) => Err(error),
    }
}

/// A field of INFO; empty where it isn't there.
fn field<'a>(info: &'a str, name: &str) -> &'a str {
    info.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .map(str::trim)
        .unwrap_or_default()
}

fn memory(info: &str) -> Option<Memory> {
    let bytes = |name| field(info, name).parse().ok();
    Some(Memory { used: bytes("used_memory")?, limit: bytes("maxmemory")? })
}

fn judge(info: &str, in_cluster: bool) -> Health {
    let field = |name| field(info, name);
    let (product, version) = match field("valkey_version") {
        "" => ("Redis", field("redis_version")),
        version => ("Valkey", version),
    };
    let major: u32 = version.split('.').next().and_then(|text| text.parse().ok()).unwrap_or_default();
    if major < 7 {
        return Health::Unfit(format!("Rankora needs Redis 7.0 or newer; this is {version}"));
    }
    match (field("cluster_enabled") == "1", in_cluster) {
        (true, false) => {
            return Health::Unfit(
                "this is a node of a cluster: its URL must begin with redis+cluster://".to_owned(),
            );
        }
        (false, true) => return Health::Unfit("this is no node of a cluster".to_owned()),
        _ => {}
    }
    let policy = field("maxmemory_policy");
    if !matches!(policy, "noeviction" | "") && field("maxmemory") != "0" {
        return Health::Unfit(format!(
            "Redis would throw data away when it is full: maxmemory-policy is {policy} and must be noeviction"
        ));
    }
    if field("loading") == "1" || field("async_loading") == "1" {
        return Health::Loading;
    }
    if field("role") == "slave" {
        return Health::Refusing("Redis is a read-only replica".to_owned());
    }
    Health::Ready { server: format!("{product} {version}"), persistent: field("aof_enabled") == "1" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "redis_version:7.0.15\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\nloading:0\r\naof_enabled:1\r\nrole:master\r\n";

    #[test]
    fn a_plain_redis_is_ready() {
        assert_eq!(judge(GOOD, false), Health::Ready { server: "Redis 7.0.15".to_owned(), persistent: true });
    }

    #[test]
    fn memory_is_read_with_its_limit_or_not_at_all() {
        assert_eq!(memory(GOOD), None);
        let full = format!(
            "used_memory_rss:9\r\nused_memory:1234\r\n{}",
            GOOD.replace("maxmemory:0", "maxmemory:2000")
        );
        assert_eq!(memory(&full), Some(Memory { used: 1234, limit: 2000 }));
    }

    #[test]
    fn an_old_or_evicting_redis_is_unfit() {
        assert!(matches!(judge(&GOOD.replace("7.0.15", "6.2.1"), false), Health::Unfit(_)));
        let evicting = GOOD.replace("noeviction", "allkeys-lru").replace("maxmemory:0", "maxmemory:1000");
        assert!(matches!(judge(&evicting, false), Health::Unfit(reason) if reason.contains("allkeys-lru")));
    }

    #[test]
    fn a_loading_redis_or_a_replica_refuses_for_now() {
        assert_eq!(judge(&GOOD.replace("loading:0", "loading:1"), false), Health::Loading);
        assert!(matches!(judge(&GOOD.replace("role:master", "role:slave"), false), Health::Refusing(_)));
    }
    #[test]
    fn a_node_of_a_cluster_is_used_as_one_or_not_at_all() {
        let node = format!("{GOOD}cluster_enabled:1\r\n");
        assert!(judge(&node, true).is_ready());
        assert!(matches!(judge(&node, false), Health::Unfit(reason) if reason.contains("redis+cluster")));
        assert!(matches!(judge(GOOD, true), Health::Unfit(_)));
    }
}
