//! What owners are told by mail, where there is a mail server. Everything that depends on whether an address has an
//! account happens after the answer, so that neither its words nor its time tell.

use std::{net::IpAddr, sync::Arc, time::Duration};

use tokio::sync::Semaphore;
use tracing::warn;

use super::{
    App, AppError,
    accounts::{EMAIL_IN_TRANSIT, EMAIL_TAKEN, parse_email},
    owners::{LINK_VOID, SIGN_UPS},
};
use crate::{
    domain::token::Token,
    mail::{Letter, Mail, MailError},
    store::{
        accounts::Claim,
        credentials::Owner,
        links::{Purpose, StoredLink},
    },
};

/// How long a link in a message is good, where it changes an account.
pub const LETTER_LINK_LIFETIME: Duration = Duration::from_secs(60 * 60);
/// How long a link that makes an account is good.
const SIGN_UP_LINK_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
/// Messages that one client address may cause within a quarter of an hour.
const BY_ADDRESS: u32 = 20;
/// Messages to one e-mail address in that time, whether an account has it or not.
const TO_EMAIL: u32 = 3;
/// Messages on their way at once; further ones are lost, and the log says so.
const AT_ONCE: usize = 64;
/// How long the end of a replica waits for a message that is on its way.
const GRACE: Duration = Duration::from_secs(5);

/// Room for messages on their way.
pub(super) struct Outbox(Arc<Semaphore>);

impl Default for Outbox {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl App {
    /// Has a link to set a password sent to whoever has an account with this address. That there is none, nobody
    /// learns.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for what can't be an address, [`AppError::RateLimited`].
    pub async fn send_password_link(
        self: &Arc<Self>,
        mail: &Arc<Mail>,
        email: &str,
        client: IpAddr,
    ) -> Result<(), AppError> {
        let email = parse_email(email)?;
        self.limit_attempts("letters", &client.to_string(), BY_ADDRESS).await?;
        self.limit_attempts("letter", &email.to_lowercase(), TO_EMAIL).await?;
        let (app, by) = (self.clone(), mail.clone());
        self.post(mail, async move {
            let Some(id) = app.store.find_account(&email).await? else { return Ok(None) };
            let Some(owner) = app.store.read_owner(id).await? else { return Ok(None) };
            let purpose = Purpose::Password { account: id, epoch: owner.epoch };
            let link = app.link_in_letter(&by, "/password", purpose, LETTER_LINK_LIFETIME).await?;
            // As the account has it, not as somebody typed it.
            Ok(Some((owner.account.email, Letter::Password { link })))
        });
        Ok(())
    }

    /// Has a link to make an account sent to an address; to one that has an account, a message that says so.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for what can't be an address, [`AppError::RateLimited`].
    pub async fn send_sign_up_link(
        self: &Arc<Self>,
        mail: &Arc<Mail>,
        email: &str,
        client: IpAddr,
    ) -> Result<(), AppError> {
        let email = parse_email(email)?;
        self.limit_attempts("sign-up", &client.to_string(), SIGN_UPS).await?;
        self.limit_attempts("letter", &email.to_lowercase(), TO_EMAIL).await?;
        let (app, by) = (self.clone(), mail.clone());
        self.post(mail, async move {
            if app.store.find_account(&email).await?.is_some() {
                return Ok(Some(has_account(&by, email)));
            }
            let purpose = Purpose::SignUp { email: email.clone() };
            let link = app.link_in_letter(&by, "/sign-up", purpose, SIGN_UP_LINK_LIFETIME).await?;
            Ok(Some((email, Letter::SignUp { link })))
        });
        Ok(())
    }

    /// Has a link sent to a new address of an account's, which gets it once its owner opens that.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for what can't be an address or isn't the password, [`AppError::RateLimited`].
    pub async fn send_email_link(
        self: &Arc<Self>,
        mail: &Arc<Mail>,
        owner: &Owner,
        current: String,
        email: &str,
    ) -> Result<(), AppError> {
        let email = parse_email(email)?;
        self.confirm_password(owner, current).await?;
        self.limit_attempts("letter", &email.to_lowercase(), TO_EMAIL).await?;
        let (account, epoch, own) = (owner.account.id, owner.epoch, owner.account.email.to_lowercase());
        let (app, by) = (self.clone(), mail.clone());
        self.post(mail, async move {
            let is_taken = app.store.find_account(&email).await?.is_some();
            if is_taken && email.to_lowercase() != own {
                return Ok(Some(has_account(&by, email)));
            }
            let purpose = Purpose::Email { account, epoch, email: email.clone() };
            let link =
                app.link_in_letter(&by, "/dashboard/account/email", purpose, LETTER_LINK_LIFETIME).await?;
            Ok(Some((email, Letter::Email { link })))
        });
        Ok(())
    }

    /// The address that a link gives this owner's account, without using it up.
    ///
    /// # Errors
    /// [`AppError::Unauthorized`] where it is no such link of this account's.
    pub async fn find_email_link(&self, owner: &Owner, token: &Token) -> Result<String, AppError> {
        self.email_of_link(owner, self.store.find_link(&token.hash()).await?)
    }

    /// Gives the account the address that a link is for, and tells the former one.
    ///
    /// # Errors
    /// [`AppError::Unauthorized`] where it is no such link of this account's, [`AppError::Conflict`] where another
    /// account has the address by now.
    pub async fn use_email_link(
        self: &Arc<Self>,
        mail: Option<&Arc<Mail>>,
        owner: &Owner,
        token: &Token,
    ) -> Result<(), AppError> {
        // Looked at first: a link of somebody else's stays good.
        self.find_email_link(owner, token).await?;
        let email = self.email_of_link(owner, self.store.take_link(&token.hash()).await?)?;
        match self.store.change_email(&owner.account, &email).await? {
            Claim::Granted => {}
            Claim::HeldBy(_) => return Err(EMAIL_TAKEN),
            Claim::InTransit => return Err(EMAIL_IN_TRANSIT),
        }
        if let Some(mail) = mail {
            let former = owner.account.email.clone();
            self.post(mail, async { Ok(Some((former, Letter::EmailChanged { to: email }))) });
        }
        Ok(())
    }

    fn email_of_link(&self, owner: &Owner, link: Option<StoredLink>) -> Result<String, AppError> {
        match link.filter(|link| link.until > self.clock.now()).map(|link| link.purpose) {
            Some(Purpose::Email { account, epoch, email })
                if account == owner.account.id && epoch == owner.epoch =>
            {
                Ok(email)
            }
            _ => Err(LINK_VOID),
        }
    }

    /// A link for a message to a page that takes it.
    async fn link_in_letter(
        &self,
        mail: &Mail,
        page: &str,
        purpose: Purpose,
        lifetime: Duration,
    ) -> Result<String, AppError> {
        let token = self.create_link(purpose, lifetime).await?;
        Ok(mail.link(&format!("{page}?link={}", token.expose())))
    }

    /// Sends a message once it is written, in the background. A message that can't be sent is lost: whoever waits for it
    /// asks again.
    fn post(
        self: &Arc<Self>,
        mail: &Arc<Mail>,
        written: impl Future<Output = Result<Option<(String, Letter)>, AppError>> + Send + 'static,
    ) {
        let Ok(room) = self.outbox.0.clone().try_acquire_owned() else {
            count("failed");
            warn!("too many messages are on their way; one is lost");
            return;
        };
        let (mail, stop) = (mail.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            let _room = room;
            let work = async {
                match written.await {
                    Ok(None) => {}
                    Ok(Some((to, letter))) => report(mail.send(&to, &letter).await),
                    Err(error) => failed(&error),
                }
            };
            tokio::select! {
                () = work => {}
                () = async { stop.cancelled().await; tokio::time::sleep(GRACE).await } => count("failed"),
            }
        });
    }
}

/// What somebody with an account is told who is asked to confirm the address.
fn has_account(mail: &Mail, email: String) -> (String, Letter) {
    (email, Letter::HasAccount { link: mail.link("/password/forgotten") })
}

fn report(sent: Result<(), MailError>) {
    match sent {
        Ok(()) => count("sent"),
        Err(error) => failed(&error),
    }
}

fn failed(error: &(dyn std::error::Error + 'static)) {
    count("failed");
    warn!(error, "a message could not be sent");
}

fn count(result: &'static str) {
    metrics::counter!("rankora_letters_total", "result" => result).increment(1);
}
