//! One client's connection, from its first byte to its last.

use std::{convert::Infallible, error::Error, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::Request, response::Response};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::{net::TcpStream, time::timeout};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use tracing::debug;

use super::{
    admission::Admitted,
    answer::{Activity, Answer, Streams},
    client_address::TrustedProxies,
    limits::{Limit, Limits},
    socket::Socket,
};

/// Between two questions whether an HTTP/2 client is there; it has as long again to say so.
const PING_EVERY: Duration = Duration::from_secs(20);
/// Requests and streams at once on an HTTP/2 connection.
const HTTP2_STREAMS: u32 = 100;
/// Bytes that an HTTP/2 client may send ahead of being read, on a stream and in all; bodies are no larger than 16 KiB.
const HTTP2_WINDOWS: (u32, u32) = (32 * 1024, 128 * 1024);
/// Bytes of an HTTP/2 stream that wait for the client to take them.
const HTTP2_UNSENT: usize = 32 * 1024;

/// What an HTTP/2 client says first.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How connections are served.
#[derive(Clone)]
pub(super) struct Conversation {
    builder: Builder<Streams>,
    router: Router,
    proxies: TrustedProxies,
    limits: Limits,
}

impl Conversation {
    /// About these routes, within these limits.
    pub(super) fn new(router: Router, proxies: TrustedProxies, limits: Limits) -> Self {
        let mut builder = Builder::new(Streams(limits.write_deadline));
        builder
            .http1()
            // The connection itself watches for how long nothing is asked; the library would make a timer for each
            // request.
            .header_read_timeout(None)
            // A head has at most 100 lines as it is: to say so would make room for them on the heap, each time.
            // Of a head that isn't whole yet, and of answers that the socket doesn't take yet.
            .max_buf_size(limits.header_bytes as usize);
        builder
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PING_EVERY)
            .max_concurrent_streams(HTTP2_STREAMS)
            .initial_stream_window_size(HTTP2_WINDOWS.0)
            .initial_connection_window_size(HTTP2_WINDOWS.1)
            .max_send_buf_size(HTTP2_UNSENT)
            .max_header_list_size(limits.header_bytes);
        Self { builder, router, proxies, limits }
    }

    /// Answers a client until it goes, keeps to no limit, or, after `stop`, has got its last answer.
    pub(super) async fn hold(
        self,
        stream: TcpStream,
        _admitted: Admitted,
        peer: SocketAddr,
        stop: CancellationToken,
    ) {
        let Self { builder, router, proxies, limits } = self;
        let activity = Arc::<Activity>::default();
        let builder = tokio::select! {
            biased;
            builder = for_client(builder, &stream) => builder,
            () = stop.cancelled() => return,
            () = activity.is_quiet_for(limits.header_deadline) => {
                Limit::HeaderDeadline.reached();
                debug!("a connection was ended on which nothing came");
                return;
            }
        };
        let socket = Socket::new(stream, limits.write_deadline);
        let asked = activity.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let under_way = asked.begin();
            let client = proxies.client(peer, request.headers());
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(client);
            let answering = router.clone().oneshot(request);
            async move {
                let answer: Response = answering.await?;
                Ok::<_, Infallible>(answer.map(|body| Answer::new(body, under_way)))
            }
        });
        let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(socket), service));
        let ended = tokio::select! {
            ended = connection.as_mut() => Some(ended),
            () = stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                Some(connection.await)
            }
            () = activity.is_quiet_for(limits.header_deadline) => match activity.has_asked() {
                false => {
                    Limit::HeaderDeadline.reached();
                    None
                }
                true => {
                    connection.as_mut().graceful_shutdown();
                    // Answers may lie there that the client doesn't take.
                    timeout(limits.write_deadline, connection).await.ok()
                }
            },
        };
        match ended {
            Some(Ok(())) => {}
            Some(Err(error)) => {
                match error.downcast_ref::<hyper::Error>() {
                    Some(error) if error.is_parse_too_large() => Limit::HeaderBytes.reached(),
                    // A ping that was not answered is what caused the other kind.
                    Some(error) if error.is_timeout() && error.source().is_some() => {
                        Limit::Vanished.reached()
                    }
                    Some(error) if error.is_timeout() => Limit::HeaderDeadline.reached(),
                    _ => {}
                }
                debug!(error = &*error, "a connection ended early");
            }
            None => debug!("a connection was ended that asked nothing"),
        }
    }
}

/// Looks at the first bytes without taking them. The HTTP library takes them, puts them before the rest, and then lets
/// its buffer grow to twice its size and copies it: 8 KiB of each stream's memory.
async fn for_client(builder: Builder<Streams>, stream: &TcpStream) -> Builder<Streams> {
    let mut begin = [0; PREFACE.len()];
    match stream.peek(&mut begin).await {
        Ok(length) if begin[..length] != PREFACE[..length] => builder.http1_only(),
        Ok(length) if length == PREFACE.len() => builder.http2_only(),
        // Too little to tell; whatever is wrong with the socket shows as well when it is read.
        Ok(_) | Err(_) => builder,
    }
}
