//! What stands in front of replicas: each request goes to the next of them, whichever connection it came over.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use tokio::{net::TcpListener, task::JoinHandle};

use super::world::Replica;

/// A listener of its own.
pub struct Balancer {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

/// Where requests go, in turn.
struct Turns {
    client: Client<HttpConnector, Incoming>,
    origins: Vec<String>,
    next: AtomicUsize,
}

impl Balancer {
    /// In front of these.
    pub async fn before(replicas: &[&Replica]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let origins = replicas.iter().map(|replica| replica.origin()).collect();
        let client = Client::builder(TokioExecutor::new()).build_http();
        let turns = Arc::new(Turns { client, origins, next: AtomicUsize::new(0) });
        let serving = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let turns = turns.clone();
                let answer = service_fn(move |request| {
                    let turns = turns.clone();
                    async move { turns.pass(request).await }
                });
                // A browser that goes away is no fault.
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), answer));
            }
        });
        Self { address, serving }
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Turns {
    /// Passes a request on as it is; the replica sees the name under which it was asked for.
    async fn pass(
        &self,
        mut request: Request<Incoming>,
    ) -> Result<hyper::Response<Incoming>, hyper_util::client::legacy::Error> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.origins.len();
        let url = format!("{}{}", self.origins[turn], request.uri());
        *request.uri_mut() = url.parse().expect("a URL");
        self.client.request(request).await
    }
}
