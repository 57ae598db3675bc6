//! Subscriptions: one connection to each server that takes writes. Events go over sharded channels, which stay
//! with the server that has the leaderboard; what replicas tell each other goes over a plain one.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use redis::{FromRedisValue, PushInfo, PushKind, Value, aio::MultiplexedConnection, pipe};
use tokio::sync::{mpsc, watch};

use super::{Store, connection::Node, error::StoreError};
use crate::domain::ids::AccountId;

/// Messages that wait to be heard; who has more behind reconnects and starts afresh.
const QUEUE: usize = 65_536;

/// A server that takes writes, and has some of the accounts.
#[derive(Clone)]
pub struct Shard(Arc<Node>);

/// The half that subscribes.
pub struct Subscriber(MultiplexedConnection);

/// The half that receives. It ends when the connection does, or when it fell too far behind.
pub struct Messages {
    pushes: mpsc::Receiver<PushInfo>,
    overrun: Arc<AtomicBool>,
}

/// What comes over a subscription connection, in the order in which it happened.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// From now on, nothing that is published on this channel is missed.
    Subscribed(String),
    /// Nothing comes from this channel any more: as it was asked for, or because it belongs to another server now.
    Unsubscribed(String),
    /// Something was published.
    Message {
        /// On which channel.
        channel: String,
        /// What it was.
        payload: Vec<u8>,
    },
}

impl Store {
    /// The servers that take writes, as far as they are known.
    pub fn shards(&self) -> Vec<Shard> {
        self.connections.routes().nodes.iter().cloned().map(Shard).collect()
    }

    /// Tells when [`Self::shards`] changes, or which of them has what.
    pub fn shard_changes(&self) -> watch::Receiver<u64> {
        self.connections.changes()
    }

    /// Looks soon for what may have changed.
    pub fn look_again(&self) {
        self.connections.doubt();
    }

    /// The server that has an account.
    pub fn shard_of(&self, account: AccountId) -> Option<Shard> {
        self.connections.node(self.keys.account(account).record.as_bytes()).ok().map(Shard)
    }

    /// True while what other replicas say of this account would arrive here.
    pub fn is_heard(&self, account: AccountId) -> bool {
        let routes = self.connections.routes();
        // What a key has in braces alone decides where it is.
        routes.node(account.to_string().as_bytes()).is_ok_and(|node| node.trust.holds())
    }

    /// True while what they say of any account would.
    pub fn all_is_heard(&self) -> bool {
        let routes = self.connections.routes();
        !routes.nodes.is_empty() && routes.nodes.iter().all(|node| node.trust.holds())
    }

    /// A channel that belongs to this server and to one replica alone; `None` where the server has no slots.
    pub fn pulse_channel(&self, shard: &Shard, replica: &str) -> Option<String> {
        let routes = self.connections.routes();
        Some(self.keys.pulse_channel(&routes.tag_of(&shard.0)?, replica))
    }
}

impl Shard {
    /// Its address.
    pub fn address(&self) -> &str {
        &self.0.address
    }

    /// True where both are the same connections to the same server.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// What is published there arrives here.
    pub fn prove(&self) {
        self.0.trust.prove();
    }

    /// Something that was published there may have been missed.
    pub fn doubt(&self) {
        self.0.trust.doubt();
    }

    /// Opens a subscription connection.
    pub async fn listen(&self) -> Result<(Subscriber, Messages), StoreError> {
        let (sender, pushes) = mpsc::channel(QUEUE);
        let overrun = Arc::new(AtomicBool::new(false));
        let overrun_too = overrun.clone();
        let hear = move |push| sender.try_send(push).map_err(|_| overrun_too.store(true, Ordering::Release));
        let connection = self.0.listen(hear).await?;
        Ok((Subscriber(connection), Messages { pushes, overrun }))
    }

    /// Publishes an empty message on a sharded channel of this server.
    pub async fn pulse(&self, channel: &str) -> Result<(), StoreError> {
        let mut command = redis::cmd("SPUBLISH");
        command.arg(channel).arg("");
        self.0.command(&command).await?;
        Ok(())
    }
}

impl Subscriber {
    /// Subscribes to a plain channel. [`Heard::Subscribed`] says when that is done.
    pub async fn subscribe_plain(&mut self, channel: &str) -> Result<(), StoreError> {
        self.tell("SUBSCRIBE", std::slice::from_ref(&channel.to_owned())).await
    }

    /// Subscribes to sharded channels. [`Heard::Subscribed`] says of each when that is done.
    pub async fn subscribe(&mut self, channels: &[String]) -> Result<(), StoreError> {
        self.tell("SSUBSCRIBE", channels).await
    }

    /// Ends subscriptions. [`Heard::Unsubscribed`] says of each when that is done.
    pub async fn unsubscribe(&mut self, channels: &[String]) -> Result<(), StoreError> {
        self.tell("SUNSUBSCRIBE", channels).await
    }

    /// One command for each channel, since those of one command would have to be in one slot. Which answer belongs to
    /// which command is left open: a server that loses a slot ends subscriptions unasked.
    async fn tell(&mut self, name: &str, channels: &[String]) -> Result<(), StoreError> {
        if channels.is_empty() {
            return Ok(());
        }
        let mut pipeline = pipe();
        for channel in channels {
            pipeline.cmd(name).arg(channel);
        }
        for answer in self.0.send_packed_commands(&pipeline, 0, channels.len()).await? {
            answer.extract_error()?;
        }
        Ok(())
    }
}

impl Messages {
    /// The next thing that is heard. `None` when the connection is lost, or something was.
    pub async fn next(&mut self) -> Option<Heard> {
        loop {
            if self.overrun.load(Ordering::Acquire) {
                return None;
            }
            let PushInfo { kind, data } = self.pushes.recv().await?;
            let mut data = data.into_iter();
            let channel = data.next().and_then(|value| String::from_redis_value(value).ok());
            match (kind, channel, data.next()) {
                (PushKind::Disconnection, ..) => return None,
                (PushKind::Subscribe | PushKind::SSubscribe, Some(channel), _) => {
                    return Some(Heard::Subscribed(channel));
                }
                (PushKind::Unsubscribe | PushKind::SUnsubscribe, Some(channel), _) => {
                    return Some(Heard::Unsubscribed(channel));
                }
                (PushKind::Message | PushKind::SMessage, Some(channel), Some(Value::BulkString(payload))) => {
                    return Some(Heard::Message { channel, payload });
                }
                _ => {}
            }
        }
    }
}
