//! What Rankora asks of a Redis before it trusts it with data.

use std::fmt;

use redis::{Value, aio::MultiplexedConnection, cmd};

use super::error::StoreError;

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

/// Reads INFO and judges it.
pub(super) async fn check(connection: &mut MultiplexedConnection) -> Result<Health, StoreError> {
    let mut info = cmd("INFO");
    info.arg(&["server", "memory", "persistence", "replication"]);
    let answer = connection.send_packed_command(&info).await.and_then(Value::extract_error);
    match answer.map_err(StoreError::from) {
        Ok(Value::BulkString(text)) => Ok(judge(&String::from_utf8_lossy(&text))),
        Ok(Value::VerbatimString { text, .. }) => Ok(judge(&text)),
        Ok(_) => Err(StoreError::Unexpected("INFO")),
        Err(StoreError::NotReady(error)) => Ok(Health::Refusing(format!("Redis is not ready: {error}"))),
        Err(error) => Err(error),
    }
}

fn judge(info: &str) -> Health {
    let field = |name: &str| {
        info.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .map(str::trim)
            .unwrap_or_default()
    };
    let (product, version) = match field("valkey_version") {
        "" => ("Redis", field("redis_version")),
        version => ("Valkey", version),
    };
    let major: u32 = version.split('.').next().and_then(|text| text.parse().ok()).unwrap_or_default();
    if major < 7 {
        return Health::Unfit(format!("Rankora needs Redis 7.0 or newer; this is {version}"));
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
        assert_eq!(judge(GOOD), Health::Ready { server: "Redis 7.0.15".to_owned(), persistent: true });
    }

    #[test]
    fn an_old_or_evicting_redis_is_unfit() {
        assert!(matches!(judge(&GOOD.replace("7.0.15", "6.2.1")), Health::Unfit(_)));
        let evicting = GOOD.replace("noeviction", "allkeys-lru").replace("maxmemory:0", "maxmemory:1000");
        assert!(matches!(judge(&evicting), Health::Unfit(reason) if reason.contains("allkeys-lru")));
    }

    #[test]
    fn a_loading_redis_or_a_replica_refuses_for_now() {
        assert_eq!(judge(&GOOD.replace("loading:0", "loading:1")), Health::Loading);
        assert!(matches!(judge(&GOOD.replace("role:master", "role:slave")), Health::Refusing(_)));
    }
}
