//! Signing in and out. No replica remembers a session: what one ends is over on all of them.

use std::{net::IpAddr, time::Duration};

use sha2::{Digest, Sha256};

use super::{App, AppError};
use crate::{
    domain::{ids::AccountId, token::Token},
    store::{
        credentials::{AccountChange, ChangeOutcome, Owner},
        sessions::StoredSession,
    },
};

/// How long a session lasts.
pub const SESSION_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Attempts are counted for so long.
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// Attempts of one client address in that time.
const BY_ADDRESS: u32 = 60;
/// Attempts at one e-mail address in that time, whether an account has it or not.
const AT_EMAIL: u32 = 10;

const REFUSED: AppError = AppError::Unauthorized("The e-mail address or the password is wrong");

impl App {
    /// Begins a session, and ends the one that the browser had.
    ///
    /// # Errors
    /// [`AppError::Unauthorized`], in the same words and after the same time whatever is wrong;
    /// [`AppError::RateLimited`] after too many attempts.
    pub async fn sign_in(
        &self,
        email: &str,
        password: String,
        client: IpAddr,
        former: Option<&Token>,
    ) -> Result<Token, AppError> {
        self.limit_attempts("address", &client.to_string(), BY_ADDRESS).await?;
        let email = email.trim().to_lowercase();
        self.limit_attempts("email", &email, AT_EMAIL).await?;
        // Who isn't there is looked up too.
        let id = self.store.find_account(&email).await?.unwrap_or_else(AccountId::new_v4);
        let owner = self.store.read_owner(id).await?;
        let kept = owner.as_ref().and_then(|owner| owner.password.clone());
        let is_right = self.passwords.is_right(password, kept).await?;
        let owner = owner.filter(|_| is_right).ok_or(REFUSED)?;
        self.store.forget_attempts("email", &subject(&email)).await?;
        self.begin_session(&owner, former).await
    }

    /// Refuses what has been tried too often.
    pub(super) async fn limit_attempts(
        &self,
        kind: &'static str,
        text: &str,
        most: u32,
    ) -> Result<(), AppError> {
        match self.store.count_attempt(kind, &subject(text), most, WINDOW).await? {
            None => Ok(()),
            Some(retry_after) => Err(AppError::RateLimited { retry_after }),
        }
    }

    /// Begins a session of an account, and ends the one that the browser had.
    pub(super) async fn begin_session(
        &self,
        owner: &Owner,
        former: Option<&Token>,
    ) -> Result<Token, AppError> {
        let token = Token::generate();
        let session =
            StoredSession { account: owner.account.id, epoch: owner.epoch, since: self.clock.now() };
        self.store.begin_session(&token.hash(), &session, SESSION_LIFETIME).await?;
        if let Some(former) = former {
            self.store.end_session(&former.hash()).await?;
        }
        Ok(token)
    }

    /// Whose session this is; `None` where it is none, or not any more.
    pub async fn owner_of_session(&self, token: &Token) -> Result<Option<Owner>, AppError> {
        let Some(session) = self.store.find_session(&token.hash()).await? else { return Ok(None) };
        let age = self.clock.now().micros() - session.since.micros();
        if u128::from(age.unsigned_abs()) >= SESSION_LIFETIME.as_micros() {
            return Ok(None);
        }
        let owner = self.store.read_owner(session.account).await?;
        Ok(owner.filter(|owner| owner.epoch == session.epoch))
    }

    /// Ends a session.
    pub async fn sign_out(&self, token: &Token) -> Result<(), AppError> {
        Ok(self.store.end_session(&token.hash()).await?)
    }

    /// Ends all sessions of an account, and begins one anew for the browser that asks for it.
    pub async fn sign_out_elsewhere(&self, owner: &Owner, own: &Token) -> Result<Token, AppError> {
        let change = AccountChange { new_epoch: true, ..AccountChange::default() };
        let owner = Owner { epoch: self.change(owner.account.id, &change).await?, ..owner.clone() };
        self.begin_session(&owner, Some(own)).await
    }

    /// Whether this is the owner's password, for what a borrowed browser must not do. Attempts are limited.
    ///
    /// # Errors
    /// [`AppError::Invalid`] where it isn't.
    pub async fn confirm_password(&self, owner: &Owner, password: String) -> Result<(), AppError> {
        self.limit_attempts("confirm", &owner.account.id.to_string(), AT_EMAIL).await?;
        match self.passwords.is_right(password, owner.password.clone()).await? {
            true => {
                let of = subject(&owner.account.id.to_string());
                Ok(self.store.forget_attempts("confirm", &of).await?)
            }
            false => Err(AppError::invalid("current_password", "This is not your password")),
        }
    }

    /// Changes an account and returns its epoch.
    pub(super) async fn change(&self, account: AccountId, change: &AccountChange) -> Result<u64, AppError> {
        match self.store.change_account(account, change).await? {
            ChangeOutcome::Changed(epoch) => Ok(epoch),
            ChangeOutcome::Missing => Err(AppError::NotFound("Account")),
            ChangeOutcome::OtherEpoch => Err(AppError::Conflict("The account was changed meanwhile")),
        }
    }
}

/// What is tried becomes part of a key's name, where it shows to nobody.
fn subject(text: &str) -> String {
    Sha256::digest(text.as_bytes())[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}
