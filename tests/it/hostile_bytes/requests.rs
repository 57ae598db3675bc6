//! Requests, and what can be broken about them.

use rand::{RngExt, rngs::StdRng, seq::IndexedRandom};
use uuid::Uuid;

use crate::support::world::Board;

/// What requests are about.
pub struct Targets {
    pub board: Board,
    /// A leaderboard that may be lost.
    pub victim: Board,
    pub players: Vec<Uuid>,
}

/// A request before it is bytes.
#[derive(Clone)]
pub struct Request {
    method: String,
    target: String,
    pub headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    chunked: bool,
}

impl Request {
    /// A valid one.
    pub fn valid(targets: &Targets, rng: &mut StdRng) -> Self {
        let (board, victim) = (&targets.board, &targets.victim);
        let player = targets.players.choose(rng).expect("players");
        let score = rng.random_range(-1e6..1e6_f64);
        let own = format!("/leaderboards/{}", victim.id);
        let submission = format!(
            "{{\"name\":\"P\u{e9}ter \\u0930_1\",\"score\":{score},\"player_id\":\"{player}\",\"metadata\":{{\"level\":12,\"won\":true,\"mode\":\"\u{1f600}\"}}}}"
        );
        let (method, target, key, body) = match rng.random_range(0..17) {
            0 => ("GET", "/leaderboard".to_owned(), &board.secret, None),
            1 => (
                "GET",
                "/leaderboard/entries?limit=7&offset=1&order=asc".to_owned(),
                &board.publishable,
                None,
            ),
            2 => ("GET", format!("/leaderboard/entries?player_id={player}"), &board.secret, None),
            3 => ("GET", format!("/leaderboard/entries/{player}"), &board.secret, None),
            4 => ("DELETE", format!("/leaderboard/entries/{player}"), &board.secret, None),
            5 => ("GET", "/usage".to_owned(), &board.account.management, None),
            6 => ("GET", "/leaderboards?limit=50".to_owned(), &board.account.management, None),
            7 => {
                let body = "{\"name\":\"Weekly\",\"sort_order\":\"asc\",\"policy\":\"sum\"}";
                ("POST", "/leaderboards".to_owned(), &board.account.management, Some(body.to_owned()))
            }
            8 => {
                let body = "{\"name\":\"Daily\",\"score_format\":\"time\"}".to_owned();
                ("PATCH", own, &board.account.management, Some(body))
            }
            9 => ("POST", format!("{own}/reset"), &board.account.management, None),
            10 => {
                let body = "{\"kind\":\"publishable\",\"label\":\"Website\"}".to_owned();
                ("POST", format!("{own}/keys"), &board.account.management, Some(body))
            }
            11 => ("GET", format!("{own}/keys"), &board.account.management, None),
            12 => ("OPTIONS", "/leaderboard/entries".to_owned(), &board.secret, None),
            _ => ("POST", "/leaderboard/entries".to_owned(), &board.secret, Some(submission)),
        };
        let mut headers = vec![
            ("Host".to_owned(), "localhost".to_owned()),
            ("Authorization".to_owned(), format!("Bearer {key}")),
            ("User-Agent".to_owned(), "game/1.0".to_owned()),
        ];
        match method {
            "POST" | "PATCH" => headers.push(("Content-Type".to_owned(), "application/json".to_owned())),
            "GET" => headers.push(("If-None-Match".to_owned(), "W/\"0123456789abcdef\", \"x\"".to_owned())),
            _ => {}
        }
        if rng.random_ratio(1, 4) {
            headers.push(("Idempotency-Key".to_owned(), format!("once-{}", rng.random_range(0..1000))));
        }
        let target = format!("/api/v1{target}");
        let body = body.map(String::into_bytes);
        Self { method: method.to_owned(), target, headers, body, chunked: rng.random_bool(0.3) }
    }

    /// Breaks something that has a meaning.
    pub fn distort(&mut self, targets: &Targets, rng: &mut StdRng) {
        let Self { method, target, headers, body, chunked } = self;
        let at = rng.random_range(0..headers.len());
        match rng.random_range(0..16) {
            0 => {
                let methods = ["HEAD", "PUT", "TRACE", "CONNECT", "PRI", "get", "POST", "DELETE", "A\tB", ""];
                *method = (*methods.choose(rng).expect("methods")).to_owned();
            }
            1 => *target = Self::valid(targets, rng).target,
            2 => {
                let targets = [
                    "*",
                    "//",
                    "/",
                    "",
                    "http://localhost/api/v1/usage",
                    "/api/v1/../healthz",
                    "/api/v1/openapi.json",
                    "/api/v1/%",
                    "/api/v1/leaderboard/entries/%ff%00",
                    "/api/v1/leaderboard/entries/",
                    "/healthz",
                    "/readyz",
                    "/api/v1/leaderboards/%2e%2e/keys",
                    "/api/v1/usage?\u{e9}=\u{1f600}",
                    "?",
                    "localhost:80",
                ];
                *target = (*targets.choose(rng).expect("targets")).to_owned();
            }
            3 => {
                let queries = [
                    "limit=0",
                    "limit=51",
                    "limit=99999999999999999999",
                    "offset=-1",
                    "offset=9007199254740991",
                    "order=up",
                    "player_id=%00",
                    "key=",
                    "limit=%",
                    "limit=5&limit=x",
                    "&&=&",
                    "offset=%F0%9F%98%80",
                ];
                target.push(if target.contains('?') { '&' } else { '?' });
                target.push_str(queries.choose(rng).expect("queries"));
            }
            4 => {
                "/api/v1/realtime?limit=3".clone_into(target);
                headers.push(("Last-Event-ID".to_owned(), "99999999999999999999-1".to_owned()));
            }
            5 => drop(headers.remove(at)),
            6 => headers.push(headers[at].clone()),
            7 => headers[at].1 = "x".repeat(rng.random_range(0..20_000)),
            8 => {
                let values = [
                    "",
                    " ",
                    "\u{0}",
                    "\u{e9}",
                    "Bearer",
                    "Bearer  ",
                    "Basic eDp5",
                    "a\rb",
                    "a\n b",
                    "*",
                    ",",
                ];
                headers[at].1 = (*values.choose(rng).expect("values")).to_owned();
            }
            9 => {
                let more = [
                    ("Content-Length", "5"),
                    ("Content-Length", "-1"),
                    ("Content-Length", "99999999999999999999"),
                    ("Content-Length", "16385"),
                    ("Transfer-Encoding", "chunked"),
                    ("Transfer-Encoding", "gzip, chunked"),
                    ("Transfer-Encoding", "identity"),
                    ("Expect", "100-continue"),
                    ("Connection", "Upgrade, HTTP2-Settings"),
                    ("Upgrade", "h2c"),
                    ("Content-Type", "text/plain"),
                    ("Content-Type", "application/json; charset=\u{0}"),
                    ("Content-Encoding", "gzip"),
                    ("Range", "bytes=0-1"),
                    ("Host", "a b"),
                    ("X-Forwarded-For", "::1, x"),
                    ("Origin", "null"),
                    ("Access-Control-Request-Method", "\u{fffd}"),
                    ("X-Request-Id", "\u{7f}"),
                ];
                let (name, value) = more.choose(rng).expect("headers");
                headers.insert(at, ((*name).to_owned(), (*value).to_owned()));
            }
            10 => {
                let more = (0..rng.random_range(50..150)).map(|n| (format!("X-{n}"), n.to_string()));
                headers.extend(more.collect::<Vec<_>>());
            }
            11 => *chunked = !*chunked,
            12 => *body = Some(vec![b'['; rng.random_range(0..20_000)]),
            _ => {
                let Some(body) = body else { return };
                let values = [
                    "null",
                    "true",
                    "[]",
                    "{}",
                    "\"\"",
                    "1e999",
                    "-0",
                    "1e-400",
                    "9007199254740993",
                    "\"\\ud800\"",
                    "\"\u{0}\"",
                    "\"\\u0000\\u0000\\u0000\"",
                    "{\"a\":{\"b\":[]}}",
                    "\"\u{202e}abc\"",
                    "01",
                    "NaN",
                    "\"e\u{301}e\u{301}e\u{301}\"",
                    "{\"a\":1,\"a\":1e308}",
                    "\"67E5504410B1426F9247BB680E5FE0C8\"",
                ];
                let text = String::from_utf8_lossy(body).into_owned();
                let starts: Vec<usize> = text.match_indices(':').map(|(place, _)| place + 1).collect();
                let Some(&start) = starts.choose(rng) else { return };
                let end = text[start..].find([',', '}']).map_or(text.len(), |length| start + length);
                *body =
                    [&text[..start], values.choose(rng).expect("values"), &text[end..]].concat().into_bytes();
            }
        }
    }

    pub fn bytes(&self, rng: &mut StdRng) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend(format!("{name}: {value}\r\n").bytes());
        }
        let Some(body) = &self.body else { return [&bytes[..], b"\r\n"].concat() };
        if !self.chunked {
            bytes.extend(format!("Content-Length: {}\r\n\r\n", body.len()).bytes());
            return [&bytes[..], body].concat();
        }
        bytes.extend(b"Transfer-Encoding: chunked\r\n\r\n");
        let mut rest = &body[..];
        while !rest.is_empty() {
            let (chunk, after) = rest.split_at(rng.random_range(1..=rest.len()));
            let extension = if rng.random_ratio(1, 4) { ";name=\"value\"" } else { "" };
            bytes.extend(format!("{:x}{extension}\r\n", chunk.len()).bytes());
            bytes.extend(chunk);
            bytes.extend(b"\r\n");
            rest = after;
        }
        bytes.extend(b"0\r\n");
        if rng.random_ratio(1, 4) {
            bytes.extend(b"Trailer: value\r\n");
        }
        bytes.extend(b"\r\n");
        bytes
    }
}

/// Breaks bytes without regard to what they mean.
pub fn edit(bytes: &mut Vec<u8>, rng: &mut StdRng) {
    let at = rng.random_range(0..=bytes.len());
    let end = (at + rng.random_range(1..20)).min(bytes.len());
    match rng.random_range(0..8) {
        0 => bytes.insert(at, rng.random()),
        1 => drop(bytes.drain(at..end)),
        2 => bytes.splice(at..at, bytes[at..end].to_vec()).for_each(drop),
        3 => bytes.truncate(at),
        4 | 5 if at < bytes.len() => bytes[at] = rng.random(),
        6 if at < bytes.len() => bytes[at] ^= 1 << rng.random_range(0..8),
        _ => {
            let words: [&[u8]; 18] = [
                b"\r\n",
                b"\n",
                b"\r",
                b"\0",
                b"\r\n\r\n",
                b" ",
                b"\t",
                b":",
                b"%",
                b"%00",
                b"\xff\xfe",
                b"\xc3\xa9",
                b"0\r\n\r\n",
                b"fffffffffffffff0\r\n",
                b"HTTP/1.0\r\n",
                b"HTTP/2.0\r\n",
                b"GET / HTTP/1.1\r\n",
                b"\"",
            ];
            bytes.splice(at..at, words.choose(rng).expect("words").iter().copied()).for_each(drop);
        }
    }
}
