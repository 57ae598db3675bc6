//! The least that a delivery can be: one thread that writes the same bytes to each socket, and does nothing else.

use std::{
    io::{BufRead, BufReader, Read, Write, stdin},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use nix::unistd::Pid;

use super::{
    audience::Audience,
    support::{PATIENCE, usage},
};

/// The server in a process of its own, with who listens to it.
pub struct Bare {
    process: Child,
    /// `None` once it has left, which it does before the server ends.
    audience: Option<Audience>,
}

impl Bare {
    /// For updates of so many bytes.
    pub fn start(streams: usize, bytes: usize) -> Self {
        let mut process = Command::new(std::env::current_exe().expect("this program"))
            .args(["--bare", &bytes.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a bare server");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("its stdout")).read_line(&mut line).expect("an address");
        let address: SocketAddr = line.trim().parse().expect("an address");
        Self { process, audience: Some(Audience::gather(address, &[String::new()], streams)) }
    }

    /// CPU time of one delivery, over so many events to all streams.
    pub fn cpu_time_of_a_delivery(&mut self, streams: usize, events: usize) -> Duration {
        let pid = Pid::from_raw(self.process.id().cast_signed());
        let before = usage::cpu_time(pid);
        for _ in 0..events {
            let heard = self.audience.as_ref().expect("who listens").after(streams);
            self.process.stdin.as_mut().expect("its stdin").write_all(b"\n").expect("a server that reads");
            let _: Instant = heard.recv_timeout(PATIENCE).expect("an update on each stream");
            thread::sleep(Duration::from_millis(200));
        }
        (usage::cpu_time(pid) - before) / u32::try_from(events * streams).expect("few deliveries")
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.audience = None;
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves until it is killed; says where on stdout, and writes an update to all with each line of stdin.
pub fn serve(bytes: usize) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    println!("{}", listener.local_addr().expect("an address"));
    let streams = Arc::new(Mutex::new(Vec::new()));
    let all = streams.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = begin(stream.expect("a connection"));
            all.lock().expect("the streams").push(stream);
        }
    });
    let update = chunk("update", bytes);
    for line in stdin().lines() {
        line.expect("text");
        for stream in streams.lock().expect("the streams").iter_mut() {
            stream.write_all(&update).expect("a client that reads");
        }
    }
}

fn begin(mut stream: TcpStream) -> TcpStream {
    stream.set_nodelay(true).expect("a socket");
    let (mut head, mut buffer) = (Vec::new(), [0; 1024]);
    while !head.ends_with(b"\r\n\r\n") {
        let length = stream.read(&mut buffer).expect("a request");
        head.extend_from_slice(&buffer[..length]);
    }
    let answer = [b"HTTP/1.1 200 OK\r\n\r\n", &*chunk("initial", 64)].concat();
    stream.write_all(&answer).expect("a client that reads");
    stream
}

/// A chunk of so many bytes that looks like a message of this kind.
fn chunk(kind: &str, bytes: usize) -> Vec<u8> {
    let begin = format!("data: {{\"type\":\"{kind}\"");
    let text = bytes - 2;
    format!("{bytes:x}\r\n{begin:text$}\n\n\r\n").into_bytes()
}
