//! Backups of accounts.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::{
    AdminError, Output,
    file::{self, Target},
};
use crate::app::{App, backup::Counts};

/// Writes all of an account.
#[derive(Debug, Args)]
pub struct ExportCommand {
    /// The account's id or e-mail address.
    #[arg(long)]
    account: String,
    /// The file to write, which appears when it is whole; - for stdout, where nothing else is written then.
    #[arg(long, default_value = "-")]
    output: PathBuf,
    /// Answer as JSON.
    #[arg(long)]
    json: bool,
}

/// Restores all of an account.
#[derive(Debug, Args)]
pub struct ImportCommand {
    /// The file to read; - for stdin.
    #[arg(long, default_value = "-")]
    input: PathBuf,
    #[command(flatten)]
    output: Output,
}

/// Carries the export out.
pub(super) async fn export(app: &App, command: ExportCommand) -> Result<(Value, Output), AdminError> {
    let ExportCommand { account, output, json } = command;
    let account = app.find_account(&account).await?;
    let in_file = |error| AdminError::File(output.clone(), error);
    let mut target = Target::open(&output).map_err(in_file)?;
    let counts = app.export_account(account.id, &mut target).await?;
    target.finish().map_err(in_file)?;
    let answer = match Target::is_own_output(&output) {
        true => Value::Null,
        false => json!({"exported": counts_json(account.email, counts)}),
    };
    Ok((answer, Output { json }))
}

/// Carries the import out.
pub(super) async fn import(app: &App, command: ImportCommand) -> Result<(Value, Output), AdminError> {
    let ImportCommand { input, output } = command;
    let reader = file::open(&input).map_err(|error| AdminError::File(input, error))?;
    let restored = app.import_account(reader).await?;
    Ok((json!({"imported": counts_json(restored.account.email, restored.counts)}), output))
}

fn counts_json(account: String, counts: Counts) -> Value {
    let Counts { leaderboards, entries, keys } = counts;
    json!({"account": account, "leaderboards": leaderboards, "entries": entries, "keys": keys})
}
