//! Why Redis didn't do what was asked.

use std::error::Error as _;

use redis::{RedisError, ServerErrorKind};
use thiserror::Error;

/// A failure of the store.
#[derive(Clone, Debug, Error)]
pub enum StoreError {
    /// The URL of Redis can't be understood.
    #[error("{0}")]
    Url(&'static str),
    /// There is no connection; nothing was sent.
    #[error("Redis is not connected")]
    Disconnected,
    /// Redis is not set up as it must be; nothing was sent.
    #[error("{0}")]
    Unfit(String),
    /// The answer didn't come: what was asked may have happened or not.
    #[error("Redis did not answer")]
    Unanswered(#[source] RedisError),
    /// Fewer replicas than asked for have confirmed the write in time. It may survive or not.
    #[error("the write was not confirmed by enough replicas")]
    NotConfirmed,
    /// Redis has no memory left; nothing was written.
    #[error("Redis is out of memory")]
    Full(#[source] RedisError),
    /// Redis takes no writes, or is still loading; nothing was written.
    #[error("Redis takes no commands at the moment")]
    NotReady(#[source] RedisError),
    /// Redis refused a command that it should have known.
    #[error("Redis refused a command")]
    Refused(#[source] RedisError),
    /// What came back, or what was stored, isn't what this version writes.
    #[error("unexpected data from Redis: {0}")]
    Unexpected(&'static str),
}

impl StoreError {
    /// What the client library said; `None` where it wasn't asked.
    pub(super) fn redis(&self) -> Option<&RedisError> {
        match self {
            Self::Unanswered(error) | Self::Full(error) | Self::NotReady(error) | Self::Refused(error) => {
                Some(error)
            }
            _ => None,
        }
    }

    /// The code with which Redis answered.
    pub(super) fn code(&self) -> Option<&str> {
        self.redis().and_then(RedisError::code)
    }

    /// All that [`Self::kind`] says.
    pub const KINDS: [&'static str; 8] = [
        "disconnected",
        "unfit",
        "unanswered",
        "not_confirmed",
        "full",
        "not_ready",
        "refused",
        "unexpected",
    ];

    /// A word for what went wrong, for the metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Disconnected => "disconnected",
            Self::Unfit(_) => "unfit",
            Self::Unanswered(_) => "unanswered",
            Self::NotConfirmed => "not_confirmed",
            Self::Full(_) => "full",
            Self::NotReady(_) => "not_ready",
            Self::Refused(_) => "refused",
            // A URL that can't be understood ends the start already.
            Self::Url(_) | Self::Unexpected(_) => "unexpected",
        }
    }

    /// True where a write may have happened although its answer is not known.
    pub fn outcome_unknown(&self) -> bool {
        matches!(self, Self::Unanswered(_) | Self::Unexpected(_) | Self::NotConfirmed)
    }

    /// The error with all its causes, in one line.
    pub fn in_full(&self) -> String {
        let mut text = self.to_string();
        let mut source = self.source();
        while let Some(cause) = source {
            let said = cause.to_string();
            // The client's errors repeat their cause in their own text.
            if !text.ends_with(&said) {
                text.push_str(": ");
                text.push_str(&said);
            }
            source = cause.source();
        }
        text
    }

    /// True where Redis as a whole can't be used, which its connection reports by itself.
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Disconnected | Self::Unfit(_) | Self::NotReady(_))
    }

    /// True where trying again later can help without anyone mending data or code.
    pub fn is_passing(&self) -> bool {
        !matches!(self, Self::Refused(_) | Self::Unexpected(_))
    }
}

impl From<RedisError> for StoreError {
    fn from(error: RedisError) -> Self {
        let kind = match error.kind() {
            redis::ErrorKind::Server(kind) => Some(kind),
            _ => None,
        };
        // An error inside a script carries the inner error's code in its text.
        let says = |word: &str| error.code() == Some(word) || error.to_string().contains(word);
        match kind {
            None if error.code().is_none() => Self::Unanswered(error),
            _ if says("OOM") => Self::Full(error),
            Some(
                ServerErrorKind::BusyLoading
                | ServerErrorKind::ReadOnly
                | ServerErrorKind::MasterDown
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::TryAgain,
            ) => Self::NotReady(error),
            _ if says("MISCONF") || says("NOREPLICAS") || says("READONLY") || says("BUSY") => {
                Self::NotReady(error)
            }
            _ => Self::Refused(error),
        }
    }
}
