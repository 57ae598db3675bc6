//! Redis over TLS, with an authority of one's own and certificates for both sides.

use std::{net::TcpListener, path::Path};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tempfile::TempDir;
use uuid::Uuid;

use crate::support::{eventually, redis::Server, world::World};

/// A redis-server that answers over TLS alone, and only to who shows a certificate.
struct Guarded {
    _server: Server,
    files: TempDir,
    url: String,
}

/// Writes a certificate and its key; of an authority of its own where there is none to sign it.
fn certify(directory: &Path, name: &str, issuer: Option<&Issuer<'_, KeyPair>>) -> Issuer<'static, KeyPair> {
    let mut params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
    // An issuer of the same name as what it has issued would pass for that itself.
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().expect("a key");
    let certificate = match issuer {
        Some(issuer) => params.signed_by(&key, issuer),
        None => {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
            params.self_signed(&key)
        }
    };
    std::fs::write(directory.join(format!("{name}.pem")), certificate.expect("a certificate").pem())
        .expect("a file");
    std::fs::write(directory.join(format!("{name}.key")), key.serialize_pem()).expect("a file");
    Issuer::new(params, key)
}

impl Guarded {
    fn start() -> Self {
        let files = tempfile::tempdir().expect("a directory");
        let authority = certify(files.path(), "authority", None);
        certify(files.path(), "server", Some(&authority));
        certify(files.path(), "client", Some(&authority));
        certify(files.path(), "stranger", None);
        let port = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("one").port();
        let file = |name: &str| files.path().join(name).display().to_string();
        let server = Server::start(&[
            "--bind",
            "127.0.0.1",
            "--tls-port",
            &port.to_string(),
            "--tls-auth-clients",
            "yes",
            "--tls-ca-cert-file",
            &file("authority.pem"),
            "--tls-cert-file",
            &file("server.pem"),
            "--tls-key-file",
            &file("server.key"),
        ]);
        Self { _server: server, files, url: format!("rediss://localhost:{port}") }
    }

    /// A world that trusts this authority and shows this certificate.
    fn world(&self, authority: &str, identity: Option<&str>) -> World {
        let file = |name: String| self.files.path().join(name).display().to_string();
        let world =
            World::at(self.url.clone()).with_options(&["--redis-ca-file", &file(format!("{authority}.pem"))]);
        match identity {
            Some(name) => world.with_options(&[
                "--redis-cert-file",
                &file(format!("{name}.pem")),
                "--redis-key-file",
                &file(format!("{name}.key")),
            ]),
            None => world,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_and_streams_work_over_tls_with_certificates_on_both_sides() {
    let redis = Guarded::start();
    let replica = redis.world("authority", Some("client")).replica().await;
    let board = replica.board("unlimited").await;
    let api = replica.api(&board.secret);
    let mut stream = api.stream("").await;
    stream.begin().await;
    api.submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    stream.expect("update").await;
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_a_stranger_nor_a_strangers_server_is_trusted() {
    let redis = Guarded::start();
    for (authority, identity) in
        [("stranger", Some("client")), ("authority", Some("stranger")), ("authority", None)]
    {
        let process = redis.world(authority, identity).process().start();
        eventually("a failure that is named", async || {
            let reason = process.unready().await;
            reason.contains("can't be reached").then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_without_its_key_or_a_file_that_is_not_there_is_said_at_once() {
    let redis = Guarded::start();
    let half = World::at(redis.url.clone()).with_options(&["--redis-cert-file", "/nowhere/client.pem"]);
    let ended = half.process().run().await;
    assert!(ended.log.contains("--redis-key-file"), "{}", ended.log);
    let missing = World::at(redis.url.clone()).with_options(&["--redis-ca-file", "/nowhere/authority.pem"]);
    let ended = missing.process().run().await;
    assert!(!ended.status.success() && ended.log.contains("/nowhere/authority.pem"), "{}", ended.log);
}
