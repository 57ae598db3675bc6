//! What machines call things, and the public handle that stands for a player where others can see it.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Serialize, Serializer};
use sha2::Sha256;
use thiserror::Error;
use uuid::Uuid;

use super::hex;

/// The text is no UUID of 36 characters with hyphens or 32 without.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the id must be a UUID")]
pub struct InvalidId;

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub struct $name(Uuid);

        impl $name {
            /// A new random id.
            pub fn new_v4() -> $name {
                $name(Uuid::new_v4())
            }

            /// Reads a UUID of any version, with hyphens or without, in any case.
            ///
            /// # Errors
            ///
            /// [`InvalidId`] for everything else, braces and `urn:uuid:` too.
            pub fn parse(text: &str) -> Result<$name, InvalidId> {
                parse_uuid(text).map($name)
            }

            /// The id of these bytes, in network order.
            pub const fn from_bytes(bytes: [u8; 16]) -> $name {
                $name(Uuid::from_bytes(bytes))
            }

            /// The bytes, in network order.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        /// Lower case, with hyphens.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.0.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
            }
        }
    };
}

id_type! {
    /// Names an account.
    AccountId
}
id_type! {
    /// Names a leaderboard.
    LeaderboardId
}
id_type! {
    /// Names an API key in management routes. It isn't the key.
    KeyId
}
id_type! {
    /// Names entries that were removed together and can be put back together.
    RemovalId
}
id_type! {
    /// Names a player on one leaderboard. Who knows it can't write with it, but lists never show it.
    PlayerId
}

fn parse_uuid(text: &str) -> Result<Uuid, InvalidId> {
    // By length, because Uuid also reads braces and URNs, which clients never send and paths shouldn't alias.
    if !matches!(text.len(), 32 | 36) {
        return Err(InvalidId);
    }
    Uuid::try_parse(text).map_err(|_| InvalidId)
}

/// The secret under which a leaderboard's public handles are made. It lives and travels with the leaderboard.
#[derive(Clone)]
pub struct HandleSecret([u8; 32]);

impl HandleSecret {
    /// A new random secret.
    pub fn generate() -> HandleSecret {
        HandleSecret(rand::random())
    }

    /// A secret that was stored.
    pub const fn from_bytes(bytes: [u8; 32]) -> HandleSecret {
        HandleSecret(bytes)
    }

    /// Reads what [`expose_hex`](HandleSecret::expose_hex) gave.
    pub fn from_hex(text: &str) -> Option<HandleSecret> {
        hex::decode(text).map(HandleSecret)
    }

    /// The secret itself, to be stored and never to be logged.
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The same in 64 hexadecimal digits, to be exported.
    pub fn expose_hex(&self) -> String {
        hex::encode(&self.0)
    }
}

impl fmt::Debug for HandleSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HandleSecret(…)")
    }
}

/// Makes the handles of one leaderboard. Build it once: it holds the hashed key, half of the work of an HMAC.
#[derive(Clone)]
pub struct HandleMaker(Hmac<Sha256>);

impl HandleMaker {
    /// A maker for the leaderboard with this secret.
    pub fn new(secret: &HandleSecret) -> HandleMaker {
        HandleMaker(Hmac::new_from_slice(&secret.0).expect("HMAC takes keys of any length"))
    }

    /// The player's handle: always the same on this leaderboard, another on each other one.
    pub fn handle(&self, player: &PlayerId) -> EntryHandle {
        let mac = self.0.clone().chain_update(player.as_bytes()).finalize();
        let mut half = [0; 16];
        half.copy_from_slice(&mac.as_bytes()[..16]);
        EntryHandle(encode_base64url(half))
    }
}

impl fmt::Debug for HandleMaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HandleMaker(…)")
    }
}

/// An entry's public `id`: 22 characters of base64url that can't be turned back into the player's id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryHandle([u8; 22]);

impl EntryHandle {
    /// The 22 characters.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("base64url is ASCII")
    }
}

impl fmt::Display for EntryHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for EntryHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntryHandle({self})")
    }
}

impl Serialize for EntryHandle {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

fn encode_base64url(bytes: [u8; 16]) -> [u8; 22] {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits = u128::from_be_bytes(bytes);
    let mut text = [0; 22];
    for (place, character) in text[..21].iter_mut().enumerate() {
        *character = ALPHABET[(bits >> (122 - 6 * place)) as usize & 63];
    }
    // 21 characters take 126 bits; the last 2 are the upper bits of the 22nd.
    text[21] = ALPHABET[(bits << 4) as usize & 63];
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAYER: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";

    #[test]
    fn ids_are_read_with_and_without_hyphens_in_any_case() {
        for text in [PLAYER, "67E55044-10B1-426F-9247-BB680E5FE0C8", "67e5504410b1426f9247bb680e5fe0C8"] {
            assert_eq!(PlayerId::parse(text).map(|id| id.to_string()).as_deref(), Ok(PLAYER));
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "",
            "67e55044",
            "{67e55044-10b1-426f-9247-bb680e5fe0c8}",
            "{67e5504410b1426f9247bb680e5fe0}",
            "urn:uuid:67e55044-10b1-426f-9247-bb680e5fe0c8",
            " 67e55044-10b1-426f-9247-bb680e5fe0c",
            "67e55044-10b1-426f-9247-bb680e5fe0cg",
            "67e550-4410b1-426f-9247-bb680e5fe0c8",
            "67e5504410b1-426f-9247-bb680e5fe0c8-",
            "67e55044-10b1-426f-9247-bb680e5fe0é",
        ] {
            assert_eq!(PlayerId::parse(text), Err(InvalidId), "{text}");
        }
    }

    #[test]
    fn ids_serialize_as_they_are_displayed() {
        let id = AccountId::new_v4();
        assert_eq!(serde_json::to_string(&id).expect("serializes"), format!("\"{id}\""));
        assert_eq!(AccountId::from_bytes(*id.as_bytes()), id);
    }

    // Python: base64.urlsafe_b64encode(hmac.digest(bytes(range(32)), uuid.UUID(PLAYER).bytes, "sha256")[:16])
    #[test]
    fn a_handle_is_a_truncated_hmac() {
        let mut secret = [0; 32];
        secret.iter_mut().zip(0..).for_each(|(byte, value)| *byte = value);
        let maker = HandleMaker::new(&HandleSecret::from_bytes(secret));
        let player = PlayerId::parse(PLAYER).expect("a UUID");
        assert_eq!(maker.handle(&player).as_str(), "c7bFxbJgQyFWwyLapv5VRQ");
        assert_eq!(maker.handle(&player), maker.handle(&player));
        let other = HandleMaker::new(&HandleSecret::generate());
        assert_ne!(maker.handle(&player), other.handle(&player));
    }

    #[test]
    fn base64url_has_all_bits() {
        assert_eq!(&encode_base64url([0; 16]), b"AAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(&encode_base64url([255; 16]), b"_____________________w");
    }

    #[test]
    fn secrets_are_not_in_debug_output() {
        let secret = HandleSecret::from_bytes([7; 32]);
        assert_eq!(secret.expose_hex(), "07".repeat(32));
        assert_eq!(HandleSecret::from_hex(&"07".repeat(32)).map(|secret| secret.0), Some([7; 32]));
        assert!(!format!("{secret:?} {:?}", HandleMaker::new(&secret)).contains('7'));
    }

    proptest! {
        #[test]
        fn every_id_reads_back(bytes: [u8; 16]) {
            let id = LeaderboardId::from_bytes(bytes);
            prop_assert_eq!(LeaderboardId::parse(&id.to_string()), Ok(id));
            prop_assert_eq!(LeaderboardId::parse(&id.to_string().to_uppercase().replace('-', "")), Ok(id));
        }

        #[test]
        fn any_text_is_taken_or_refused(text in prop_oneof![any::<String>(), "[0-9a-fA-F{}-]{30,40}"]) {
            if let Ok(id) = KeyId::parse(&text) {
                prop_assert_eq!(id.to_string().replace('-', ""), text.to_lowercase().replace('-', ""));
            }
        }
    }
}
