//! Hashing passwords: dear on purpose, so never on the threads that serve, and never many at once.

use std::sync::{Arc, LazyLock};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier},
};
use tokio::sync::{Semaphore, TryAcquireError};

use super::AppError;
use crate::{domain::password::Password, store::credentials::PasswordHash};

/// Hashes at once: each takes 19 MiB and a processor for some tens of milliseconds.
const AT_ONCE: usize = 2;
/// Who waits for one at the most; more are turned away.
const WAITING: usize = 64;

/// What is compared with where an account has no password, or there is none: that takes as long.
static NOBODYS: LazyLock<PasswordHash> = LazyLock::new(|| PasswordHash(hash(b"nobody's password")));

/// Hashes and compares passwords with Argon2id.
pub struct Passwords {
    room: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        let semaphore = |permits| Arc::new(Semaphore::new(permits));
        Self { room: semaphore(AT_ONCE), queue: semaphore(AT_ONCE + WAITING) }
    }
}

impl Passwords {
    /// The hash to keep of a password.
    ///
    /// # Errors
    /// [`AppError::RateLimited`] where too many wait already.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, AppError> {
        self.run(move || PasswordHash(hash(password.expose()))).await
    }

    /// Whether this is the password with that hash; without one, it isn't, and that takes as long to say.
    ///
    /// # Errors
    /// [`AppError::RateLimited`] where too many wait already.
    pub async fn is_right(&self, given: String, kept: Option<PasswordHash>) -> Result<bool, AppError> {
        self.run(move || {
            let PasswordHash(text) = kept.as_ref().unwrap_or(&NOBODYS);
            let is_right = Argon2::default().verify_password(given.as_bytes(), text.as_str()).is_ok();
            is_right && kept.is_some()
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
        let busy = AppError::RateLimited { retry_after: std::time::Duration::from_secs(2) };
        let waiting = match self.queue.clone().try_acquire_owned() {
            Ok(waiting) => waiting,
            Err(TryAcquireError::NoPermits | TryAcquireError::Closed) => return Err(busy),
        };
        let Ok(permit) = self.room.clone().acquire_owned().await else { return Err(busy) };
        // The permits go along: who goes away meanwhile leaves the work behind.
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop((permit, waiting));
            result
        });
        Ok(done.await.expect("hashing doesn't panic"))
    }
}

fn hash(password: &[u8]) -> String {
    let salt: [u8; 16] = rand::random();
    let hash = Argon2::default().hash_password_with_salt(password, &salt);
    hash.expect("the default parameters and a salt of 16 bytes are valid").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_which_is_of_argon2id_and_salted() {
        let passwords = Passwords::default();
        let parse = |text: &str| Password::parse(text.to_owned()).expect("a password");
        let one = passwords.hash(parse("correct horse")).await.expect("a hash");
        let two = passwords.hash(parse("correct horse")).await.expect("a hash");
        assert!(one.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", one.0);
        assert_ne!(one.0, two.0);
        assert!(passwords.is_right("correct horse".to_owned(), Some(one.clone())).await.expect("an answer"));
        assert!(!passwords.is_right("correct horsf".to_owned(), Some(one)).await.expect("an answer"));
        assert!(!passwords.is_right("nobody's password".to_owned(), None).await.expect("an answer"));
    }
}
