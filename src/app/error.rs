//! Why a use case did not do what was asked.

use std::{sync::Arc, time::Duration};

use thiserror::Error;

use crate::store::{StoreError, transit::TransitError};

/// A refusal or failure. `http` maps each to a status and a code.
#[derive(Clone, Debug, Error)]
pub enum AppError {
    /// No key, or one that is malformed, unknown or revoked.
    #[error("{0}")]
    Unauthorized(&'static str),
    /// A valid key without the right for this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// What was named doesn't exist.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// A field is not valid.
    #[error("{message}")]
    Invalid {
        /// Which.
        field: &'static str,
        /// A sentence for the caller.
        message: String,
    },
    /// The plan lacks the feature.
    #[error("{message}")]
    PlanRestriction {
        /// The field that asks for it.
        field: Option<&'static str>,
        /// A sentence for the caller.
        message: &'static str,
    },
    /// The plan has no room for another one.
    #[error("{0}")]
    PlanLimit(&'static str),
    /// The month's requests are used up.
    #[error("The plan's requests for this month are used up")]
    QuotaExceeded {
        /// How long until they begin anew.
        retry_after: Duration,
    },
    /// Too many requests at once.
    #[error("Too many requests at once")]
    RateLimited {
        /// When to try again.
        retry_after: Duration,
    },
    /// The plan's open streams are all in use.
    #[error("All realtime streams of the plan are in use")]
    StreamLimit,
    /// It contradicts what is going on.
    #[error("{0}")]
    Conflict(&'static str),
    /// Redis didn't do its part.
    #[error("the store failed")]
    Store(#[source] Arc<StoreError>),
}

impl AppError {
    /// A field that is not valid, with the parser's words.
    pub fn invalid(field: &'static str, error: impl std::fmt::Display) -> Self {
        Self::Invalid { field, message: error.to_string() }
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl From<TransitError> for AppError {
    fn from(error: TransitError) -> Self {
        match error {
            TransitError::TakenOver => {
                Self::Conflict("Somebody else has begun to restore or to delete this account")
            }
            TransitError::Store(error) => error.into(),
        }
    }
}

impl From<Arc<StoreError>> for AppError {
    fn from(error: Arc<StoreError>) -> Self {
        Self::Store(error)
    }
}
