//! Requests byte by byte, for what an HTTP client is too polite to send.

use std::{str::FromStr, time::Duration};

use reqwest::{
    StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{PATIENCE, api::Reply};

/// A connection to a replica.
pub struct Raw {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Raw {
    /// Connects; `origin` is `http://…` without a path.
    pub async fn connect(origin: &str) -> Self {
        let address = origin.strip_prefix("http://").expect("an origin");
        Self { stream: TcpStream::connect(address).await.expect("a connection"), unread: Vec::new() }
    }

    /// Sends bytes as they stand; whether the server took all of them.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        let sending = self.stream.write_all(bytes.as_ref());
        timeout(PATIENCE, sending).await.expect("a server that reads").is_ok()
    }

    /// The next answer; `None` where the connection ends before one.
    pub async fn answer(&mut self) -> Option<Reply> {
        let head = loop {
            if let Some(end) = find(&self.unread, b"\r\n\r\n") {
                let rest = self.unread.split_off(end + 4);
                break std::mem::replace(&mut self.unread, rest);
            }
            if !self.read().await {
                return None;
            }
        };
        let (status, headers) = parse(&head);
        let length = headers.get("content-length").map(|length| length.to_str().expect("text"));
        match length.map(|length| length.parse::<usize>().expect("a length")) {
            Some(length) => while self.unread.len() < length && self.read().await {},
            None => while self.read().await {},
        }
        let end = length.map_or(self.unread.len(), |length| length.parse().expect("a length"));
        let rest = self.unread.split_off(end.min(self.unread.len()));
        let body = std::mem::replace(&mut self.unread, rest);
        Some(Reply { status, headers, text: String::from_utf8(body).expect("UTF-8") })
    }

    /// True where the server closes the connection within `wait`, sending nothing more.
    pub async fn closes(&mut self, wait: Duration) -> bool {
        let mut byte = [0];
        matches!(timeout(wait, self.stream.read(&mut byte)).await, Ok(Ok(0) | Err(_)))
    }

    async fn read(&mut self) -> bool {
        let mut buffer = [0; 16 * 1024];
        let reading = self.stream.read(&mut buffer);
        let read = timeout(PATIENCE, reading).await.expect("an answer").unwrap_or(0);
        self.unread.extend_from_slice(&buffer[..read]);
        read > 0
    }
}

/// One request on a connection of its own, with its answer. The head gets `Host` and `Connection: close`; whatever
/// the body needs must be in `headers`.
pub async fn exchange(origin: &str, line: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Option<Reply> {
    exchange_bytes(origin, line.as_bytes(), headers, body).await
}

/// As [`exchange`], with a request line that needs not be text.
pub async fn exchange_bytes(
    origin: &str,
    line: &[u8],
    headers: &[&str],
    body: impl AsRef<[u8]>,
) -> Option<Reply> {
    let mut raw = Raw::connect(origin).await;
    let mut request = line.to_vec();
    request.extend_from_slice(b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    for header in headers {
        request.extend_from_slice(header.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    request.extend_from_slice(body.as_ref());
    raw.send(&request).await;
    raw.answer().await
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn parse(head: &[u8]) -> (StatusCode, HeaderMap) {
    let head = std::str::from_utf8(head).expect("a head in ASCII");
    let mut lines = head.split("\r\n").filter(|line| !line.is_empty());
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status line");
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(':').expect("a header");
        let value = HeaderValue::from_str(value.trim()).expect("a value");
        (HeaderName::from_str(name).expect("a name"), value)
    });
    (StatusCode::from_bytes(status.as_bytes()).expect("a status"), headers.collect())
}
