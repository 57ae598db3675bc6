//! Messages to people, over SMTP: plain text, with a link at most.

use std::{fmt, str::FromStr, time::Duration};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, CertificateStore, Tls, TlsParameters},
    },
};
use percent_encoding::percent_decode_str;
use thiserror::Error;
use url::Url;

/// How long a server may take over one message, its connection included.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where messages are handed over: `smtps://user:password@host`, `smtp://…?tls=required` for STARTTLS, or `smtp://host`
/// without TLS. The password stays out of logs.
#[derive(Clone)]
pub struct SmtpUrl(String);

impl FromStr for SmtpUrl {
    type Err = std::convert::Infallible;

    // What is wrong with it, [`Mail::new`] says: here, the text would be shown with the error.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SmtpUrl(…)")
    }
}

/// Why there can be no messages, or why one wasn't taken.
#[derive(Debug, Error)]
pub enum MailError {
    /// The URL leads nowhere.
    #[error("the SMTP URL must be smtps://…, smtp://…?tls=required or smtp://…, with a host")]
    Url,
    /// The password could be read on its way.
    #[error("the SMTP URL has a password, so it needs TLS: smtps://…, or smtp://…?tls=required for STARTTLS")]
    Exposed,
    /// An address is none.
    #[error("an e-mail address can't be used")]
    Address(#[from] lettre::address::AddressError),
    /// The message can't be written.
    #[error("a message can't be written")]
    Message(#[from] lettre::error::Error),
    /// The server is away, or doesn't take the message.
    #[error("the SMTP server didn't take a message")]
    Server(#[from] lettre::transport::smtp::Error),
    /// The server takes too long.
    #[error("the SMTP server took longer than {} seconds", PATIENCE.as_secs())]
    TooSlow,
}

/// What somebody is told. `link` is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Letter {
    /// How to choose another password.
    Password {
        /// Where.
        link: String,
    },
    /// How to make the account that was asked for.
    SignUp {
        /// Where.
        link: String,
    },
    /// An account was asked for at an address that has one.
    HasAccount {
        /// Where a lost password is replaced.
        link: String,
    },
    /// How to confirm that this is to be an account's address.
    Email {
        /// Where.
        link: String,
    },
    /// The account has another address from now on.
    EmailChanged {
        /// Which.
        to: String,
    },
}

impl Letter {
    fn subject(&self) -> &'static str {
        match self {
            Self::Password { .. } => "Choose a new password",
            Self::SignUp { .. } => "Create your account",
            Self::HasAccount { .. } => "You have an account already",
            Self::Email { .. } => "Confirm your e-mail address",
            Self::EmailChanged { .. } => "Your e-mail address was changed",
        }
    }

    fn text(&self, origin: &str) -> String {
        const IGNORE: &str = "If that wasn't you, there is nothing to do: nothing changes without this link.";
        match self {
            Self::Password { link } => format!(
                "Somebody asked for a new password for your account at {origin}.\n\nTo choose one, open this within \
                 an hour:\n{link}\n\n{IGNORE}\n"
            ),
            Self::SignUp { link } => format!(
                "Somebody wants to make an account at {origin} with your e-mail address.\n\nTo go on, open this \
                 within a day:\n{link}\n\n{IGNORE}\n"
            ),
            Self::HasAccount { link } => format!(
                "Somebody wants to make an account at {origin} with your e-mail address, which has one already. If \
                 that was you, sign in. If you have lost the password, choose another one:\n{link}\n"
            ),
            Self::Email { link } => format!(
                "Somebody wants to use your e-mail address for their account at {origin}.\n\nIf that was you, open \
                 this within an hour, in a browser that is signed in to the account:\n{link}\n\n{IGNORE}\n"
            ),
            Self::EmailChanged { to } => format!(
                "Your account at {origin} has another e-mail address from now on: {to}\n\nIf that wasn't you, write \
                 to whoever runs that server.\n"
            ),
        }
    }
}

/// Hands messages over to one server.
#[derive(Debug)]
pub struct Mail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// The URL that links begin with; without a slash at the end.
    origin: String,
}

impl Mail {
    /// Messages from an address (`name@host`, or `Name <name@host>`), about the server at `public_url`. With
    /// `authority`, certificates in PEM, these are trusted in place of the public ones. Asks nobody.
    ///
    /// # Errors
    /// [`MailError::Url`], [`MailError::Exposed`], [`MailError::Address`], or a certificate that can't be read.
    pub fn new(
        url: &SmtpUrl,
        from: &str,
        public_url: &str,
        authority: Option<&[u8]>,
    ) -> Result<Self, MailError> {
        let url = Url::parse(&url.0).map_err(|_| MailError::Url)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(MailError::Url)?;
        let tls_query =
            url.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value.into_owned());
        let parameters = || {
            let mut builder = TlsParameters::builder(host.to_owned());
            if let Some(authority) = authority {
                builder = builder
                    .certificate_store(CertificateStore::None)
                    .add_root_certificate(Certificate::from_pem(authority)?);
            }
            builder.build()
        };
        let (tls, port) = match (url.scheme(), tls_query.as_deref()) {
            ("smtps", None) => (Tls::Wrapper(parameters()?), 465),
            ("smtp", Some("required")) => (Tls::Required(parameters()?), 587),
            ("smtp", None) => (Tls::None, 25),
            _ => return Err(MailError::Url),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(url.port().unwrap_or(port))
            .timeout(Some(PATIENCE));
        if let Some(password) = url.password() {
            if matches!(tls, Tls::None) {
                return Err(MailError::Exposed);
            }
            let plain = |text| percent_decode_str(text).decode_utf8().map_err(|_| MailError::Url);
            let (user, password) = (plain(url.username())?, plain(password)?);
            builder = builder.credentials(Credentials::new(user.into_owned(), password.into_owned()));
        }
        let origin = public_url.trim_end_matches('/').to_owned();
        Ok(Self { transport: builder.tls(tls).build(), from: from.parse()?, origin })
    }

    /// A link to a page of this server.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Hands a message over.
    ///
    /// # Errors
    /// [`MailError::Address`], [`MailError::Server`] or [`MailError::TooSlow`]; the message may have been taken all the
    /// same.
    pub async fn send(&self, to: &str, letter: &Letter) -> Result<(), MailError> {
        let id = format!("<{}@{}>", uuid::Uuid::new_v4().simple(), self.from.email.domain());
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to.parse()?))
            .subject(letter.subject())
            .message_id(Some(id))
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text(&self.origin))?;
        let sent = tokio::time::timeout(PATIENCE, self.transport.send(message)).await;
        sent.map_err(|_| MailError::TooSlow)?.map(drop).map_err(MailError::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(url: &str, from: &str) -> Result<Mail, MailError> {
        Mail::new(&SmtpUrl(url.to_owned()), from, "https://scores.example.org/", None)
    }

    #[test]
    fn a_password_needs_tls_and_shows_in_no_error() {
        for url in
            ["smtps://me:s3cret%21@mail.example.org", "smtp://me:s3cret@h?tls=required", "smtp://h:2525"]
        {
            let mail = mail(url, "Scores <scores@example.org>").expect(url);
            assert_eq!(mail.link("/password?link=1"), "https://scores.example.org/password?link=1");
            assert!(!format!("{mail:?}").contains("s3cret"), "{mail:?}");
        }
        for url in
            ["smtp://me:s3cret@h", "http://me:s3cret@h", "smtp://me:s3cret@h?tls=opportunistic", "s3cret"]
        {
            let error = mail(url, "scores@example.org").expect_err(url);
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
        }
        assert!(mail("smtp://h", "nobody").is_err());
        assert_eq!(format!("{:?}", SmtpUrl("smtp://me:s3cret@h".to_owned())), "SmtpUrl(…)");
    }
}
