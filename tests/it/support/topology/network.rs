//! Loopback addresses that nobody else uses.

use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};

/// Where nodes serve.
pub const PORT: u16 = 7000;
/// Where the nodes of a cluster talk to each other.
pub const BUS_PORT: u16 = 17000;
/// What the switch adds to the last number of a node's address.
const SWITCHED: u8 = 100;

/// 255 loopback addresses, each with all its ports.
#[derive(Clone, Copy, Debug)]
pub struct Network(u8, u8);

impl Network {
    /// One that no other topology has taken.
    pub fn free() -> Self {
        loop {
            // 127.0 is where everything else is.
            let network = Self(rand::random_range(1..255), rand::random());
            // Never given back: the kernel lets it go with the tests.
            if let Ok(held) = TcpListener::bind((network.at(0), PORT)) {
                std::mem::forget(held);
                return network;
            }
        }
    }

    /// A node's own address, which it also connects from.
    pub fn node(self, number: u8) -> Ipv4Addr {
        self.at(number)
    }

    /// The address where a node is found.
    pub fn announced(self, number: u8, switched: bool) -> Ipv4Addr {
        self.at(if switched { SWITCHED + number } else { number })
    }

    /// Which node has this address; `None` for everybody else.
    pub fn number(self, address: Ipv4Addr) -> Option<u8> {
        let [_, second, third, last] = address.octets();
        ((second, third) == (self.0, self.1) && (1..SWITCHED).contains(&last)).then_some(last)
    }

    fn at(self, last: u8) -> Ipv4Addr {
        Ipv4Addr::new(127, self.0, self.1, last)
    }
}

/// An address with the port of Redis.
pub fn serving(address: Ipv4Addr) -> SocketAddrV4 {
    SocketAddrV4::new(address, PORT)
}
