//! A way to Redis that counts: which commands went over it, in how many round trips.

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        UnixListener, UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

use super::redis::Server;

/// What replicas do without being asked: heartbeats, health checks, looking for work, returning leases.
const BACKGROUND: [&str; 11] = [
    "PUBLISH",
    "SPUBLISH",
    "INFO",
    "SMEMBERS",
    "SUBSCRIBE",
    "SSUBSCRIBE",
    "SUNSUBSCRIBE",
    "PING",
    "CLIENT",
    "HELLO",
    "give_back",
];

/// A listener whose connections go to a redis-server.
pub struct Proxy {
    directory: PathBuf,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    trips: Mutex<Trips>,
    mute: AtomicBool,
    deaf: AtomicBool,
    held: watch::Sender<bool>,
    cut: AtomicBool,
}

/// Commands that were sent before any of them was answered make one trip.
#[derive(Default)]
struct Trips {
    done: Vec<Vec<String>>,
    unanswered: usize,
}

impl Proxy {
    /// Listens on a socket of its own.
    pub fn start(server: &Server) -> Self {
        let directory = std::env::temp_dir().join(format!("rp-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir_all(&directory).expect("a directory for the proxy");
        let listener = UnixListener::bind(directory.join("s")).expect("a socket");
        let (shared, target) = (Arc::<Shared>::default(), server.socket());
        let accepting = tokio::spawn(accept(listener, target, shared.clone()));
        Self { directory, shared, accepting }
    }

    /// How to reach Redis through it.
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.directory.join("s").display())
    }

    /// The trips since the last call, each with its commands; scripts by what they are told apart by.
    pub fn take(&self) -> Vec<Vec<String>> {
        std::mem::take(&mut self.shared.trips().done)
    }

    /// From now on, messages to subscribers get lost, and the connections look alive.
    pub fn lose_messages(&self) {
        self.shared.mute.store(true, Ordering::SeqCst);
    }

    /// From now on, the events of leaderboards get lost; what replicas tell each other doesn't.
    pub fn lose_events(&self) {
        self.shared.deaf.store(true, Ordering::SeqCst);
    }

    /// From now on, messages to subscribers are late.
    pub fn hold_messages(&self) {
        self.shared.held.send_replace(true);
    }

    /// They come after all.
    pub fn release_messages(&self) {
        self.shared.held.send_replace(false);
    }

    /// Whether a connection breaks that would tell the replicas of a changed key.
    pub fn cut_at_key_changes(&self, cut: bool) {
        self.shared.cut.store(cut, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

impl Shared {
    fn trips(&self) -> std::sync::MutexGuard<'_, Trips> {
        self.trips.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sent(&self, command: String) {
        let mut trips = self.trips();
        if trips.unanswered == 0 {
            trips.done.push(Vec::new());
        }
        trips.unanswered += 1;
        trips.done.last_mut().expect("there is one").push(command);
    }

    fn answered(&self) {
        let mut trips = self.trips();
        trips.unanswered = trips.unanswered.saturating_sub(1);
    }
}

async fn accept(listener: UnixListener, target: PathBuf, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        let Ok(server) = UnixStream::connect(&target).await else { return };
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let pending = Arc::default();
        tokio::spawn(forward(from_client, to_server, shared.clone(), Pending::clone(&pending)));
        tokio::spawn(answer(from_server, to_client, shared.clone(), pending));
    }
}

/// Of each unanswered command of a connection, whether it belongs to a request.
type Pending = Arc<Mutex<std::collections::VecDeque<bool>>>;

async fn forward(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    shared: Arc<Shared>,
    pending: Pending,
) -> io::Result<()> {
    let mut unread = Vec::new();
    loop {
        if from.read_buf(&mut unread).await? == 0 {
            return Ok(());
        }
        let mut end = 0;
        while let Some((length, words)) = command(&unread[end..]) {
            let name = name(&words);
            let tells_of_key =
                name == "PUBLISH" && words.get(2).is_some_and(|text| text.starts_with(b"key "));
            if tells_of_key && shared.cut.load(Ordering::SeqCst) {
                return Ok(());
            }
            let counts = !BACKGROUND.contains(&name.as_str());
            if counts {
                shared.sent(name);
            }
            pending.lock().unwrap_or_else(PoisonError::into_inner).push_back(counts);
            end += length;
        }
        to.write_all(&unread[..end]).await?;
        unread.drain(..end);
    }
}

async fn answer(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    shared: Arc<Shared>,
    pending: Pending,
) -> io::Result<()> {
    let mut unread = Vec::new();
    loop {
        if from.read_buf(&mut unread).await? == 0 {
            return Ok(());
        }
        let mut out = Vec::new();
        while let Some(length) = value(&unread) {
            let value: Vec<u8> = unread.drain(..length).collect();
            if value.starts_with(b">3\r\n$7\r\nmessage\r\n") || value.starts_with(b">3\r\n$8\r\nsmessage\r\n")
            {
                if *shared.held.borrow() {
                    to.write_all(&std::mem::take(&mut out)).await?;
                    let _ = shared.held.subscribe().wait_for(|held| !held).await;
                }
                let is_event = value.windows(9).any(|window| window == b":events\r\n");
                let lost =
                    shared.mute.load(Ordering::SeqCst) || (is_event && shared.deaf.load(Ordering::SeqCst));
                if !lost {
                    out.extend_from_slice(&value);
                }
                continue;
            }
            // Before the answer is passed on: what it leads to is another trip.
            if pending.lock().unwrap_or_else(PoisonError::into_inner).pop_front() == Some(true) {
                shared.answered();
            }
            out.extend_from_slice(&value);
        }
        to.write_all(&out).await?;
    }
}

/// A command's name; a script that only touches the usage is named for what it does there.
fn name(words: &[Vec<u8>]) -> String {
    let text =
        |index: usize| String::from_utf8_lossy(words.get(index).map_or(&[], Vec::as_slice)).into_owned();
    let name = text(0).to_uppercase();
    if name == "EVALSHA" && text(2) == "1" && text(3).ends_with(":usage") {
        return if words.len() == 6 { "give_back" } else { "take" }.to_owned();
    }
    name
}

/// The first command in a stream: its length and its words.
fn command(bytes: &[u8]) -> Option<(usize, Vec<Vec<u8>>)> {
    let (mut at, count) = number(bytes, b'*')?;
    let mut words = Vec::new();
    for _ in 0..count {
        let (head, length) = number(bytes.get(at..)?, b'$')?;
        let length = usize::try_from(length).expect("a length");
        words.push(bytes.get(at + head..at + head + length)?.to_vec());
        at += head + length + 2;
    }
    (at <= bytes.len()).then_some((at, words))
}

/// The length of the first value in a stream.
fn value(bytes: &[u8]) -> Option<usize> {
    match bytes.first()? {
        b'$' => {
            let (head, length) = number(bytes, b'$')?;
            let end = head + usize::try_from(length).map_or(0, |length| length + 2);
            (end <= bytes.len()).then_some(end)
        }
        // Of RESP3, what a connection for subscriptions gets: pushes, and a map at its beginning.
        mark @ (b'*' | b'>' | b'%') => {
            let (mut at, count) = number(bytes, *mark)?;
            for _ in 0..if *mark == b'%' { 2 * count } else { count } {
                at += value(bytes.get(at..)?)?;
            }
            Some(at)
        }
        _ => line(bytes).map(|end| end + 2),
    }
}

/// The number in a line that begins with `mark`, and where the next line begins.
fn number(bytes: &[u8], mark: u8) -> Option<(usize, i64)> {
    let end = line(bytes)?;
    assert_eq!(bytes[0], mark, "{:?}", String::from_utf8_lossy(bytes));
    let number = std::str::from_utf8(&bytes[1..end]).ok().and_then(|text| text.parse().ok());
    Some((end + 2, number.expect("a number")))
}

fn line(bytes: &[u8]) -> Option<usize> {
    bytes.windows(2).position(|window| window == b"\r\n")
}
