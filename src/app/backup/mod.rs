//! All of an account as lines of JSON: written while it serves, and read into another Redis.

mod export;
mod import;
mod line;
mod reader;

use std::io;

use thiserror::Error;

pub use import::Restored;

use super::AppError;

/// What a backup has of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Leaderboards.
    pub leaderboards: u64,
    /// Entries on all of them.
    pub entries: u64,
    /// Keys.
    pub keys: u64,
}

/// Why a backup was not written or not restored.
#[derive(Debug, Error)]
pub enum BackupError {
    /// The use cases beneath it: Redis, or what is there already.
    #[error(transparent)]
    App(#[from] AppError),
    /// Where it goes to takes no more.
    #[error("the backup can't be written")]
    Write(#[source] io::Error),
    /// Where it comes from gives no more.
    #[error("the backup can't be read")]
    Read(#[source] io::Error),
    /// It isn't a backup, or not a whole one. Nothing of it is left.
    #[error("line {line}: {what}")]
    Line {
        /// Counted from 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// Restoring failed, and so did removing what had been restored. None of it serves.
    #[error(
        "{first}. What was restored before that is still there, and serves nobody; restoring again, or deleting the account, removes it"
    )]
    Left {
        /// Why restoring failed.
        first: Box<BackupError>,
        /// Why removing failed.
        #[source]
        then: AppError,
    },
}
