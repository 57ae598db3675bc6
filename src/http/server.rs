//! The accept loop: connections in, requests out, and an end that loses none of them.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Router, body::Body, extract::Request};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use tracing::{debug, info, warn};

use super::client_address::TrustedProxies;

/// How connections are treated.
#[derive(Clone, Debug)]
pub struct Connections {
    /// Whose word on client addresses is taken.
    pub proxies: TrustedProxies,
    /// How long a client may take to send a request's head.
    pub header_deadline: Duration,
    /// How long requests under way may take to finish at the end.
    pub drain: Duration,
}

/// Bytes that a request's head may have. A connection whose head isn't whole yet holds them.
const LONGEST_HEAD: usize = 64 * 1024;
/// Between two warnings that connections can't be accepted.
const WARN_EVERY: Duration = Duration::from_secs(10);
/// How long connections stay open at the end for the requests that are on their way already.
const LINGER: Duration = Duration::from_millis(100);

/// Counts a connection for as long as it is open.
struct Open;

impl Open {
    fn count() -> Self {
        metrics::gauge!("rankora_open_connections").increment(1.0);
        Self
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        metrics::gauge!("rankora_open_connections").decrement(1.0);
    }
}

/// Serves until `stop`, then lets what is under way finish.
pub async fn serve(listener: TcpListener, router: Router, options: Connections, stop: CancellationToken) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(options.header_deadline)
        .max_buf_size(LONGEST_HEAD);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(Duration::from_secs(20));
    let graceful = GracefulShutdown::new();
    let begin = |stream: TcpStream, peer: SocketAddr| {
        let asked = Arc::<AtomicBool>::default();
        let service = service(router.clone(), options.proxies.clone(), peer, &stream, asked.clone());
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
        let connection = graceful.watch(connection);
        let header_deadline = options.header_deadline;
        let open = Open::count();
        // Owned by its socket: it ends when the client goes, or at the drain.
        tokio::spawn(async move {
            let _open = open;
            // The HTTP library's own deadline begins only once it knows which version a client speaks.
            let silent = async {
                sleep(header_deadline).await;
                if asked.load(Ordering::Relaxed) {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                result = connection => if let Err(error) = result {
                    debug!(error = &*error, "a connection ended early");
                },
                () = silent => debug!("a connection asked nothing"),
            }
        });
    };
    let mut warned_at: Option<Instant> = None;
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
                if warned_at.is_none_or(|at| at.elapsed() > WARN_EVERY) {
                    warned_at = Some(Instant::now());
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
    let lingering = Instant::now();
    while graceful.count() > 0 && lingering.elapsed() < LINGER {
        sleep(LINGER / 10).await;
    }
    if timeout(options.drain, graceful.shutdown()).await.is_err() {
        info!("some requests did not finish in time");
    }
}

fn service(
    router: Router,
    proxies: TrustedProxies,
    peer: SocketAddr,
    stream: &TcpStream,
    asked: Arc<AtomicBool>,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = axum::response::Response,
    Error = std::convert::Infallible,
    Future: Send + 'static,
> + use<> {
    // Answers are small; waiting to fill a packet only delays them.
    let _ = stream.set_nodelay(true);
    hyper::service::service_fn(move |request: Request<Incoming>| {
        asked.store(true, Ordering::Relaxed);
        let client = proxies.client(peer, request.headers());
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(client);
        router.clone().oneshot(request)
    })
}
