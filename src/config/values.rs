//! What the values of options must be like, and what is said of those that aren't.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use ipnet::IpNet;

/// Parses the address of a listener.
pub(super) fn socket_address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "an IP address and a port, such as 127.0.0.1:8080")
}

/// Parses an address or a network.
pub(super) fn network(text: &str) -> Result<IpNet, &'static str> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| address()).map_err(|_| "an IP address or a network, such as 10.0.0.0/8")
}

/// A Redis URL; its password stays out of logs.
#[derive(Clone)]
pub struct RedisUrl(String);

impl RedisUrl {
    /// The URL, for the client alone.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for RedisUrl {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisUrl(…)")
    }
}

/// The beginning of all names in Redis.
#[derive(Clone, Debug)]
pub struct KeyPrefix(String);

impl KeyPrefix {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyPrefix {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Braces would move the accounts' hash tags.
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/');
        match (1..=64).contains(&text.len()) && text.chars().all(allowed) {
            true => Ok(Self(text.to_owned())),
            false => Err("1 to 64 letters, digits, and - _ . : /"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_named_by_its_address_or_its_network() {
        assert_eq!(network("10.0.0.1"), "10.0.0.1/32".parse().map_err(|_| "a network"));
        assert_eq!(network("fd00::1"), "fd00::1/128".parse().map_err(|_| "a network"));
        assert_eq!(network("10.0.0.0/8"), "10.0.0.0/8".parse().map_err(|_| "a network"));
        for wrong in ["", "proxy", "10.0.0.0/33", "10.0.0", "10.0.0.1:80"] {
            assert!(network(wrong).is_err(), "{wrong}");
        }
    }
}
