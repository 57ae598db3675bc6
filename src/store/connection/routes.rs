//! Which server has which key.

use std::sync::Arc;

use crc16::{State, XMODEM};
use redis::{Arg, Cmd};

use super::node::Node;
use crate::store::error::StoreError;

/// Into how many slots a cluster divides all keys.
pub(in crate::store) const SLOTS: usize = 16384;
/// In the table of slots: nobody has it.
pub(in crate::store) const NOBODY: u16 = u16::MAX;

/// One of the [`SLOTS`] parts of all keys; all keys with the same hash tag are in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(pub(super) u16);

impl Slot {
    /// The slot of a key or a channel.
    pub(in crate::store) fn of(key: &[u8]) -> Self {
        let tag = key.iter().position(|&byte| byte == b'{').and_then(|open| {
            let inside = &key[open + 1..];
            let close = inside.iter().position(|&byte| byte == b'}')?;
            (close > 0).then(|| &inside[..close])
        });
        Self(State::<XMODEM>::calculate(tag.unwrap_or(key)) % SLOTS as u16)
    }
}

/// The servers that take writes, and what each of them has.
#[derive(Default)]
pub struct Routes {
    /// The primaries.
    pub(in crate::store) nodes: Vec<Arc<Node>>,
    /// In a cluster, for each slot an index into `nodes`, or [`NOBODY`]; else empty.
    pub(in crate::store) slots: Box<[u16]>,
}

impl Routes {
    /// One server that has everything.
    pub(in crate::store) fn single(node: Arc<Node>) -> Self {
        Self { nodes: vec![node], slots: Box::default() }
    }

    /// The server that has this key.
    ///
    /// # Errors
    /// [`StoreError::Disconnected`] where no server is known to have it.
    pub(in crate::store) fn node(&self, key: &[u8]) -> Result<&Arc<Node>, StoreError> {
        let index = match self.slots.is_empty() {
            true => 0,
            false => usize::from(self.slots[usize::from(Slot::of(key).0)]),
        };
        self.nodes.get(index).ok_or(StoreError::Disconnected)
    }

    /// The server at an address, as a redirection names it.
    pub(in crate::store) fn at(&self, address: &str) -> Option<&Arc<Node>> {
        self.nodes.iter().find(|node| node.address == address)
    }

    /// A text that as a hash tag leads to this server; `None` where it has no slot.
    pub(in crate::store) fn tag_of(&self, node: &Arc<Node>) -> Option<String> {
        const ENOUGH: u32 = 1_000_000;
        let leads_there =
            |tag: &String| self.node(tag.as_bytes()).is_ok_and(|found| Arc::ptr_eq(found, node));
        (0..ENOUGH).map(|n| n.to_string()).find(leads_there)
    }
}

/// The key by which a command finds its server.
pub(in crate::store) fn key(command: &Cmd) -> &[u8] {
    let argument = |index| match command.args_iter().nth(index) {
        Some(Arg::Simple(bytes)) => bytes,
        _ => &[][..],
    };
    match argument(0) {
        b"EVALSHA" | b"EVAL" => argument(3),
        _ => argument(1),
    }
}

#[cfg(test)]
mod tests {
    use redis::cmd;

    use super::*;

    #[test]
    fn slots_are_those_that_redis_computes() {
        // As CLUSTER KEYSLOT answers.
        assert_eq!(Slot::of(b"foo"), Slot(12182));
        assert_eq!(Slot::of(b"rankora:{foo}:account"), Slot(12182));
        assert_eq!(Slot::of(b"{}foo"), Slot(9500));
        assert_eq!(Slot::of(b"123456789"), Slot(12739));
    }

    #[test]
    fn a_command_is_found_by_its_first_key() {
        assert_eq!(key(cmd("HMGET").arg("board").arg("order")), b"board");
        assert_eq!(key(cmd("EVALSHA").arg("hash").arg(2).arg("board").arg("ranking")), b"board");
    }
}
