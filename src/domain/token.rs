//! Secrets that a browser or a link carries: sessions and one-time links. Redis knows them by their hash.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::hex;

/// 256 random bits; 64 hexadecimal digits where it is carried.
#[derive(Clone, Copy)]
pub struct Token([u8; 32]);

impl Token {
    /// A new one, from the thread's cryptographic generator.
    pub fn generate() -> Self {
        Self(rand::random())
    }

    /// Reads what [`Self::expose`] gave; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        hex::decode(text).map(Self)
    }

    /// The text, for whoever carries it. Never log it.
    pub fn expose(&self) -> String {
        hex::encode(&self.0)
    }

    /// The secret itself, as the key of what is signed with it.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What Redis knows it by. A fast hash is enough: nobody guesses 256 random bits.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0).into())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// SHA-256 of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenHash([u8; 32]);

/// 64 hexadecimal digits in lower case.
impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&hex::encode(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written_and_never_the_same() {
        let (one, two) = (Token::generate(), Token::generate());
        assert_eq!(Token::parse(&one.expose()).map(|token| token.0), Some(one.0));
        assert_ne!(one.0, two.0);
        assert_ne!(one.hash().to_string(), one.expose());
        for text in ["", "00", &"g".repeat(64), &"0".repeat(63), &"0".repeat(65)] {
            assert!(Token::parse(text).is_none(), "{text}");
        }
        assert_eq!(format!("{one:?}"), "Token(…)");
    }
}
