//! All that came over a connection, read more strictly than any client would.

use reqwest::{
    StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde_json::Value;

use super::api::Reply;

/// The answers that came.
#[derive(Debug, Default)]
pub struct Received {
    /// Those that are whole.
    pub whole: Vec<Reply>,
    /// One more, of which there is the head at least.
    pub begun: Option<Reply>,
    /// Bytes after them that are not even a head.
    pub rest: usize,
}

impl Received {
    /// Takes the bytes apart. Where `to_head`, an answer may announce a body that it lacks, as those to HEAD do.
    pub fn read(mut bytes: &[u8], to_head: bool) -> Self {
        let mut received = Self::default();
        while let Some((status, headers, rest)) = head(bytes) {
            let bodyless = status.is_informational() || matches!(status.as_u16(), 204 | 304);
            let next_begins = rest.is_empty() || rest.starts_with(b"HTTP/1.");
            let (body, rest) = match bodyless || to_head && next_begins {
                true => (Vec::new(), Some(rest)),
                false => body(&headers, rest),
            };
            let reply = |body| Reply { status, headers, text: body };
            let Some(rest) = rest else {
                // It may have been cut within a character.
                received.begun = Some(reply(String::from_utf8_lossy(&body).into_owned()));
                return received;
            };
            received.whole.push(reply(String::from_utf8(body).expect("a body in UTF-8")));
            bytes = rest;
        }
        received.rest = bytes.len();
        received
    }

    /// The answers, the last one perhaps cut.
    pub fn answers(&self) -> impl Iterator<Item = &Reply> {
        self.whole.iter().chain(&self.begun)
    }
}

fn head(bytes: &[u8]) -> Option<(StatusCode, HeaderMap, &[u8])> {
    let end = find(bytes, b"\r\n\r\n")?;
    let text = std::str::from_utf8(&bytes[..end]).expect("a head in UTF-8");
    let mut lines = text.split("\r\n");
    let status_line = lines.next().unwrap_or_default();
    let (version, status) = status_line.split_once(' ').expect("a status line");
    assert!(matches!(version, "HTTP/1.1" | "HTTP/1.0"), "{status_line}");
    let (status, _) = status.split_once(' ').expect("a status with its reason");
    let status = StatusCode::from_bytes(status.as_bytes()).expect("a status");
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("no header: {line:?}"));
        let value = HeaderValue::from_str(value).unwrap_or_else(|_| panic!("no header's value: {value:?}"));
        (HeaderName::from_bytes(name.as_bytes()).unwrap_or_else(|_| panic!("no name: {name:?}")), value)
    });
    let headers = headers.collect();
    Some((status, headers, &bytes[end + 4..]))
}

/// A body as far as it came, and what follows it where it is whole.
fn body<'a>(headers: &HeaderMap, rest: &'a [u8]) -> (Vec<u8>, Option<&'a [u8]>) {
    let one = |name| {
        let mut values = headers.get_all(name).iter();
        let value = values.next().map(|value| value.to_str().expect("text"));
        assert!(values.next().is_none(), "{name} twice");
        value
    };
    match (one("content-length"), one("transfer-encoding")) {
        (None, Some("chunked")) => chunks(rest),
        // It lasts as long as the connection.
        (None, None) => (rest.to_vec(), None),
        (Some(length), None) => match rest.split_at_checked(length.parse().expect("a length")) {
            Some((body, rest)) => (body.to_vec(), Some(rest)),
            None => (rest.to_vec(), None),
        },
        framing => panic!("framed as {framing:?}"),
    }
}

fn chunks(mut rest: &[u8]) -> (Vec<u8>, Option<&[u8]>) {
    let mut body = Vec::new();
    loop {
        let Some(end) = find(rest, b"\r\n") else { return (body, None) };
        let size = std::str::from_utf8(&rest[..end]).expect("a chunk's size in ASCII");
        let size = usize::from_str_radix(size, 16).unwrap_or_else(|_| panic!("a chunk of {size:?} bytes"));
        let Some((chunk, after)) = rest[end + 2..].split_at_checked(size) else { return (body, None) };
        let Some((newline, after)) = after.split_at_checked(2) else { return (body, None) };
        assert_eq!(newline, b"\r\n", "after a chunk");
        if size == 0 {
            return (body, Some(after));
        }
        body.extend_from_slice(chunk);
        rest = after;
    }
}

/// Whether `what` is among the bytes, and where.
pub fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// Checks the messages of a stream, as far as they came.
pub fn check_messages(body: &str) {
    let whole = body.rsplit_once("\n\n").map_or("", |(whole, _)| whole);
    for line in whole.split('\n').filter(|line| !line.is_empty()) {
        match line.split_once(": ") {
            Some(("data", data)) => {
                let data: Value = serde_json::from_str(data).expect("JSON");
                assert!(data["type"].is_string() && data["timestamp"].is_string(), "{line}");
            }
            Some(("id" | "retry" | "", _)) => {}
            _ => panic!("a line of no kind: {line:?}"),
        }
    }
}
