//! API keys: what they may do, how they are made, and how a typo in one is seen.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use rand::RngExt as _;
use rand::distr::Alphanumeric;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use thiserror::Error;

use super::hex;

const PREFIX_LENGTH: usize = 7;
/// 33 characters of 62 hold 196 bits.
const RANDOM_LENGTH: usize = 33;
const CHECKED_LENGTH: usize = PREFIX_LENGTH + RANDOM_LENGTH;
const CHECKSUM_LENGTH: usize = 6;
const LENGTH: usize = CHECKED_LENGTH + CHECKSUM_LENGTH;

/// What a key is for. Secret and publishable keys belong to one leaderboard, management keys to the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// Everything on its leaderboard.
    Secret,
    /// Reading its leaderboard. Safe in a page.
    Publishable,
    /// The account's leaderboards, keys and usage, but no entries.
    Management,
}

impl KeyKind {
    /// Every kind.
    pub const ALL: [KeyKind; 3] = [KeyKind::Secret, KeyKind::Publishable, KeyKind::Management];

    /// What the text of such a key begins with.
    pub const fn prefix(self) -> &'static str {
        match self {
            KeyKind::Secret => "rk_sec_",
            KeyKind::Publishable => "rk_pub_",
            KeyKind::Management => "rk_mgt_",
        }
    }

    /// The kind's name on the wire and in Redis.
    pub const fn as_str(self) -> &'static str {
        match self {
            KeyKind::Secret => "secret",
            KeyKind::Publishable => "publishable",
            KeyKind::Management => "management",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<KeyKind> {
        KeyKind::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// May read its leaderboard, its entries and its stream.
    pub const fn may_read(self) -> bool {
        matches!(self, KeyKind::Secret | KeyKind::Publishable)
    }

    /// May submit and delete entries.
    pub const fn may_write(self) -> bool {
        matches!(self, KeyKind::Secret)
    }

    /// May manage the account's leaderboards and keys.
    pub const fn may_manage(self) -> bool {
        matches!(self, KeyKind::Management)
    }

    /// May see the account's usage.
    pub const fn may_see_usage(self) -> bool {
        matches!(self, KeyKind::Secret | KeyKind::Management)
    }
}

/// Why a text can't be an API key. Says nothing about which keys exist.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum KeyFormatError {
    /// It begins as no key does.
    #[error("an API key begins with rk_sec_, rk_pub_ or rk_mgt_")]
    UnknownPrefix,
    /// Something is missing, superfluous or outside the alphabet.
    #[error("an API key has {LENGTH} letters, digits and underscores")]
    Malformed,
    /// The checksum is another: a character was mistyped.
    #[error("the API key has a typing error")]
    Checksum,
}

/// The text of an API key, well-formed; whether it is known is for the keys in Redis to say.
#[derive(Clone)]
pub struct ApiKey {
    kind: KeyKind,
    text: Box<str>,
}

impl ApiKey {
    /// A new key with 196 bits from the thread's cryptographic generator, which the operating system seeds.
    pub fn generate(kind: KeyKind) -> ApiKey {
        let mut text = String::with_capacity(LENGTH);
        text.push_str(kind.prefix());
        text.extend(rand::rng().sample_iter(Alphanumeric).take(RANDOM_LENGTH).map(char::from));
        text.extend(checksum(text.as_bytes()).map(char::from));
        ApiKey { kind, text: text.into() }
    }

    /// Reads what a caller sent. Asks nobody.
    ///
    /// # Errors
    ///
    /// See [`KeyFormatError`]. The prefix and the length are public; all that follows takes the same time for
    /// every text.
    pub fn parse(text: &str) -> Result<ApiKey, KeyFormatError> {
        let kind = KeyKind::ALL
            .into_iter()
            .find(|kind| text.starts_with(kind.prefix()))
            .ok_or(KeyFormatError::UnknownPrefix)?;
        if text.len() != LENGTH {
            return Err(KeyFormatError::Malformed);
        }
        let bytes = text.as_bytes();
        let in_alphabet =
            bytes[PREFIX_LENGTH..].iter().fold(true, |so_far, byte| so_far & byte.is_ascii_alphanumeric());
        let (checked, sum) = bytes.split_at(CHECKED_LENGTH);
        let sum_matches: bool = checksum(checked).ct_eq(sum).into();
        if !in_alphabet {
            return Err(KeyFormatError::Malformed);
        }
        if !sum_matches {
            return Err(KeyFormatError::Checksum);
        }
        Ok(ApiKey { kind, text: text.into() })
    }

    /// What the key is for.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The text, for the answer that shows a key once. Never log it.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// What Redis knows the key by.
    pub fn hash(&self) -> KeyHash {
        KeyHash(Sha256::digest(self.text.as_bytes()).into())
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({}…)", self.kind.prefix())
    }
}

/// SHA-256 of a key's text. A fast hash is enough: nobody guesses 196 random bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyHash([u8; 32]);

/// A part of it is as good as all of it: nobody chooses what SHA-256 makes of a key.
impl Hash for KeyHash {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(&self.0[..8]);
    }
}

impl KeyHash {
    /// A hash that was stored.
    pub const fn from_bytes(bytes: [u8; 32]) -> KeyHash {
        KeyHash(bytes)
    }

    /// Reads what [`fmt::Display`] writes.
    pub fn from_hex(text: &str) -> Option<KeyHash> {
        hex::decode(text).map(KeyHash)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// 64 hexadecimal digits in lower case.
impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&hex::encode(&self.0))
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyHash({self})")
    }
}

/// CRC-32 in base 62. It sees every error within four neighbouring characters, which a truncated hash doesn't
/// promise.
fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_LENGTH] {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut rest = crc32(bytes);
    let mut text = [0; CHECKSUM_LENGTH];
    for character in text.iter_mut().rev() {
        *character = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    text
}

fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = crc32_table();
    !bytes.iter().fold(!0, |crc, byte| TABLE[usize::from(crc as u8 ^ byte)] ^ (crc >> 8))
}

const fn crc32_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut crc = index as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
            bit += 1;
        }
        table[index] = crc;
        index += 1;
    }
    table
}

#[cfg(test)]
#[path = "api_key_tests.rs"]
mod tests;
