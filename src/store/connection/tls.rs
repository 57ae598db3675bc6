//! TLS to Redis: whom to trust, and who to be.

use std::sync::Arc;

use redis::{
    Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, RedisError, TlsCertificates,
    io::tcp::TcpSettings,
};

use crate::store::error::StoreError;

/// Certificates for `rediss://` and its kin, as PEM.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// Whom to trust; `None` for the public certificate authorities.
    pub authority: Option<Arc<[u8]>>,
    /// Who to be: a certificate chain and its key; `None` where Redis doesn't ask.
    pub identity: Option<(Arc<[u8]>, PrivateKey)>,
}

/// A private key, as PEM.
#[derive(Clone)]
pub struct PrivateKey(Arc<[u8]>);

impl PrivateKey {
    /// Takes the text of a PEM file.
    pub fn new(pem: &[u8]) -> Self {
        Self(pem.into())
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}

/// A client whose TCP connections send at once.
pub(super) fn client(info: ConnectionInfo, tls: Option<&Tls>) -> Result<Client, StoreError> {
    let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
    let client = match (info.addr(), tls) {
        (ConnectionAddr::TcpTls { .. }, Some(tls)) => {
            let certificates = TlsCertificates {
                client_tls: tls.identity.as_ref().map(|(chain, key)| ClientTlsConfig {
                    client_cert: chain.to_vec(),
                    client_key: key.0.to_vec(),
                }),
                root_cert: tls.authority.as_ref().map(|pem| pem.to_vec()),
            };
            Client::build_with_tls(info, certificates)
        }
        _ => Client::open(info),
    };
    client.map_err(|error: RedisError| StoreError::Refused(error))
}
