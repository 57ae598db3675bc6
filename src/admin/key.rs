//! The keys of leaderboards.

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::Output;
use crate::{
    app::{App, AppError},
    domain::{
        api_key::KeyKind,
        ids::{KeyId, LeaderboardId},
        name::Label,
    },
    store::api_keys::KeyRecord,
};

/// Manages the keys of leaderboards.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Create a key for a leaderboard. A secret key is shown once.
    Create {
        /// The account's id or e-mail address.
        #[arg(long)]
        account: String,
        /// The leaderboard's id.
        #[arg(long)]
        leaderboard: String,
        /// What it may do.
        #[arg(long, value_enum)]
        kind: LeaderboardKeyKind,
        /// What to call it.
        #[arg(long, default_value = "")]
        label: String,
        #[command(flatten)]
        output: Output,
    },
    /// List an account's keys.
    List {
        /// The account's id or e-mail address.
        #[arg(long)]
        account: String,
        #[command(flatten)]
        output: Output,
    },
    /// Revoke a key, a management key too.
    Revoke {
        /// The account's id or e-mail address.
        #[arg(long)]
        account: String,
        /// The key's id.
        #[arg(long)]
        key: String,
        #[command(flatten)]
        output: Output,
    },
}

/// What a leaderboard's key may do.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LeaderboardKeyKind {
    /// Read and write.
    Secret,
    /// Read; safe in a page.
    Publishable,
}

/// Carries a command out.
pub(super) async fn run(app: &App, command: KeyCommand) -> Result<(Value, Output), AppError> {
    Ok(match command {
        KeyCommand::Create { account, leaderboard, kind, label, output } => {
            let account = app.find_account(&account).await?;
            let id = parse_leaderboard(&leaderboard)?;
            let kind = match kind {
                LeaderboardKeyKind::Secret => KeyKind::Secret,
                LeaderboardKeyKind::Publishable => KeyKind::Publishable,
            };
            let (text, record) =
                app.create_leaderboard_key(account.id, id, kind, parse_label(&label)?).await?;
            (json!({"key": text.expose(), "id": record.id}), output)
        }
        KeyCommand::List { account, output } => {
            let account = app.find_account(&account).await?;
            let keys = app.list_keys(account.id).await?;
            (json!({"keys": keys.iter().map(key_json).collect::<Vec<_>>()}), output)
        }
        KeyCommand::Revoke { account, key, output } => {
            let account = app.find_account(&account).await?;
            let id =
                KeyId::parse(&key).map_err(|_| AppError::invalid("key", "The key's id must be a UUID"))?;
            app.revoke_key(account.id, None, id).await?;
            (json!({"revoked": id}), output)
        }
    })
}

/// A leaderboard's id, or what is wrong with it.
pub(super) fn parse_leaderboard(text: &str) -> Result<LeaderboardId, AppError> {
    LeaderboardId::parse(text)
        .map_err(|_| AppError::invalid("leaderboard", "The leaderboard's id must be a UUID"))
}

/// A key's label, or what is wrong with it.
pub(super) fn parse_label(text: &str) -> Result<Label, AppError> {
    Label::parse(text).map_err(|error| AppError::invalid("label", error))
}

fn key_json(key: &KeyRecord) -> Value {
    json!({
        "id": key.id,
        "kind": key.kind,
        "leaderboard": key.leaderboard,
        "label": key.label,
        "key": key.public_text,
        "created_at": key.created_at,
    })
}
