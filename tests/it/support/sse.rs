//! A stream as text, for what an SSE parser hides.

use std::pin::Pin;

use futures_util::{Stream, StreamExt};
use tokio::time::timeout;

/// The blocks of a stream: each message and each comment.
pub struct Blocks {
    bytes: Pin<Box<dyn Stream<Item = Vec<u8>> + Send>>,
    unread: String,
}

impl Blocks {
    pub fn of(response: reqwest::Response) -> Self {
        let bytes = response.bytes_stream().map(|bytes| bytes.expect("a stream that ends in order").to_vec());
        Self { bytes: Box::pin(bytes), unread: String::new() }
    }

    /// The next block without the empty line after it; `None` at the end.
    pub async fn next(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.unread.split_once("\n\n") {
                let block = block.to_owned();
                self.unread = rest.to_owned();
                return Some(block);
            }
            match timeout(super::PATIENCE, self.bytes.next()).await.expect("something") {
                Some(bytes) => self.unread += std::str::from_utf8(&bytes).expect("messages are not cut"),
                None => {
                    assert_eq!(self.unread, "", "a block that has no end");
                    return None;
                }
            }
        }
    }
}
