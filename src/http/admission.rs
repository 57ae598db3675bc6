//! Who may hold a connection: so many in all, and so many for each client address.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};

use super::client_address::TrustedProxies;

/// How many connections may be open.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// In all.
    pub in_all: usize,
    /// From one client address, a trusted proxy's excepted; `None` for any number.
    pub per_address: Option<usize>,
}

/// Counts connections.
pub(super) struct Admission {
    room: Room,
    proxies: TrustedProxies,
    /// Whose connections the gauge shows.
    listener: &'static str,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    in_all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A connection that is counted until this is dropped.
pub(super) struct Admitted {
    admission: Arc<Admission>,
    address: Option<IpAddr>,
}

/// Why a connection is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// There is no room in all.
    InAll,
    /// The address has as many as it may have.
    Address,
}

/// What a client's address is counted as: of IPv6, a customer has at least the last 64 bits to choose from.
pub(super) fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

impl Admission {
    pub(super) fn new(room: Room, proxies: TrustedProxies, listener: &'static str) -> Arc<Self> {
        metrics::gauge!("rankora_open_connections", "listener" => listener).set(0.0);
        Arc::new(Self { room, proxies, listener, open: Mutex::default() })
    }

    /// Counts a connection, if there is room for it.
    pub(super) fn admit(self: &Arc<Self>, peer: SocketAddr) -> Result<Admitted, Full> {
        let is_proxy = self.proxies.trusts(peer.ip().to_canonical());
        let per_address = self.room.per_address.filter(|_| !is_proxy);
        let address = per_address.map(|_| counted(peer.ip()));
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.in_all >= self.room.in_all {
            return Err(Full::InAll);
        }
        if let (Some(most), Some(address)) = (per_address, address) {
            let held = open.by_address.entry(address).or_default();
            if *held >= most {
                return Err(Full::Address);
            }
            *held += 1;
        }
        open.in_all += 1;
        self.show(&open);
        Ok(Admitted { admission: self.clone(), address })
    }

    fn show(&self, open: &Open) {
        let gauge = metrics::gauge!("rankora_open_connections", "listener" => self.listener);
        gauge.set(f64::from(u32::try_from(open.in_all).unwrap_or(u32::MAX)));
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut open = self.admission.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.in_all -= 1;
        if let Some(address) = self.address
            && let Some(held) = open.by_address.get_mut(&address)
        {
            *held -= 1;
            if *held == 0 {
                open.by_address.remove(&address);
            }
        }
        self.admission.show(&open);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(in_all: usize, per_address: Option<usize>) -> Arc<Admission> {
        let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().expect("a network")]);
        Admission::new(Room { in_all, per_address }, proxies, "test")
    }

    fn peer(address: &str) -> SocketAddr {
        SocketAddr::new(address.parse().expect("an address"), 1)
    }

    fn full(admission: &Arc<Admission>, address: &str) -> Option<Full> {
        admission.admit(peer(address)).err()
    }

    #[test]
    fn an_address_has_its_share_and_what_it_closes_is_free_again() {
        let admission = admission(10, Some(2));
        let first = admission.admit(peer("192.0.2.1")).expect("room");
        let _second = admission.admit(peer("::ffff:192.0.2.1")).expect("room");
        assert_eq!(full(&admission, "192.0.2.1"), Some(Full::Address));
        assert_eq!(full(&admission, "192.0.2.2"), None);
        drop(first);
        assert_eq!(full(&admission, "192.0.2.1"), None);
        drop(_second);
        assert!(
            admission.open.lock().expect("counts").by_address.is_empty(),
            "nothing is kept of who is gone"
        );
    }

    #[test]
    fn ipv6_addresses_of_one_customer_are_one() {
        let admission = admission(10, Some(1));
        let _first = admission.admit(peer("2001:db8:1:2::1")).expect("room");
        assert_eq!(full(&admission, "2001:db8:1:2:ffff::9"), Some(Full::Address));
        assert_eq!(full(&admission, "2001:db8:1:3::1"), None);
    }

    #[test]
    fn a_trusted_proxy_is_bound_by_the_limit_of_all_alone() {
        let admission = admission(3, Some(1));
        let held: Vec<_> = (0..3).map(|_| admission.admit(peer("10.0.0.1")).expect("room")).collect();
        assert_eq!(full(&admission, "10.0.0.1"), Some(Full::InAll));
        assert_eq!(full(&admission, "192.0.2.1"), Some(Full::InAll));
        drop(held);
        assert_eq!(full(&admission, "192.0.2.1"), None);
    }
}
