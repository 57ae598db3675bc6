//! One subscription connection: channels in, messages out.

use futures_util::StreamExt;
use redis::aio::{PubSubSink, PubSubStream};

use super::{Store, error::StoreError};

/// The half that subscribes.
pub struct Subscriber(PubSubSink);

/// The half that receives. It ends when the connection does.
pub struct Messages(PubSubStream);

impl Store {
    /// Opens a subscription connection.
    pub async fn subscriptions(&self) -> Result<(Subscriber, Messages), StoreError> {
        let (sink, stream) = self.connections.subscriptions().await?.split();
        Ok((Subscriber(sink), Messages(stream)))
    }
}

impl Subscriber {
    /// Subscribes; from the moment in which this returns, nothing that is published there is missed.
    pub async fn subscribe(&mut self, channels: &[String]) -> Result<(), StoreError> {
        Ok(self.0.subscribe(channels).await?)
    }

    /// Ends subscriptions.
    pub async fn unsubscribe(&mut self, channels: &[String]) -> Result<(), StoreError> {
        Ok(self.0.unsubscribe(channels).await?)
    }
}

impl Messages {
    /// The next message: its channel and what was published. `None` when the connection is lost.
    pub async fn next(&mut self) -> Option<(String, Vec<u8>)> {
        let message = self.0.next().await?;
        Some((message.get_channel_name().to_owned(), message.get_payload_bytes().to_vec()))
    }
}
