//! Accounts as their owners make and change them: one-time links, sign-up, passwords and e-mail addresses.

use std::{net::IpAddr, time::Duration};

use super::{
    App, AppError,
    accounts::{EMAIL_IN_TRANSIT, EMAIL_TAKEN, parse_email},
};
use crate::{
    domain::{ids::AccountId, password::Password, timestamp::Timestamp, token::Token},
    store::{
        accounts::{Account, Claim},
        credentials::{AccountChange, ChangeOutcome, Owner},
        links::{Purpose, StoredLink},
    },
};

/// How long a link to set a password is good.
pub const PASSWORD_LINK_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
/// How long an invitation is good.
pub const INVITATION_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Accounts that one client address may make, or try to, within a quarter of an hour.
pub(super) const SIGN_UPS: u32 = 20;

/// Addresses with an account that may be tried with one invitation; with the last of them it is void.
const TAKEN: u32 = 3;

pub(super) const LINK_VOID: AppError =
    AppError::Unauthorized("This link is not valid: it was used already, or its time is over");

/// What lets somebody make an account.
#[derive(Clone, Copy, Debug)]
pub enum Leave {
    /// Everybody may.
    Open,
    /// This link: an invitation, the one for the first account, or one that was sent to an address.
    Link(Token),
}

/// What a link to make an account is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignUpLink {
    /// It makes the installation's first account, whose owner is its operator.
    First,
    /// It makes an account like any other.
    Invitation,
    /// It makes an account with this address, which it was sent to.
    Confirmed(String),
}

impl App {
    /// Makes a link with which an account's password is set, once.
    pub async fn create_password_link(&self, account: AccountId) -> Result<Token, AppError> {
        let owner = self.owner(account).await?;
        let purpose = Purpose::Password { account, epoch: owner.epoch };
        self.create_link(purpose, PASSWORD_LINK_LIFETIME).await
    }

    /// Makes a link with which somebody can make an account, once.
    pub async fn create_invitation(&self) -> Result<Token, AppError> {
        self.create_link(Purpose::Invitation { taken: 0 }, INVITATION_LIFETIME).await
    }

    pub(super) async fn create_link(&self, purpose: Purpose, lifetime: Duration) -> Result<Token, AppError> {
        let token = Token::generate();
        let lifetime_us = i64::try_from(lifetime.as_micros()).unwrap_or(i64::MAX);
        let until = Timestamp::from_micros(self.clock.now().micros().saturating_add(lifetime_us));
        self.store.create_link(&token.hash(), &StoredLink { purpose, until }, lifetime).await?;
        Ok(token)
    }

    /// The link with which the first account is made; `None` where there are accounts already.
    pub async fn offer_setup(&self) -> Result<Option<Token>, AppError> {
        if self.store.count_accounts().await? > 0 {
            return Ok(None);
        }
        Ok(self.store.offer_setup(&Token::generate()).await?)
    }

    /// What kind of account a link makes, without using it up.
    ///
    /// # Errors
    /// [`AppError::Unauthorized`] where it makes none.
    pub async fn find_sign_up_link(&self, token: &Token) -> Result<SignUpLink, AppError> {
        if let Some(link) = self.store.find_link(&token.hash()).await? {
            return match link.purpose {
                _ if link.until <= self.clock.now() => Err(LINK_VOID),
                Purpose::Invitation { .. } => Ok(SignUpLink::Invitation),
                Purpose::SignUp { email } => Ok(SignUpLink::Confirmed(email)),
                Purpose::Password { .. } | Purpose::Email { .. } => Err(LINK_VOID),
            };
        }
        let setup = self.store.find_setup().await?;
        let is_setup = setup.is_some_and(|setup| setup.hash() == token.hash());
        match is_setup && self.store.count_accounts().await? == 0 {
            true => Ok(SignUpLink::First),
            false => Err(LINK_VOID),
        }
    }

    /// Makes an account with a password and begins a session. A link that was sent to an address makes it with that one.
    ///
    /// # Errors
    /// [`AppError::Unauthorized`] where the link is void, [`AppError::Conflict`] where the address is taken.
    pub async fn sign_up(
        &self,
        leave: Leave,
        email: &str,
        password: Password,
        client: IpAddr,
    ) -> Result<Token, AppError> {
        self.limit_attempts("sign-up", &client.to_string(), SIGN_UPS).await?;
        let link = match leave {
            Leave::Open => None,
            Leave::Link(token) => Some((token, self.find_sign_up_link(&token).await?)),
        };
        let email = match &link {
            Some((_, SignUpLink::Confirmed(email))) => email.clone(),
            _ => parse_email(email)?,
        };
        let password = self.passwords.hash(password).await?;
        let is_first = matches!(link, Some((_, SignUpLink::First)));
        // Used up before the account is made: of those who use it at once, one gets through.
        let taken = match &link {
            None => None,
            Some((token, SignUpLink::First)) => match self.store.use_setup(token, false).await? {
                true => None,
                false => return Err(LINK_VOID),
            },
            Some((token, SignUpLink::Invitation | SignUpLink::Confirmed(_))) => {
                Some(self.store.take_link(&token.hash()).await?.ok_or(LINK_VOID)?)
            }
        };
        let made = self.create_account(&email, None).await;
        if let (Err(AppError::Conflict(_)), Some((token, _))) = (&made, &link) {
            self.return_link(token, taken).await?;
        }
        let change = AccountChange {
            password: Some(password),
            is_operator: is_first.then_some(true),
            ..AccountChange::default()
        };
        let account = made?.id;
        self.change(account, &change).await?;
        self.begin_session(&self.owner(account).await?, None).await
    }

    /// Makes a link good again with which an address was tried that has an account; another one is tried next. An
    /// invitation isn't given back the third time, so that nobody finds out with it who has accounts.
    async fn return_link(&self, token: &Token, used: Option<StoredLink>) -> Result<(), AppError> {
        let Some(mut link) = used else {
            self.store.use_setup(token, true).await?;
            return Ok(());
        };
        if let Purpose::Invitation { taken } = &mut link.purpose {
            *taken += 1;
            if *taken >= TAKEN {
                return Ok(());
            }
        }
        let left = link.until.micros() - self.clock.now().micros();
        let left = Duration::from_micros(u64::try_from(left).unwrap_or(1));
        Ok(self.store.create_link(&token.hash(), &link, left).await?)
    }

    /// Whose password a link sets, without using it up.
    ///
    /// # Errors
    /// [`AppError::Unauthorized`] where it sets none.
    pub async fn find_password_link(&self, token: &Token) -> Result<Owner, AppError> {
        let link = self.store.find_link(&token.hash()).await?;
        self.owner_of_link(link).await
    }

    async fn owner_of_link(&self, link: Option<StoredLink>) -> Result<Owner, AppError> {
        let link = link.filter(|link| link.until > self.clock.now()).ok_or(LINK_VOID)?;
        let Purpose::Password { account, epoch } = link.purpose else { return Err(LINK_VOID) };
        let owner = self.store.read_owner(account).await?;
        owner.filter(|owner| owner.epoch == epoch).ok_or(LINK_VOID)
    }

    /// Sets a password with a link, ends all sessions of the account and begins a new one.
    pub async fn use_password_link(&self, token: &Token, password: Password) -> Result<Token, AppError> {
        self.find_password_link(token).await?;
        let password = self.passwords.hash(password).await?;
        let owner = self.owner_of_link(self.store.take_link(&token.hash()).await?).await?;
        let change = AccountChange {
            password: Some(password),
            new_epoch: true,
            expected_epoch: Some(owner.epoch),
            ..AccountChange::default()
        };
        let epoch = self.change(owner.account.id, &change).await?;
        self.begin_session(&Owner { epoch, ..owner }, None).await
    }

    /// Changes the owner's password, ends all sessions and begins a new one for the browser that asks.
    pub async fn change_password(
        &self,
        owner: &Owner,
        current: String,
        new: Password,
        own: &Token,
    ) -> Result<Token, AppError> {
        self.confirm_password(owner, current).await?;
        let password = Some(self.passwords.hash(new).await?);
        let change = AccountChange { password, new_epoch: true, ..AccountChange::default() };
        let owner = Owner { epoch: self.change(owner.account.id, &change).await?, ..owner.clone() };
        self.begin_session(&owner, Some(own)).await
    }

    /// Changes the owner's e-mail address.
    pub async fn change_email(&self, owner: &Owner, current: String, email: &str) -> Result<(), AppError> {
        let email = parse_email(email)?;
        self.confirm_password(owner, current).await?;
        match self.store.change_email(&owner.account, &email).await? {
            Claim::Granted => Ok(()),
            Claim::HeldBy(_) => Err(EMAIL_TAKEN),
            Claim::InTransit => Err(EMAIL_IN_TRANSIT),
        }
    }

    /// An account with what its dashboard needs to know.
    pub async fn owner(&self, account: AccountId) -> Result<Owner, AppError> {
        self.store.read_owner(account).await?.ok_or(AppError::NotFound("Account"))
    }

    /// Lets an account's owner manage all accounts, or not any more.
    pub async fn set_operator(&self, account: &Account, is_operator: bool) -> Result<(), AppError> {
        let change = AccountChange { is_operator: Some(is_operator), ..AccountChange::default() };
        self.change(account.id, &change).await.map(|_| ())
    }

    /// Refuses all keys of an account on all replicas at once, or takes them again.
    pub async fn set_suspended(&self, account: AccountId, is_suspended: bool) -> Result<(), AppError> {
        match self.store.set_suspended(account, is_suspended).await? {
            ChangeOutcome::Changed(_) => {
                self.gate.forget_all();
                Ok(())
            }
            _ => Err(AppError::NotFound("Account")),
        }
    }
}
