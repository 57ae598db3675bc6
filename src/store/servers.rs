//! The servers one by one, for who watches over them.

use super::{Health, Memory, Store};

/// A Redis server that takes writes.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its address, as the log names it.
    pub address: String,
    /// Its state as it was last seen.
    pub health: Health,
    /// Whether what is published on it arrives here: events, and what other replicas say of keys.
    pub heard: bool,
    /// What it uses, while it can be used.
    pub memory: Option<Memory>,
}

impl Store {
    /// The servers as they are now; none where sentinels or a cluster haven't named any yet.
    pub fn servers(&self) -> Vec<Server> {
        let routes = self.connections.routes();
        let server = |node: &std::sync::Arc<super::connection::Node>| {
            let health = self.connections.health_of(&node.address);
            Server {
                memory: self.connections.memory_of(&node.address).filter(|_| health.is_ready()),
                address: node.address.clone(),
                heard: node.trust.holds(),
                health,
            }
        };
        routes.nodes.iter().map(server).collect()
    }
}
