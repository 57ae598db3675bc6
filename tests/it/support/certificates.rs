//! An authority of the tests' own, and the certificates that it has signed.

use std::{fs, path::PathBuf, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use redis::{Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, RedisResult, TlsCertificates};

use super::scratch::Scratch;

/// An authority, with a certificate for clients that it has signed.
#[derive(Clone)]
pub struct Authority(Arc<Inner>);

struct Inner {
    issuer: Issuer<'static, KeyPair>,
    files: Scratch,
}

impl Authority {
    pub fn new() -> Self {
        let files = Scratch::new("rk-tls");
        // No two of the same name, which would pass for each other until they are found not to have signed.
        let name = format!("authority {}", uuid::Uuid::new_v4().simple());
        let (mut params, key) = (named(&name, &[]), KeyPair::generate().expect("a key"));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let certificate = params.self_signed(&key).expect("a certificate");
        fs::write(files.join("authority.pem"), certificate.pem()).expect("a file");
        let authority = Self(Arc::new(Inner { issuer: Issuer::new(params, key), files }));
        authority.certify("client", &["localhost".to_owned()]);
        authority
    }

    /// Writes `{name}.pem` for whoever is found at these names or addresses, and its `{name}.key`.
    pub fn certify(&self, name: &str, found_at: &[String]) {
        let (params, key) = (named(name, found_at), KeyPair::generate().expect("a key"));
        let certificate = params.signed_by(&key, &self.0.issuer).expect("a certificate");
        fs::write(self.file(&format!("{name}.pem")), certificate.pem()).expect("a file");
        fs::write(self.file(&format!("{name}.key")), key.serialize_pem()).expect("a file");
    }

    /// A file of its own: `authority.pem`, and what was written for others.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.files.join(name)
    }

    /// The same as text.
    pub fn path(&self, name: &str) -> String {
        self.file(name).display().to_string()
    }

    /// A client that trusts it and shows its certificate.
    pub fn client(&self, host: &str, port: u16, settings: redis::RedisConnectionInfo) -> RedisResult<Client> {
        let host = host.to_owned();
        let address = ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None };
        let info: ConnectionInfo = redis::IntoConnectionInfo::into_connection_info(address)?;
        let read = |name| fs::read(self.file(name)).expect("a file");
        let certificates = TlsCertificates {
            client_tls: Some(ClientTlsConfig {
                client_cert: read("client.pem"),
                client_key: read("client.key"),
            }),
            root_cert: Some(read("authority.pem")),
        };
        Client::build_with_tls(info.set_redis_settings(settings), certificates)
    }

    /// Rankora's options to trust it.
    pub fn trusted(&self) -> [String; 2] {
        ["--redis-ca-file".to_owned(), self.path("authority.pem")]
    }

    /// Rankora's options to show what it has signed for a client.
    pub fn shown(&self) -> [String; 4] {
        let (certificate, key) = (self.path("client.pem"), self.path("client.key"));
        ["--redis-cert-file".to_owned(), certificate, "--redis-key-file".to_owned(), key]
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Authority({})", self.0.files.display())
    }
}

fn named(name: &str, found_at: &[String]) -> CertificateParams {
    let mut params = CertificateParams::new(found_at).expect("names");
    // An issuer of the same name as what it has issued would pass for that itself.
    params.distinguished_name.push(DnType::CommonName, name);
    params
}
