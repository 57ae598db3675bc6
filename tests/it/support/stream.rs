//! A client of a stream.

use std::{pin::Pin, time::Duration};

use eventsource_stream::{Event, Eventsource};
use futures_util::{Stream, StreamExt};
use serde_json::Value;
use tokio::time::timeout;

/// A stream's messages, one after the other.
pub struct EventStream(Pin<Box<dyn Stream<Item = Event> + Send>>);

/// One message.
#[derive(Clone, Debug)]
pub struct Message {
    /// The SSE id; empty where there is none.
    pub id: String,
    pub data: Value,
}

impl Message {
    pub fn kind(&self) -> &str {
        self.data["type"].as_str().expect("a type")
    }
}

impl EventStream {
    pub fn of(response: reqwest::Response) -> Self {
        Self::read(response.bytes_stream())
    }

    /// The messages in what is sent as a stream's body.
    pub fn read<B, E>(bytes: impl Stream<Item = Result<B, E>> + Send + 'static) -> Self
    where
        B: AsRef<[u8]> + Send + 'static,
        E: Send + 'static,
    {
        // A broken connection ends it, as the server's own end does.
        let events = bytes.eventsource().take_while(|event| std::future::ready(event.is_ok()));
        Self(Box::pin(events.map(|event| event.unwrap_or_else(|_| unreachable!("no errors are left")))))
    }

    /// The next message; `None` at the end. Fails the test where none comes.
    pub async fn next(&mut self) -> Option<Message> {
        timeout(super::PATIENCE, self.0.next()).await.expect("a message").map(message)
    }

    /// The next message, however long it takes.
    pub async fn next_ever(&mut self) -> Option<Message> {
        self.0.next().await.map(message)
    }

    /// The next message, which must be of this type.
    #[track_caller]
    pub fn expect(&mut self, kind: &str) -> impl Future<Output = Message> {
        let kind = kind.to_owned();
        async move {
            let message = self.next().await.unwrap_or_else(|| panic!("the stream ended before {kind}"));
            assert_eq!(message.kind(), kind, "{}", message.data);
            message
        }
    }

    /// The next message if one comes within `wait`.
    pub async fn next_within(&mut self, wait: Duration) -> Option<Message> {
        timeout(wait, self.0.next()).await.ok().flatten().map(message)
    }

    /// The first two messages; the second is returned.
    pub async fn begin(&mut self) -> Message {
        self.expect("connected").await;
        self.expect("initial").await
    }
}

fn message(event: Event) -> Message {
    assert_eq!(event.event, "message", "clients listen with onmessage");
    // The library gives every event the last id; what a message carries itself is what counts here.
    Message { id: event.id, data: serde_json::from_str(&event.data).expect("JSON") }
}
