//! The admin commands: the same use cases as the API, from the command line.

mod account;
mod backup;
mod file;
mod key;
mod leaderboard;
mod lines;
mod table;

use std::{io, path::PathBuf};

use clap::Subcommand;
use serde_json::Value;
use thiserror::Error;

use crate::app::{App, AppError, backup::BackupError};

pub use account::{AccountCommand, AccountKeyCommand};
pub use backup::{ExportCommand, ImportCommand};
pub use key::{KeyCommand, LeaderboardKeyKind};
pub use leaderboard::LeaderboardCommand;

/// Manages accounts, leaderboards and keys.
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Accounts.
    #[command(subcommand)]
    Account(AccountCommand),
    /// Leaderboards.
    #[command(subcommand)]
    Leaderboard(LeaderboardCommand),
    /// The keys of leaderboards.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Write all of an account as lines of JSON, while it serves.
    Export(ExportCommand),
    /// Restore an account from what export wrote. Nothing of it serves before all of it is there.
    Import(ImportCommand),
}

/// How to answer.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Output {
    /// Answer as JSON.
    #[arg(long)]
    json: bool,
}

fn parse_with<T: Clone + Send + Sync + 'static>(
    parse: fn(&str) -> Option<T>,
    texts: &'static [&'static str],
) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| parse(text).ok_or_else(|| format!("it must be one of: {}", texts.join(", ")))
}

/// Why a command was not carried out.
#[derive(Debug, Error)]
pub enum AdminError {
    /// As the API would have it.
    #[error(transparent)]
    App(#[from] AppError),
    /// A backup was not written or not restored.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// A file can't be opened, or not be given its name.
    #[error("{}", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// A table can't be read or written.
    #[error("the table can't be read or written")]
    Table(#[from] csv::Error),
    /// A table's first line doesn't name its columns.
    #[error("line 1: {0}")]
    Header(String),
    /// Some of a table's rows were refused; stderr says which and why.
    #[error("rows refused: {refused}; rows accepted: {accepted}")]
    Refused {
        /// Rows.
        refused: u64,
        /// Rows.
        accepted: u64,
    },
    /// A table's rows came to a halt. Those before the line are in, but for the refused ones.
    #[error("stopped at line {line}; rows accepted before it: {accepted}")]
    Stopped {
        /// The row that may be in or not.
        line: u64,
        /// Rows.
        accepted: u64,
        /// Why.
        source: Box<AdminError>,
    },
}

/// Carries a command out and returns what to print; nothing where the output was used for something else.
pub async fn run(app: &App, command: AdminCommand) -> Result<Option<String>, AdminError> {
    let (answer, output) = match command {
        AdminCommand::Account(command) => account::run(app, command).await?,
        AdminCommand::Leaderboard(command) => leaderboard::run(app, command).await?,
        AdminCommand::Key(command) => key::run(app, command).await?,
        AdminCommand::Export(command) => backup::export(app, command).await?,
        AdminCommand::Import(command) => backup::import(app, command).await?,
    };
    Ok(match (answer, output) {
        (Value::Null, _) => None,
        (answer, Output { json: true }) => Some(answer.to_string()),
        (answer, Output { json: false }) => Some(lines::in_lines(&answer)),
    })
}
