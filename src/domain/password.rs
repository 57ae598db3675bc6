//! Passwords as people choose them. What is kept of one is its hash alone.

use std::fmt;

use thiserror::Error;

const LENGTH: std::ops::RangeInclusive<usize> = 10..=200;

/// A password that is long enough to be one.
#[derive(Clone)]
pub struct Password(String);

/// The text is too short or too long, counted in Unicode scalar values.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the password must have {} to {} characters", LENGTH.start(), LENGTH.end())]
pub struct InvalidPassword;

impl Password {
    /// Takes a text as it stands: every character counts, spaces too.
    ///
    /// # Errors
    /// [`InvalidPassword`]
    pub fn parse(text: String) -> Result<Self, InvalidPassword> {
        LENGTH.contains(&text.chars().count()).then_some(Self(text)).ok_or(InvalidPassword)
    }

    /// The bytes to hash.
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_has_ten_characters_of_any_script() {
        for text in ["twelve chars", "密码密码密码密码密码", &"x".repeat(200)] {
            assert!(Password::parse(text.to_owned()).is_ok(), "{text}");
        }
        for text in ["", "short", "密码密码密码密码密", &"x".repeat(201)] {
            assert_eq!(Password::parse(text.to_owned()).map(|_| ()), Err(InvalidPassword), "{text}");
        }
    }

    #[test]
    fn it_stays_out_of_debug_output() {
        let password = Password::parse("correct horse".to_owned()).expect("a password");
        assert_eq!(format!("{password:?}"), "Password(…)");
    }
}
