//! The accept loop: connections in, and an end that loses no request.

use std::{
    io::Write,
    net::{Shutdown, SocketAddr},
    time::{Duration, Instant},
};

use axum::Router;
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

use super::{
    admission::{Admission, Full},
    client_address::TrustedProxies,
    connection::Conversation,
    limits::{Limit, Limits},
};

/// How connections are treated.
#[derive(Clone, Debug)]
pub struct Connections {
    /// The listener's name in the metrics.
    pub listener: &'static str,
    /// Whose word on client addresses is taken.
    pub proxies: TrustedProxies,
    /// What clients may take up.
    pub limits: Limits,
    /// How long requests under way may take to finish at the end.
    pub drain: Duration,
}

/// Between two warnings about connections that can't be had.
const WARN_EVERY: Duration = Duration::from_secs(10);
/// How long connections stay open at the end for the requests that are on their way already.
const LINGER: Duration = Duration::from_millis(100);

/// Serves until `stop`, then lets what is under way finish.
pub async fn serve(listener: TcpListener, router: Router, options: Connections, stop: CancellationToken) {
    let admission = Admission::new(options.limits.room, options.proxies.clone(), options.listener);
    let conversation = Conversation::new(router, options.proxies, options.limits);
    let (held, last_requests) = (TaskTracker::new(), CancellationToken::new());
    let mut warnings = Warnings::default();
    let mut begin = |stream: TcpStream, peer: SocketAddr| match admission.admit(peer) {
        Ok(admitted) => {
            let conversation = conversation.clone().hold(stream, admitted, peer, last_requests.clone());
            // Owned by its socket: it ends when the client goes, or at the drain.
            held.spawn(conversation);
        }
        Err(full) => refuse(stream, peer, full, &mut warnings),
    };
    let mut warnings_of_accept = Warnings::default();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => begin(stream, peer),
            Err(error) => {
                metrics::counter!("rankora_accept_failures_total").increment(1);
                // Out of descriptors, most likely: others will close theirs.
                if warnings_of_accept.is_due() {
                    warn!(error = &error as &dyn std::error::Error, "connections can't be accepted");
                }
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
    // Who waits to be accepted is connected already, and has perhaps sent a request.
    let until = Instant::now() + LINGER;
    while let Ok(Ok((stream, peer))) = timeout(LINGER / 10, listener.accept()).await {
        begin(stream, peer);
        if Instant::now() > until {
            break;
        }
    }
    drop(listener);
    // Closing a connection loses the request that is on its way over it.
    held.close();
    let _ = timeout(LINGER, held.wait()).await;
    last_requests.cancel();
    if timeout(options.drain, held.wait()).await.is_err() {
        info!("some requests did not finish in time");
    }
}

/// Tells a client that there is no room for its connection, as far as that can be done without waiting for it.
fn refuse(stream: TcpStream, peer: SocketAddr, full: Full, warnings: &mut Warnings) {
    let (limit, status, code, sentence) = match full {
        Full::InAll => (
            Limit::Connections,
            "503 Service Unavailable",
            "unavailable",
            "The server has no room for another connection; try again soon",
        ),
        Full::Address => (
            Limit::ConnectionsPerAddress,
            "429 Too Many Requests",
            "rate_limited",
            "Too many connections are open from this address",
        ),
    };
    limit.reached();
    if warnings.is_due() {
        match full {
            Full::InAll => warn!("there is no room for more connections (--max-connections)"),
            Full::Address => warn!(
                client.address = %peer.ip(),
                "an address has as many connections as it may have (--max-connections-per-address); if it is a proxy, \
                 name it in --trusted-proxies"
            ),
        }
    }
    let body = format!(r#"{{"success":false,"error":"{sentence}","code":"{code}"}}"#);
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nretry-after: 5\r\n\
         access-control-allow-origin: *\r\naccess-control-expose-headers: retry-after\r\ncache-control: no-store\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    // A socket just accepted has room for this; whoever reset it meanwhile doesn't want it.
    let _ = stream.into_std().and_then(|mut stream| {
        stream.write_all(answer.as_bytes())?;
        stream.shutdown(Shutdown::Write)
    });
}

/// Keeps a state that lasts from filling the log.
#[derive(Default)]
struct Warnings(Option<Instant>);

impl Warnings {
    fn is_due(&mut self) -> bool {
        let due = self.0.is_none_or(|at| at.elapsed() > WARN_EVERY);
        if due {
            self.0 = Some(Instant::now());
        }
        due
    }
}
