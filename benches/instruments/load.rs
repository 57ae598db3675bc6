//! Clients that ask over and over, each over a connection of its own, and how long they wait for their answers. All on
//! one thread: what they cost, the two servers can't have.

use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::sleep_until,
};

/// How to ask.
#[derive(Clone, Copy)]
pub struct Load {
    pub address: SocketAddr,
    pub connections: usize,
    pub length: Duration,
    /// Requests a second of all clients together, due at fixed times whether or not the last one was answered; as many
    /// as can be where left out.
    pub pace: Option<f64>,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Answers {
    pub took: Duration,
    /// How long each waited, in microseconds, sorted; with a pace, since it was due.
    pub waits: Vec<u32>,
}

impl Load {
    /// Asks until the time is over; each request is written by `request` from a random number. Each must succeed.
    pub fn put(self, request: impl Fn(u64, &mut Vec<u8>)) -> Answers {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let begun = Instant::now();
        let clients = (0..self.connections).map(|index| self.client(index, begun, &request));
        let waits = runtime.block_on(join_all(clients));
        let took = begun.elapsed();
        let mut waits = waits.into_iter().map(|waits| waits.expect("answers")).collect::<Vec<_>>().concat();
        waits.sort_unstable();
        Answers { took, waits }
    }

    async fn client(
        &self,
        index: usize,
        begun: Instant,
        request: impl Fn(u64, &mut Vec<u8>),
    ) -> io::Result<Vec<u32>> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let each = self.pace.map(|pace| Duration::from_secs_f64(self.connections as f64 / pace));
        let mut due = each.map(|each| begun + each.mul_f64(index as f64 / self.connections as f64));
        let (mut sent, mut received) = (Vec::with_capacity(1024), Vec::with_capacity(32 * 1024));
        let mut waits = Vec::with_capacity(100_000);
        while begun.elapsed() < self.length {
            if let (Some(due), Some(each)) = (&mut due, each) {
                sleep_until((*due).into()).await;
                request(rand::random(), &mut sent);
                let since = std::mem::replace(due, *due + each);
                exchange(&mut stream, &sent, &mut received).await?;
                waits.push(micros(since));
            } else {
                request(rand::random(), &mut sent);
                let since = Instant::now();
                exchange(&mut stream, &sent, &mut received).await?;
                waits.push(micros(since));
            }
        }
        Ok(waits)
    }
}

fn micros(since: Instant) -> u32 {
    u32::try_from(since.elapsed().as_micros()).unwrap_or(u32::MAX)
}

/// One request and its whole answer.
async fn exchange(stream: &mut TcpStream, sent: &[u8], received: &mut Vec<u8>) -> io::Result<()> {
    stream.write_all(sent).await?;
    received.clear();
    loop {
        if stream.read_buf(received).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(whole) = length(received)
            && received.len() >= whole
        {
            let status = &received[9..12];
            assert_eq!(status, b"200", "{}", String::from_utf8_lossy(received));
            return Ok(());
        }
    }
}

/// How long the answer is that begins here, if its head is there.
fn length(received: &[u8]) -> Option<usize> {
    let head = received.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
    let name = b"content-length: ";
    let at = received[..head].windows(name.len()).position(|bytes| bytes == name)? + name.len();
    let digits = received[at..].iter().take_while(|byte| byte.is_ascii_digit());
    Some(head + digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0')))
}

impl Answers {
    /// Answers a second.
    pub fn rate(&self) -> f64 {
        self.waits.len() as f64 / self.took.as_secs_f64()
    }

    /// What this share of the clients waited at the most, in microseconds.
    pub fn wait(&self, share: f64) -> f64 {
        let last = self.waits.len().saturating_sub(1);
        f64::from(self.waits[((last as f64) * share) as usize])
    }
}
