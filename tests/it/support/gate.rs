//! A way to a replica that can be shut, and that knows what was asked.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// A listener whose connections go to a replica while it is open.
pub struct Gate {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    shut: watch::Sender<bool>,
    heads: Mutex<Vec<String>>,
    /// Bytes a second; 0 for all that come.
    pace: AtomicU64,
    streams: AtomicUsize,
}

/// Counts while it is there.
struct OpenStream(Arc<Shared>);

impl Gate {
    /// A gate before the server at `origin`.
    pub async fn before(origin: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::<Shared>::default();
        let target = origin.trim_start_matches("http://").to_owned();
        let accepting = tokio::spawn(accept(listener, target, shared.clone()));
        Self { address, shared, accepting }
    }

    /// Where it is.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Cuts all connections, and lets no new ones through.
    pub fn shut(&self) {
        self.shared.shut.send_replace(true);
    }

    /// Lets connections through again.
    pub fn open(&self) {
        self.shared.shut.send_replace(false);
    }

    /// Lets so many bytes of answers through in a second, on each connection.
    pub fn pace(&self, bytes: u64) {
        self.shared.pace.store(bytes, Ordering::SeqCst);
    }

    /// The lines of all requests so far that contain this.
    pub fn requests(&self, part: &str) -> Vec<String> {
        self.heads(part).iter().map(|head| line_of(head).to_owned()).collect()
    }

    /// The heads of all requests so far whose lines contain this.
    pub fn heads(&self, part: &str) -> Vec<String> {
        let heads = self.shared.heads.lock().unwrap_or_else(PoisonError::into_inner);
        heads.iter().filter(|head| line_of(head).contains(part)).cloned().collect()
    }

    /// Streams that are open.
    pub fn streams(&self) -> usize {
        self.shared.streams.load(Ordering::SeqCst)
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn accept(listener: TcpListener, target: String, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        if *shared.shut.borrow() {
            continue;
        }
        let (target, shared) = (target.clone(), shared.clone());
        tokio::spawn(async move {
            let mut shut = shared.shut.subscribe();
            tokio::select! {
                _ = shut.wait_for(|shut| *shut) => {}
                () = pass(client, &target, &shared) => {}
            }
        });
    }
}

fn line_of(head: &str) -> &str {
    head.lines().next().unwrap_or_default()
}

async fn pass(client: TcpStream, target: &str, shared: &Arc<Shared>) {
    let Ok(server) = TcpStream::connect(target).await else { return };
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let asks = async {
        let mut stream = None;
        let mut chunk = vec![0; 16 * 1024];
        while let Ok(length @ 1..) = from_client.read(&mut chunk).await {
            // A browser sends each head at once.
            let text = String::from_utf8_lossy(&chunk[..length]).into_owned();
            if line_of(&text).contains(" /api/v1/realtime") && stream.is_none() {
                shared.streams.fetch_add(1, Ordering::SeqCst);
                stream = Some(OpenStream(shared.clone()));
            }
            shared.heads.lock().unwrap_or_else(PoisonError::into_inner).push(text);
            if to_server.write_all(&chunk[..length]).await.is_err() {
                break;
            }
        }
    };
    let answers = async {
        let mut chunk = vec![0; 16 * 1024];
        loop {
            let pace = shared.pace.load(Ordering::SeqCst);
            let most = if pace == 0 { chunk.len() } else { 256 };
            let Ok(length @ 1..) = from_server.read(&mut chunk[..most]).await else { break };
            if to_client.write_all(&chunk[..length]).await.is_err() {
                break;
            }
            if pace > 0 {
                tokio::time::sleep(Duration::from_secs_f64(length as f64 / pace as f64)).await;
            }
        }
    };
    tokio::select! {
        () = asks => {}
        () = answers => {}
    }
}
