//! The admin commands: the same use cases as the API, from the command line.

mod account;
mod key;
mod leaderboard;
mod lines;

use clap::Subcommand;

use crate::app::{App, AppError};

pub use account::{AccountCommand, AccountKeyCommand};
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
) -> impl Fn(&str) -> Result<T, &'static str> + Clone {
    move |text| parse(text).ok_or("no such choice")
}

/// Carries a command out and returns what to print.
pub async fn run(app: &App, command: AdminCommand) -> Result<String, AppError> {
    let (answer, output) = match command {
        AdminCommand::Account(command) => account::run(app, command).await?,
        AdminCommand::Leaderboard(command) => leaderboard::run(app, command).await?,
        AdminCommand::Key(command) => key::run(app, command).await?,
    };
    Ok(if output.json { answer.to_string() } else { lines::in_lines(&answer) })
}
