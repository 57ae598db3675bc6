//! Somebody's web site: another origin, with a policy of its own.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A site whose pages the test writes.
pub struct Site {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

struct Shared {
    policy: String,
    pages: Mutex<HashMap<String, String>>,
}

impl Site {
    /// A site that allows itself nothing but what `servers` serve.
    pub async fn allowing(servers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let servers = servers.join(" ");
        let policy = format!(
            "default-src 'none'; script-src {servers}; connect-src {servers}; frame-src {servers}; base-uri 'none'; \
             require-trusted-types-for 'script'; trusted-types 'none'"
        );
        let shared = Arc::new(Shared { policy, pages: Mutex::default() });
        let serving = tokio::spawn(serve(listener, shared.clone()));
        Self { address, shared, serving }
    }

    /// A page with this body; returns its address.
    pub fn page(&self, body: &str) -> String {
        let mut pages = self.shared.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let path = format!("/{}", pages.len());
        let head = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>A site</title>";
        let head = format!("{head}<meta name=\"viewport\" content=\"width=device-width\">");
        pages.insert(path.clone(), format!("{head}<body>{body}"));
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        let shared = shared.clone();
        tokio::spawn(async move {
            let _ = answer(client, &shared).await;
        });
    }
}

async fn answer(mut client: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if client.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let page = shared.pages.lock().unwrap_or_else(PoisonError::into_inner).get(&path).cloned();
    let (status, body) = page.map_or(("404 Not Found", String::new()), |page| ("200 OK", page));
    let (policy, length) = (&shared.policy, body.len());
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-security-policy: {policy}\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    client.write_all(answer.as_bytes()).await?;
    client.shutdown().await
}
