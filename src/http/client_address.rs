//! The client's address: the connection's own, unless that is a proxy that is known to tell the truth.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// The part of an IPv6 address that names a network: who has one address of it has all of them.
const NETWORK: u128 = !0 << 64;

/// The client's address, as far as it can be trusted; of IPv6 its network.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub IpAddr);

/// The proxies whose `X-Forwarded-For` is believed.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// These networks.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// The address of who made a request over a connection from `peer`: the last one in the header that isn't a
    /// trusted proxy itself. What stands before it, anybody can write. Of IPv6 it is the network of 64 bits.
    pub fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> ClientAddress {
        let mut client = peer.ip().to_canonical();
        let forwarded = headers.get_all(X_FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
        // From the last to the first: each proxy writes behind what it was told.
        let mut hops = forwarded.rev().flat_map(|value| value.rsplit(','));
        while self.trusts(client)
            && let Some(Ok(address)) = hops.next().map(|hop| hop.trim().parse::<IpAddr>())
        {
            client = address.to_canonical();
        }
        ClientAddress(match client {
            IpAddr::V4(_) => client,
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & NETWORK)),
        })
    }

    /// Whether this is a proxy that is believed.
    pub(super) fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().expect("a network")]);
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().expect("a header value"));
        }
        proxies.client(SocketAddr::new(peer.parse().expect("an address"), 1), &headers).0.to_string()
    }

    #[test]
    fn a_stranger_is_not_believed() {
        assert_eq!(client("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
    }

    #[test]
    fn a_trusted_proxy_is_believed_up_to_the_first_stranger() {
        assert_eq!(client("10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["203.0.113.9, 198.51.100.7, 10.0.0.2"]), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["203.0.113.9", "198.51.100.7"]), "198.51.100.7");
    }

    #[test]
    fn who_has_a_network_of_ipv6_has_one_address() {
        for address in ["2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"] {
            assert_eq!(client(address, &[]), "2001:db8:1:2::");
            assert_eq!(client("10.0.0.1", &[address]), "2001:db8:1:2::");
        }
        assert_eq!(client("2001:db8:1:3::1", &[]), "2001:db8:1:3::");
    }

    #[test]
    fn a_trusted_proxy_of_ipv6_is_known_by_its_whole_address() {
        let proxies = TrustedProxies::new(vec!["2001:db8::1/128".parse().expect("a network")]);
        let headers = HeaderMap::from_iter([(
            axum::http::HeaderName::from_static("x-forwarded-for"),
            "198.51.100.7".parse().expect("a header value"),
        )]);
        let client = |peer: &str| {
            proxies.client(SocketAddr::new(peer.parse().expect("an address"), 1), &headers).0.to_string()
        };
        assert_eq!(client("2001:db8::1"), "198.51.100.7");
        assert_eq!(client("2001:db8::2"), "2001:db8::");
    }

    #[test]
    fn nonsense_in_the_header_ends_at_the_last_known_hop() {
        assert_eq!(client("10.0.0.1", &["198.51.100.7, nonsense"]), "10.0.0.1");
        assert_eq!(client("::ffff:10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
    }
}
