//! A client's socket: it must take what it is sent, and say now and then that it is still there.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

use super::limits::Limit;

/// A client that said nothing for so long is asked whether it is there …
const KEEPALIVE_AFTER: Duration = Duration::from_secs(30);
/// … so often, and then so many times.
const KEEPALIVE_EVERY: Duration = Duration::from_secs(10);
const KEEPALIVE_TIMES: u32 = 3;
/// Bytes that the kernel holds for a client that doesn't read; by itself it would go up to some 4 MiB. Linux doubles
/// it, for its own bookkeeping.
const SEND_BUFFER: usize = 64 * 1024;

/// A socket on which writing fails once nothing of it has been taken for a while.
pub(super) struct Socket {
    stream: TcpStream,
    write_deadline: Duration,
    /// Set while a write waits.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Socket {
    /// Takes care of an accepted socket. A client that is gone without a word, or doesn't read, is given up after
    /// `write_deadline` where something was to be sent, and after a minute where nothing was.
    pub(super) fn new(stream: TcpStream, write_deadline: Duration) -> Self {
        if let Err(error) = set_up(&stream, write_deadline) {
            tracing::debug!(error = &error as &dyn std::error::Error, "a socket's options can't be set");
        }
        Self { stream, write_deadline, waiting: None }
    }

    fn within_deadline<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.waiting = None;
            return counted(written);
        }
        let deadline = self.write_deadline;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(deadline)));
        if waiting.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        Limit::WriteDeadline.reached();
        // Otherwise the kernel would go on offering what it holds.
        let _ = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client doesn't read")))
    }
}

/// Counts clients of whom the kernel has heard nothing for too long. It says so once.
fn counted<T>(done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
    if let Poll::Ready(Err(error)) = &done
        && error.kind() == io::ErrorKind::TimedOut
    {
        Limit::Vanished.reached();
    }
    done
}

fn set_up(stream: &TcpStream, write_deadline: Duration) -> io::Result<()> {
    // Answers are small; waiting to fill a packet only delays them.
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    socket.set_send_buffer_size(SEND_BUFFER)?;
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE_AFTER).with_interval(KEEPALIVE_EVERY);
    socket.set_tcp_keepalive(&keepalive.with_retries(KEEPALIVE_TIMES))?;
    // Without it, what a vanished client was sent is sent again for a quarter of an hour.
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(write_deadline))?;
    #[cfg(not(target_os = "linux"))]
    let _ = write_deadline;
    Ok(())
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        counted(Pin::new(&mut self.get_mut().stream).poll_read(cx, buffer))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.within_deadline(cx, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, bytes);
        this.within_deadline(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
        time::Instant,
    };

    use super::*;

    async fn pair(write_deadline: Duration) -> (Socket, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let client = TcpStream::connect(listener.local_addr().expect("an address")).await.expect("a server");
        let (stream, _) = listener.accept().await.expect("a client");
        (Socket::new(stream, write_deadline), client)
    }

    #[tokio::test]
    async fn the_kernel_looks_after_vanished_clients_and_holds_little_for_slow_ones() {
        let (socket, _client) = pair(Duration::from_secs(7)).await;
        let options = SockRef::from(&socket.stream);
        assert!(options.keepalive().expect("an option"));
        assert!(options.send_buffer_size().expect("an option") <= 2 * SEND_BUFFER);
        #[cfg(target_os = "linux")]
        {
            assert_eq!(options.tcp_user_timeout().expect("an option"), Some(Duration::from_secs(7)));
            assert_eq!(options.tcp_keepalive_time().expect("an option"), KEEPALIVE_AFTER);
            assert_eq!(options.tcp_keepalive_interval().expect("an option"), KEEPALIVE_EVERY);
            assert_eq!(options.tcp_keepalive_retries().expect("an option"), KEEPALIVE_TIMES);
        }
    }

    #[tokio::test]
    async fn writing_fails_once_the_client_takes_nothing_and_not_while_it_reads_slowly() {
        let (mut socket, mut client) = pair(Duration::from_secs(1)).await;
        let slow = tokio::spawn(async move {
            let mut buffer = vec![0; 64 * 1024];
            // Often, since the kernel asks for more only once a part of its buffers is free.
            for _ in 0..40 {
                tokio::time::sleep(Duration::from_millis(50)).await;
                client.read_exact(&mut buffer).await.expect("bytes");
            }
            client
        });
        let writing = async {
            let chunk = [0; 16 * 1024];
            loop {
                if let Err(error) = socket.write_all(&chunk).await {
                    return error;
                }
            }
        };
        let since = Instant::now();
        let error = writing.await;
        assert!(since.elapsed() > Duration::from_secs(2), "{:?}: it read until then", since.elapsed());
        assert!(matches!(error.kind(), io::ErrorKind::TimedOut), "{error}");
        drop(slow.await.expect("a client"));
    }
}
