//! Clients that listen: bare sockets on one thread, which follow where a message ends and throw it away.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use nix::unistd::Pid;
use tokio::{
    net::{TcpSocket, TcpStream},
    sync::{Notify, Semaphore},
    task::JoinSet,
};

use super::{
    instruments::request,
    support::{PATIENCE, usage},
};

/// Connections from one source address: each address has ports of its own.
const PER_ADDRESS: usize = 1_000;
/// Streams that are about to begin at one time.
const OPENING: usize = 64;

/// Open streams. They end where this is dropped.
pub struct Audience {
    heard: Arc<Heard>,
    stop: Arc<Notify>,
    thread: Option<thread::JoinHandle<()>>,
    /// The thread's number in /proc.
    task: Pid,
}

/// What all streams have heard together.
#[derive(Default)]
struct Heard {
    initials: AtomicUsize,
    updates: AtomicUsize,
    /// Of all updates, without what frames them.
    bytes: AtomicUsize,
    /// The number of updates that is waited for, and who waits.
    wanted: AtomicUsize,
    reached: std::sync::Mutex<Option<mpsc::Sender<Instant>>>,
}

impl Audience {
    /// Opens so many streams, with each of these keys as many; returns when each has got its page.
    pub fn gather(address: SocketAddr, keys: &[String], streams: usize) -> Self {
        let heard = Arc::new(Heard { wanted: AtomicUsize::new(usize::MAX), ..Heard::default() });
        let stop = Arc::new(Notify::new());
        let (started, start) = mpsc::channel();
        let (all, end, keys) = (heard.clone(), stop.clone(), keys.to_vec());
        let thread = thread::spawn(move || {
            started.send(nix::unistd::gettid()).expect("somebody waits");
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(listen(address, &keys, streams, &all, &end));
        });
        let task = start.recv().expect("a thread");
        let audience = Self { heard, stop, thread: Some(thread), task };
        let until = Instant::now() + 4 * PATIENCE;
        while audience.heard.initials.load(Ordering::Relaxed) < streams {
            let open = audience.heard.initials.load(Ordering::Relaxed);
            assert!(Instant::now() < until, "{open} streams of {streams} have begun");
            thread::sleep(Duration::from_millis(20));
        }
        audience
    }

    /// Pages that have come, the first ones included.
    pub fn pages(&self) -> usize {
        self.heard.initials.load(Ordering::Relaxed)
    }

    /// Updates that have come.
    pub fn updates(&self) -> usize {
        self.heard.updates.load(Ordering::Relaxed)
    }

    /// Bytes of an update, on average.
    pub fn bytes_of_an_update(&self) -> usize {
        self.heard.bytes.load(Ordering::Relaxed) / self.updates().max(1)
    }

    /// Says when so many more updates will have come, all streams together.
    pub fn after(&self, updates: usize) -> mpsc::Receiver<Instant> {
        let (reached, when) = mpsc::channel();
        *self.heard.reached.lock().expect("who waits") = Some(reached);
        self.heard.wanted.store(self.updates() + updates, Ordering::Release);
        when
    }

    /// CPU time that the clients have used.
    pub fn cpu_time(&self) -> Duration {
        usage::cpu_time_of_thread(self.task)
    }
}

impl Drop for Audience {
    fn drop(&mut self) {
        self.stop.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Heard {
    fn update(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let updates = self.updates.fetch_add(1, Ordering::Relaxed) + 1;
        if updates == self.wanted.load(Ordering::Acquire)
            && let Some(reached) = self.reached.lock().expect("who waits").take()
        {
            let _ = reached.send(Instant::now());
        }
    }
}

async fn listen(address: SocketAddr, keys: &[String], streams: usize, heard: &Arc<Heard>, end: &Notify) {
    let opening = Arc::new(Semaphore::new(OPENING));
    let mut listening = JoinSet::new();
    for index in 0..streams {
        let permit = opening.clone().acquire_owned().await.expect("a permit");
        let (key, heard) = (keys[index % keys.len()].clone(), heard.clone());
        listening.spawn(async move {
            let stream = open(address, index, &key).await;
            let mut permit = Some(permit);
            follow(&stream, &heard, || permit = None).await;
        });
    }
    tokio::select! {
        Some(ended) = listening.join_next() => panic!("a stream ended: {ended:?}"),
        () = end.notified() => {}
    }
}

async fn open(address: SocketAddr, index: usize, key: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    let from = Ipv4Addr::from(u32::from(Ipv4Addr::LOCALHOST) + 1 + (index / PER_ADDRESS) as u32);
    socket.bind((from, 0).into()).expect("a port");
    let stream = socket.connect(address).await.expect("a server");
    let mut head = Vec::with_capacity(256);
    request::plain(&mut head, key, format_args!("GET /api/v1/realtime"));
    let sent = stream.try_write(&head).expect("room for a request");
    assert_eq!(sent, head.len());
    stream
}

/// Reads a stream for ever; `begun` is called at its page.
async fn follow(stream: &TcpStream, heard: &Heard, mut begun: impl FnMut()) {
    let mut place = Place::default();
    loop {
        stream.readable().await.expect("a socket");
        let mut buffer = [0; 16 * 1024];
        match stream.try_read(&mut buffer) {
            Ok(0) => panic!("the server ended a stream"),
            Ok(length) => place.pass(&buffer[..length], |kind, bytes| match kind {
                Kind::Page => {
                    begun();
                    heard.initials.fetch_add(1, Ordering::Relaxed);
                }
                Kind::Update => heard.update(bytes),
                Kind::Other => {}
            }),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// What a message is.
enum Kind {
    Page,
    Update,
    Other,
}

/// Where a client is in what it reads: the head, a chunk's length, or its bytes. A chunk is a message, or several.
#[derive(Default)]
struct Place {
    /// How far the empty line that ends the head has been read.
    head: usize,
    /// The length of the chunk that begins.
    length: usize,
    /// What is left of the chunk, with the line end after it.
    left: usize,
    /// How the message begins: an id, and then what kind it is.
    begin: Vec<u8>,
    /// Bytes of the message so far, and of its line.
    message: usize,
    line: usize,
}

impl Place {
    const BEGIN: usize = 96;

    fn pass(&mut self, mut bytes: &[u8], mut ended: impl FnMut(Kind, usize)) {
        const EMPTY_LINE: &[u8] = b"\r\n\r\n";
        while let Some((&byte, rest)) = bytes.split_first() {
            if self.head < EMPTY_LINE.len() {
                self.head = match byte == EMPTY_LINE[self.head] {
                    true => self.head + 1,
                    false => usize::from(byte == b'\r'),
                };
                bytes = rest;
            } else if self.left == 0 {
                match byte {
                    b'\n' => self.left = self.length + 2,
                    b'\r' => {}
                    digit => {
                        self.length = self.length * 16 + char::from(digit).to_digit(16).expect("hex") as usize
                    }
                }
                bytes = rest;
            } else {
                let (part, rest) = bytes.split_at(self.left.min(bytes.len()));
                self.left -= part.len();
                bytes = rest;
                self.read(part, &mut ended);
                if self.left == 0 {
                    // The line end after the chunk is no message.
                    *self = Self { head: self.head, ..Self::default() };
                }
            }
        }
    }

    /// Reads a part of a chunk: an empty line ends each message.
    fn read(&mut self, mut part: &[u8], mut ended: impl FnMut(Kind, usize)) {
        while !part.is_empty() {
            let end = part.iter().position(|byte| *byte == b'\n');
            let (line, rest) = part.split_at(end.map_or(part.len(), |end| end + 1));
            let wanted = Self::BEGIN.saturating_sub(self.begin.len()).min(line.len());
            self.begin.extend_from_slice(&line[..wanted]);
            self.message += line.len();
            self.line += line.len();
            if end.is_some() {
                if self.line == 1 {
                    ended(self.kind(), self.message);
                    self.begin.clear();
                    self.message = 0;
                }
                self.line = 0;
            }
            part = rest;
        }
    }

    fn kind(&self) -> Kind {
        let has = |kind: &[u8]| self.begin.windows(kind.len()).any(|bytes| bytes == kind);
        match () {
            () if has(b"\"type\":\"update\"") => Kind::Update,
            () if has(b"\"type\":\"initial\"") => Kind::Page,
            () => Kind::Other,
        }
    }
}
