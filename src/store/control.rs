//! What replicas tell each other: what to forget.

use super::{Store, error::StoreError, keys::AccountKeys};
use crate::domain::{
    api_key::KeyHash,
    ids::{AccountId, KeyId},
};

/// One message on the control channel.
#[derive(Clone, Debug, PartialEq)]
pub enum ControlMessage {
    /// A key was made or revoked, or the sites that it is for are others.
    KeyChanged {
        /// Its id.
        id: KeyId,
        /// What it is looked up by.
        hash: KeyHash,
    },
    /// An account's plan was changed.
    AccountChanged(AccountId),
    /// The month's requests of an account are about to run out: open leases are needed back.
    ReturnLeases(AccountId),
}

impl ControlMessage {
    fn text(&self) -> String {
        match self {
            Self::KeyChanged { id, hash } => format!("key {id} {hash}"),
            Self::AccountChanged(id) => format!("account {id}"),
            Self::ReturnLeases(id) => format!("leases {id}"),
        }
    }

    /// Reads a message; `None` for what a newer version may say.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut words = std::str::from_utf8(text).ok()?.split(' ');
        match (words.next()?, words.next(), words.next()) {
            ("key", Some(id), Some(hash)) => {
                Some(Self::KeyChanged { id: KeyId::parse(id).ok()?, hash: KeyHash::from_hex(hash)? })
            }
            ("account", Some(id), None) => Some(Self::AccountChanged(AccountId::parse(id).ok()?)),
            ("leases", Some(id), None) => Some(Self::ReturnLeases(AccountId::parse(id).ok()?)),
            _ => None,
        }
    }
}

impl Store {
    /// Tells all replicas, this one included, by way of the account's server. In a cluster each hears it from all
    /// servers.
    pub async fn publish_control(
        &self,
        account: &AccountKeys,
        message: ControlMessage,
    ) -> Result<(), StoreError> {
        let mut command = redis::cmd("PUBLISH");
        command.arg(self.keys.control_channel()).arg(message.text());
        self.connections.command_at(account.record.as_bytes(), &command).await?;
        Ok(())
    }
}
