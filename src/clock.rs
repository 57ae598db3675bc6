//! The time, passed to whoever needs it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use crate::domain::timestamp::Timestamp;

/// Where the time comes from. What counts for quotas and entries is Redis' own clock; with a manual one,
/// Redis is told the time, which is for tests.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's, and Redis' for what is stored.
    #[default]
    System,
    /// Microseconds since the epoch, set by hand.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `now` until it is set.
    pub fn manual(now: Timestamp) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(now.micros())))
    }

    /// Moves a manual clock; the system's stays as it is.
    pub fn set(&self, now: Timestamp) {
        if let Self::Manual(micros) = self {
            micros.store(now.micros(), Ordering::SeqCst);
        }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
            }
            Self::Manual(micros) => Timestamp::from_micros(micros.load(Ordering::SeqCst)),
        }
    }

    /// The scripts' `now` argument: empty, so that they ask Redis, unless the clock is set by hand.
    pub fn for_scripts(&self) -> String {
        match self {
            Self::System => String::new(),
            Self::Manual(micros) => micros.load(Ordering::SeqCst).to_string(),
        }
    }
}
