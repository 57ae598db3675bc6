//! One-time links. Redis knows them by their hash, and forgets them when they lapse.

use std::time::Duration;

use super::{Store, error::StoreError, reply::text, script};
use crate::domain::{
    ids::AccountId,
    timestamp::Timestamp,
    token::{Token, TokenHash},
};

/// What stands in place of the first account's link once it was used.
const USED: &str = "used";

/// What a link is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Setting a password of an account, while it has this epoch.
    Password {
        /// Whose.
        account: AccountId,
        /// Another one voids the link.
        epoch: u64,
    },
    /// Making an account where not everybody may.
    Invitation {
        /// How many addresses with an account were tried with it.
        taken: u32,
    },
    /// Making an account with this address, which the link was sent to.
    SignUp {
        /// Without white space, as all of them.
        email: String,
    },
    /// Giving an account this address, which the link was sent to, while it has this epoch.
    Email {
        /// Whose.
        account: AccountId,
        /// Another one voids the link.
        epoch: u64,
        /// The new address.
        email: String,
    },
}

/// A link as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLink {
    /// What it is for.
    pub purpose: Purpose,
    /// When it lapses.
    pub until: Timestamp,
}

impl Store {
    /// Stores a link, which Redis forgets after `lifetime`.
    pub async fn create_link(
        &self,
        hash: &TokenHash,
        link: &StoredLink,
        lifetime: Duration,
    ) -> Result<(), StoreError> {
        let until = link.until.micros();
        let stored = match &link.purpose {
            Purpose::Password { account, epoch } => format!("password {until} {account} {epoch}"),
            Purpose::Invitation { taken } => format!("invitation {until} {taken}"),
            Purpose::SignUp { email } => format!("sign-up {until} {email}"),
            Purpose::Email { account, epoch, email } => format!("email {until} {account} {epoch} {email}"),
        };
        self.keep_for(lifetime, self.keys.link(hash), stored).await
    }

    /// Looks at a link without using it up.
    pub async fn find_link(&self, hash: &TokenHash) -> Result<Option<StoredLink>, StoreError> {
        let mut command = redis::cmd("GET");
        command.arg(self.keys.link(hash));
        text(self.connections.command(&command).await?)?.map(|stored| parse(&stored)).transpose()
    }

    /// Uses a link up; `None` where somebody else has, or it lapsed.
    pub async fn take_link(&self, hash: &TokenHash) -> Result<Option<StoredLink>, StoreError> {
        let call = script::TAKE_LINK.by_hash(&[&self.keys.link(hash)], 0);
        let stored = text(self.connections.write(&script::TAKE_LINK, call).await?)?.unwrap_or_default();
        (!stored.is_empty()).then(|| parse(&stored)).transpose()
    }

    /// The link with which the first account is made, the same for all replicas: this one, where there is none yet.
    /// `None` once it was used.
    pub async fn offer_setup(&self, proposed: &Token) -> Result<Option<Token>, StoreError> {
        let mut offer = redis::cmd("SET");
        offer.arg(self.keys.setup()).arg(proposed.expose()).arg("NX");
        self.connections.write_command(offer).await?;
        self.find_setup().await
    }

    /// The link with which the first account is made; `None` where there is none, or it was used.
    pub async fn find_setup(&self) -> Result<Option<Token>, StoreError> {
        let mut command = redis::cmd("GET");
        command.arg(self.keys.setup());
        let stored = text(self.connections.command(&command).await?)?.unwrap_or_default();
        Ok(Token::parse(&stored))
    }

    /// Uses that link up; `false` where somebody else has. With `back`, makes it good again.
    pub async fn use_setup(&self, token: &Token, back: bool) -> Result<bool, StoreError> {
        let text_of_token = token.expose();
        let (from, to) = if back { (USED, &*text_of_token) } else { (&*text_of_token, USED) };
        let mut call = script::CLAIM_EMAIL.by_hash(&[&self.keys.setup()], 2);
        call.arg(from).arg(to);
        let found = text(self.connections.write(&script::CLAIM_EMAIL, call).await?)?;
        Ok(found.as_deref() == Some(from))
    }
}

fn parse(stored: &str) -> Result<StoredLink, StoreError> {
    const BAD: StoreError = StoreError::Unexpected("a stored link");
    let words: Vec<&str> = stored.split(' ').collect();
    let (purpose, until) = match words[..] {
        ["password", until, account, epoch] => {
            let account = AccountId::parse(account).map_err(|_| BAD)?;
            (Purpose::Password { account, epoch: epoch.parse().map_err(|_| BAD)? }, until)
        }
        ["invitation", until, taken] => {
            (Purpose::Invitation { taken: taken.parse().map_err(|_| BAD)? }, until)
        }
        ["sign-up", until, email] => (Purpose::SignUp { email: email.to_owned() }, until),
        ["email", until, account, epoch, email] => {
            let account = AccountId::parse(account).map_err(|_| BAD)?;
            let (epoch, email) = (epoch.parse().map_err(|_| BAD)?, email.to_owned());
            (Purpose::Email { account, epoch, email }, until)
        }
        _ => return Err(BAD),
    };
    Ok(StoredLink { purpose, until: Timestamp::from_micros(until.parse().map_err(|_| BAD)?) })
}
