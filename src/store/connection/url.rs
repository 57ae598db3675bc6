//! Where Redis is, from one URL: a single server, the sentinels that know it, or some nodes of a cluster.

use percent_encoding::percent_decode_str;
use redis::{Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo};

use super::tls::{Tls, client};
use crate::store::error::StoreError;

const REDIS_PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;

/// What a URL leads to.
#[derive(Debug)]
pub(super) enum Target {
    /// One server, at a fixed address.
    Server(Client),
    /// The primary of this name, wherever the sentinels say it is.
    Sentinel {
        /// How the sentinels are reached.
        sentinels: Vec<Client>,
        /// What they call the primary.
        name: String,
        /// How the primary is reached, once its address is known.
        login: Login,
    },
    /// The primaries of a cluster that these nodes know.
    Cluster {
        /// Nodes to ask first.
        seeds: Vec<Address>,
        /// How all nodes are reached.
        login: Login,
    },
}

/// A host and its port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// How a server is logged in to, wherever it is.
#[derive(Clone, Debug)]
pub(super) struct Login {
    redis: RedisConnectionInfo,
    tls: Option<Tls>,
}

impl Login {
    /// A client for the server at `address`.
    pub(super) fn client(&self, address: &Address) -> Result<Client, StoreError> {
        let Address { host, port } = address.clone();
        let addr = match &self.tls {
            Some(_) => ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None },
            None => ConnectionAddr::Tcp(host, port),
        };
        let info = addr.into_connection_info()?.set_redis_settings(self.redis.clone());
        client(info, self.tls.as_ref())
    }
}

/// Reads a URL: `redis://`, `rediss://` or `redis+unix://` for a single server,
/// `redis+sentinel://[user:password@]host[:port],…/name[/database]` for sentinels, and
/// `redis+cluster://[user:password@]host[:port],…` for a cluster; `rediss+…` with TLS. Of sentinels with a login
/// of their own it is `?sentinel_username=…&sentinel_password=…`.
///
/// # Errors
/// [`StoreError::Url`] with what is wrong, never with the URL itself, which may hold a password.
pub(super) fn parse(url: &str, tls: &Tls) -> Result<Target, StoreError> {
    let (scheme, rest) = url.split_once("://").ok_or(StoreError::Url("it has no scheme"))?;
    let tls_for = |scheme: &str| scheme.starts_with("rediss").then(|| tls.clone());
    match scheme {
        "redis+sentinel" | "rediss+sentinel" => {
            sentinel(&Several::parse(rest, SENTINEL_PORT)?, tls_for(scheme))
        }
        "redis+cluster" | "rediss+cluster" => cluster(Several::parse(rest, REDIS_PORT)?, tls_for(scheme)),
        "redis" | "rediss" | "redis+unix" | "unix" => {
            let info: ConnectionInfo = url.into_connection_info()?;
            Ok(Target::Server(client(info, tls_for(scheme).as_ref())?))
        }
        _ => Err(StoreError::Url(
            "its scheme must be redis, rediss, redis+unix, redis+sentinel, rediss+sentinel, redis+cluster or \
             rediss+cluster",
        )),
    }
}

fn sentinel(url: &Several, tls: Option<Tls>) -> Result<Target, StoreError> {
    let mut path = url.path.split('/');
    let name = decode(path.next().unwrap_or_default())?;
    if name.is_empty() {
        return Err(StoreError::Url("behind the sentinels must stand the primary's name: …/mymaster"));
    }
    let db = match path.next() {
        None | Some("") => 0,
        Some(text) => text.parse().map_err(|_| StoreError::Url("the database must be a number"))?,
    };
    let of_sentinels = login(url.parameter("sentinel_username")?, url.parameter("sentinel_password")?);
    let of_sentinels = Login { redis: of_sentinels, tls: tls.clone() };
    let sentinels = url.addresses.iter().map(|address| of_sentinels.client(address));
    Ok(Target::Sentinel {
        sentinels: sentinels.collect::<Result<_, _>>()?,
        name,
        login: Login { redis: login(url.user.clone(), url.password.clone()).set_db(db), tls },
    })
}

fn cluster(url: Several, tls: Option<Tls>) -> Result<Target, StoreError> {
    if !matches!(url.path.as_str(), "" | "0") {
        return Err(StoreError::Url("a cluster has no databases but 0"));
    }
    let login = Login { redis: login(url.user, url.password), tls };
    Ok(Target::Cluster { seeds: url.addresses, login })
}

fn login(user: Option<String>, password: Option<String>) -> RedisConnectionInfo {
    let info = RedisConnectionInfo::default();
    let info = user.into_iter().fold(info, |info, user| info.set_username(user));
    password.into_iter().fold(info, |info, password| info.set_password(password))
}

/// A URL with several hosts, which no general parser knows.
struct Several {
    user: Option<String>,
    password: Option<String>,
    addresses: Vec<Address>,
    path: String,
    query: String,
}

impl Several {
    /// Reads what stands behind the scheme.
    fn parse(rest: &str, default_port: u16) -> Result<Self, StoreError> {
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (login, rest) = match rest.rsplit_once('@') {
            Some((login, rest)) => (Some(login), rest),
            None => (None, rest),
        };
        let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, password) = match login.map(|login| login.split_once(':').unwrap_or((login, ""))) {
            Some((user, password)) => (some(decode(user)?), some(decode(password)?)),
            None => (None, None),
        };
        let addresses = hosts.split(',').map(|host| address(host, default_port)).collect::<Result<_, _>>()?;
        Ok(Self { user, password, addresses, path: path.to_owned(), query: query.to_owned() })
    }

    fn parameter(&self, name: &str) -> Result<Option<String>, StoreError> {
        let mut pairs = form_urlencoded::parse(self.query.as_bytes());
        let value = pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let known = |key: &str| matches!(key, "sentinel_username" | "sentinel_password");
        match form_urlencoded::parse(self.query.as_bytes()).all(|(key, _)| known(&key)) {
            true => Ok(value.and_then(some)),
            false => Err(StoreError::Url("its only parameters are sentinel_username and sentinel_password")),
        }
    }
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn decode(text: &str) -> Result<String, StoreError> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(|text| text.into_owned()).map_err(|_| StoreError::Url("it is not UTF-8"))
}

/// `host`, `host:port`, `[v6]` or `[v6]:port`.
pub(super) fn address(text: &str, default_port: u16) -> Result<Address, StoreError> {
    const BAD: StoreError = StoreError::Url("it needs hosts like redis-1:6379,redis-2:6379");
    let (host, port) = match text.strip_prefix('[') {
        Some(v6) => {
            let (host, port) = v6.split_once(']').ok_or(BAD)?;
            (host, port.strip_prefix(':'))
        }
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let port = port.map_or(Ok(default_port), str::parse).map_err(|_| BAD)?;
    match host.is_empty() {
        true => Err(BAD),
        false => Ok(Address { host: host.to_owned(), port }),
    }
}

#[cfg(test)]
#[path = "url_tests.rs"]
mod tests;
