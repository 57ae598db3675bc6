//! What no client would send: valid requests with bytes, headers and framing broken at random.
//!
//! `RANKORA_HOSTILE_CONVERSATIONS` makes it last longer.

mod requests;

use std::{net::SocketAddr, time::Duration};

use futures_util::{StreamExt, stream};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use rankora::domain::{
    leaderboard::{Policy, SortOrder},
    metadata::Metadata,
    name::PlayerName,
    score::Score,
};
use serde_json::value::RawValue;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use uuid::Uuid;

use requests::{Request, Targets, edit};

use crate::support::{
    PATIENCE,
    api::Reply,
    seed,
    wire::{Received, check_messages, find},
    world::World,
};

/// So long nothing has come when the client hangs up: whatever comes later is not looked at.
const QUIET: Duration = Duration::from_millis(30);
const AT_ONCE: usize = 24;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_sent_each_answer_is_well_formed_and_the_replica_lives() {
    let seed = seed();
    let count = std::env::var("RANKORA_HOSTILE_CONVERSATIONS");
    let count = count.map_or(2000, |count| count.parse().expect("a number"));
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let victim = replica.board_of(&board.account, SortOrder::Asc, Policy::Best).await;
    let address: SocketAddr = replica.origin()["http://".len()..].parse().expect("an address");
    let targets = std::sync::Arc::new(Targets {
        board: board.clone(),
        victim,
        players: (0..20).map(|_| Uuid::new_v4()).collect(),
    });

    let conversations = stream::iter(0..count).map(|n| {
        let targets = targets.clone();
        tokio::spawn(async move {
            let script = Script::random(&targets, &mut StdRng::seed_from_u64(seed.wrapping_add(n)), n);
            let mut received = Vec::new();
            let ended = script.perform(address, &mut received).await;
            let _shown = Shown(&script, &received);
            assert!(ended, "the connection stays open");
            script.judge(&received)
        })
    });
    let mut statuses = std::collections::BTreeMap::<u16, usize>::new();
    let mut conversations = conversations.buffer_unordered(AT_ONCE);
    while let Some(answers) = conversations.next().await {
        for status in answers.expect("a conversation without fault") {
            *statuses.entry(status).or_default() += 1;
        }
    }
    eprintln!("answers by status: {statuses:?}");
    for status in [200, 400, 401, 404, 405, 431] {
        assert!(statuses.contains_key(&status), "no answer is {status}: {statuses:?}");
    }

    let api = replica.api(&board.secret);
    let ada = Uuid::new_v4();
    api.submit(ada, "Ada", 1e15).await.ok();
    assert_eq!(api.get(&format!("/leaderboard/entries/{ada}")).await.ok()["name"], "Ada");
    api.stream("?limit=1").await.begin().await;
    let mut rank = 0;
    loop {
        let list = api.get(&format!("/leaderboard/entries?limit=50&offset={rank}")).await;
        let list: List = serde_json::from_str(&list.text).expect("a list");
        if list.entries.is_empty() {
            break;
        }
        for row in list.entries {
            rank += 1;
            assert_eq!(row.rank, rank);
            assert!(PlayerName::parse(&row.name).is_ok_and(|name| name.as_str() == row.name), "{}", row.name);
            assert!(Score::parse_json(row.score.get()).is_ok(), "{}", row.score);
            let metadata = row.metadata.get();
            let known = Metadata::parse_json(metadata).expect("metadata");
            assert_eq!(known.as_ref().map_or("null", Metadata::as_str), metadata);
        }
    }
    assert!(rank > 0);
    replica.stop().await;
}

#[derive(serde::Deserialize)]
struct List {
    entries: Vec<Row>,
}

#[derive(serde::Deserialize)]
struct Row {
    name: String,
    score: Box<RawValue>,
    metadata: Box<RawValue>,
    rank: u64,
}

/// How the client ends a conversation.
#[derive(Clone, Copy, PartialEq)]
enum End {
    /// All is valid: the server closes after as many answers as there are requests.
    Answered(usize),
    /// When nothing comes any more.
    Quiet,
    /// At once, without reading.
    Hasty,
    /// At once, and so that the server's own writes fail.
    Reset,
}

/// What a client sends, in the pieces in which it does, and how it ends.
struct Script {
    pieces: Vec<Vec<u8>>,
    end: End,
}

impl Script {
    fn random(targets: &Targets, rng: &mut StdRng, n: u64) -> Self {
        let requests = rng.random_range(1..4);
        let valid = n.is_multiple_of(8);
        let mut bytes = Vec::new();
        for place in 1..=requests {
            let mut request = Request::valid(targets, rng);
            if valid && place == requests {
                request.headers.push(("Connection".to_owned(), "close".to_owned()));
            }
            if !valid {
                (0..rng.random_range(0..3)).for_each(|_| request.distort(targets, rng));
            }
            bytes.extend(request.bytes(rng));
        }
        if !valid {
            (0..rng.random_range(0..4)).for_each(|_| edit(&mut bytes, rng));
        }
        let mut pieces = Vec::new();
        let mut rest = &bytes[..];
        while !rest.is_empty() && pieces.len() < 5 {
            let (piece, after) = rest.split_at(rng.random_range(1..=rest.len()));
            pieces.push(piece.to_vec());
            rest = after;
        }
        pieces.push(rest.to_vec());
        let end = match rng.random_range(0..10) {
            _ if valid => End::Answered(requests),
            0 => End::Hasty,
            1 => End::Reset,
            _ => End::Quiet,
        };
        Self { pieces, end }
    }

    fn bytes(&self) -> Vec<u8> {
        self.pieces.concat()
    }

    /// Sends it, and collects all that comes back; whether the server ended its side too.
    async fn perform(&self, address: SocketAddr, received: &mut Vec<u8>) -> bool {
        let mut connection = TcpStream::connect(address).await.expect("a replica that accepts connections");
        connection.set_nodelay(true).expect("an open socket");
        for piece in &self.pieces {
            // The server may have had enough already.
            if connection.write_all(piece).await.is_err() {
                break;
            }
            tokio::task::yield_now().await;
        }
        match self.end {
            End::Answered(_) => {
                // A reset is as good an end as another; what came before it is judged.
                timeout(PATIENCE, connection.read_to_end(received)).await.is_ok()
            }
            End::Quiet => {
                while let Ok(Ok(1..)) = timeout(QUIET, connection.read_buf(received)).await {}
                let _ = connection.shutdown().await;
                // A stream that can read no more requests goes on for a client that only listens.
                let is_stream = |received: &[u8]| find(received, b"text/event-stream").is_some();
                let ending = async {
                    while !is_stream(received) && matches!(connection.read_buf(received).await, Ok(1..)) {}
                };
                timeout(PATIENCE, ending).await.is_ok()
            }
            End::Hasty => true,
            End::Reset => {
                connection.set_zero_linger().expect("an open socket");
                true
            }
        }
    }

    /// Checks what came back, and returns the statuses.
    fn judge(&self, received: &[u8]) -> Vec<u16> {
        let sent = self.bytes();
        let contains = |what| find(&sent, what).is_some();
        if contains(b"PRI * HTTP/2.0\r\n") {
            return Vec::new();
        }
        let received = Received::read(received, contains(b"HEAD "));
        received.whole.iter().for_each(judge_whole);
        if let Some(begun) = &received.begun {
            assert_ne!(begun.status.as_u16(), 500);
            check_messages(&begun.text);
        }
        if let End::Answered(requests) = self.end {
            assert_eq!(received.whole.len(), requests, "answers to valid requests");
            assert!(received.begun.is_none() && received.rest == 0, "more than there are requests");
            assert!(received.whole.iter().all(|answer| !is_below_the_routes(answer)), "refused as broken");
        }
        received.answers().map(|answer| answer.status.as_u16()).collect()
    }
}

/// Broken framing is refused by the HTTP library itself, without a word.
fn is_below_the_routes(answer: &Reply) -> bool {
    answer.header("x-request-id").is_empty()
}

fn judge_whole(answer: &Reply) {
    let status = answer.status.as_u16();
    assert_ne!(status, 500);
    if is_below_the_routes(answer) {
        assert!(matches!(status, 100 | 400 | 413 | 414 | 431) && answer.text.is_empty(), "{answer:?}");
        return;
    }
    let is_json = answer.header("content-type") == "application/json";
    assert!(is_json || status < 400, "{answer:?}");
    // The answer to HEAD has no body.
    if is_json && !answer.text.is_empty() {
        match status {
            400.. => drop(answer.is_in_error_shape()),
            _ => assert!(answer.json().is_object(), "{answer:?}"),
        }
    }
}

/// Shows what was sent and what came back, where the test fails over it.
struct Shown<'a>(&'a Script, &'a [u8]);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("sent: {}", self.0.bytes().escape_ascii());
            eprintln!("received: {}", self.1.escape_ascii());
        }
    }
}
