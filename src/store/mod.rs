//! Everything that is kept, and the only importer of `redis`. One file per subject; each write is one script in
//! `scripts/`, each read a pipeline.

pub mod accounts;
pub mod api_keys;
mod appearance;
mod attempts;
mod connection;
pub mod control;
pub mod credentials;
pub mod days;
pub mod embedded;
pub mod entries;
mod error;
pub mod export;
pub mod history;
pub mod key_uses;
mod keys;
pub mod leaderboards;
pub mod links;
pub mod moderation;
mod packed;
mod quota;
mod reads;
mod redis_server;
mod reply;
pub mod restore;
mod script;
mod servers;
pub mod sessions;
mod streams;
mod subscription;
pub mod transit;
pub mod walk;

use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use connection::{Confirmation, ConnectionOptions, Health, Memory, PrivateKey, RoundTrips, Tls};
pub use error::StoreError;
pub use keys::{AccountKeys, BoardKeys, Keys};
pub use packed::{LAST_SEQ, unpack_event};
pub use quota::{Take, Taken, Used};
pub use reads::{PageRead, Read, RowRead};
pub use servers::Server;
pub use subscription::{Heard, Messages, Shard, Subscriber};

use crate::clock::Clock;

/// Redis, as Rankora uses it.
pub struct Store {
    connections: connection::Connections,
    keys: Keys,
    clock: Clock,
}

impl Store {
    /// Begins to connect in the background; commands fail with [`StoreError::Disconnected`] until that is done.
    ///
    /// # Errors
    /// Where the URL can't be understood.
    pub fn open(
        options: &ConnectionOptions,
        keys: Keys,
        clock: Clock,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<Self, StoreError> {
        let connections = connection::Connections::open(options, tasks, stop)?;
        Ok(Self { connections, keys, clock })
    }

    /// What is known of Redis' state, renewed each second.
    pub fn health(&self) -> watch::Receiver<Health> {
        self.connections.health()
    }

    /// The names of keys and channels.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }
}
