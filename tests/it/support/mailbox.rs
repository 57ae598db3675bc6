//! A small mail server: takes messages over SMTP, plain or over TLS, and keeps them.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpListener,
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

use super::{certificates::Authority, eventually};

/// A message as it was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Whom the envelope names.
    pub to: String,
    /// Head and text.
    pub text: String,
    /// What the client had said who it is, before; empty where it hadn't.
    pub credentials: String,
}

impl Taken {
    /// The path of the only link to this server.
    pub fn link(&self, origin: &str) -> String {
        let mut links =
            self.text.split_whitespace().filter(|word| word.starts_with("http") && word.contains("/"));
        let link = links.find(|word| word.contains("link=") || word.ends_with("/forgotten"));
        let link = link.unwrap_or_else(|| panic!("no link: {}", self.text));
        link.strip_prefix(origin).unwrap_or_else(|| panic!("another server: {link}")).to_owned()
    }
}

/// A server on a port of its own.
pub struct Mailbox {
    port: u16,
    taken: Arc<Mutex<Vec<Taken>>>,
    serving: JoinHandle<()>,
}

impl Mailbox {
    /// One without TLS.
    pub async fn start() -> Self {
        Self::with(None).await
    }

    /// One over TLS from the first byte, as `localhost`.
    pub async fn start_over_tls(authority: &Authority) -> Self {
        Self::with(Some((tls(authority), false))).await
    }

    /// One that goes over to TLS when it is told STARTTLS, as `localhost`, and takes no message before.
    pub async fn start_with_starttls(authority: &Authority) -> Self {
        Self::with(Some((tls(authority), true))).await
    }

    async fn with(tls: Option<(TlsAcceptor, bool)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let taken = Arc::new(Mutex::new(Vec::new()));
        let kept = taken.clone();
        let serving = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (kept, tls) = (kept.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => converse(client, &kept, Greeting::Plain).await.map(drop),
                        Some((tls, false)) => {
                            converse(tls.accept(client).await?, &kept, Greeting::Plain).await.map(drop)
                        }
                        Some((tls, true)) => match converse(client, &kept, Greeting::Starttls).await? {
                            None => Ok(()),
                            Some(client) => {
                                converse(tls.accept(client).await?, &kept, Greeting::Again).await.map(drop)
                            }
                        },
                    }
                });
            }
        });
        Self { port, taken, serving }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends: nobody is listening on its port any more.
    pub async fn stop(mut self) {
        self.serving.abort();
        let _ = (&mut self.serving).await;
    }

    /// All that it has taken.
    pub fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until so many messages to an address are there; returns the last.
    pub async fn nth_to(&self, address: &str, count: usize) -> Taken {
        let waiting = eventually("a message", async || {
            let to_it: Vec<_> = self.taken().into_iter().filter(|message| message.to == address).collect();
            to_it.get(count - 1).cloned()
        });
        waiting.await
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// What takes connections over TLS, as `localhost`.
fn tls(authority: &Authority) -> TlsAcceptor {
    authority.certify("mail", &["localhost".to_owned()]);
    let chain = CertificateDer::from_pem_file(authority.file("mail.pem")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(authority.file("mail.key")).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .expect("a certificate and its key");
    TlsAcceptor::from(Arc::new(config))
}

/// How a conversation begins.
#[derive(Clone, Copy, PartialEq)]
enum Greeting {
    /// Messages are taken.
    Plain,
    /// Nothing is taken before STARTTLS.
    Starttls,
    /// After STARTTLS: the server was greeted already.
    Again,
}

/// Takes messages. Returns the connection where the client wants TLS.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    client: S,
    kept: &Mutex<Vec<Taken>>,
    greeting: Greeting,
) -> std::io::Result<Option<S>> {
    let mut client = BufReader::new(client);
    if greeting != Greeting::Again {
        client.write_all(b"220 mail.example.org ESMTP\r\n").await?;
        client.flush().await?;
    }
    let waits = greeting == Greeting::Starttls;
    let (mut to, mut credentials, mut line) = (String::new(), String::new(), String::new());
    loop {
        line.clear();
        if client.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let (verb, rest) = line.trim_end().split_once(' ').unwrap_or((line.trim_end(), ""));
        let answer = match verb.to_ascii_uppercase().as_str() {
            "EHLO" if waits => "250-mail.example.org\r\n250 STARTTLS\r\n",
            "STARTTLS" if waits => {
                client.write_all(b"220 go on\r\n").await?;
                client.flush().await?;
                return Ok(Some(client.into_inner()));
            }
            "AUTH" | "MAIL" | "RCPT" | "DATA" if waits => "530 TLS first\r\n",
            "EHLO" => "250-mail.example.org\r\n250 AUTH PLAIN\r\n",
            "AUTH" => {
                rest.clone_into(&mut credentials);
                "235 welcome\r\n"
            }
            "MAIL" => "250 go on\r\n",
            "RCPT" => {
                to = rest.trim_start_matches("TO:<").trim_end_matches('>').to_owned();
                "250 go on\r\n"
            }
            "DATA" => {
                client.write_all(b"354 go on\r\n").await?;
                client.flush().await?;
                let mut text = String::new();
                while client.read_line(&mut text).await? > 0 && !text.ends_with("\r\n.\r\n") {}
                if text.contains("quoted-printable") {
                    text = text.replace("=\r\n", "").replace("=3D", "=");
                }
                let message = Taken { to: to.clone(), text, credentials: credentials.clone() };
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(message);
                "250 taken\r\n"
            }
            "QUIT" => {
                client.write_all(b"221 goodbye\r\n").await?;
                client.flush().await?;
                return Ok(None);
            }
            _ => "250 as you like\r\n",
        };
        client.write_all(answer.as_bytes()).await?;
        client.flush().await?;
    }
}
