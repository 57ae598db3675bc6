//! The admin commands: the same use cases as the API, from the command line.

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::{
    app::{App, AppError},
    domain::{
        api_key::KeyKind,
        ids::{KeyId, LeaderboardId},
        leaderboard::{Leaderboard, Policy, ScoreFormat, Settings, SortOrder},
        name::{Label, LeaderboardName},
    },
    store::{accounts::Account, api_keys::KeyRecord},
};

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

/// Manages accounts.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Create an account.
    Create {
        /// Its e-mail address.
        #[arg(long)]
        email: String,
        /// Its plan; the default plan where left out.
        #[arg(long)]
        plan: Option<String>,
        #[command(flatten)]
        output: Output,
    },
    /// Put an account on another plan.
    SetPlan {
        /// Its id or e-mail address.
        #[arg(long)]
        account: String,
        /// The plan's name.
        #[arg(long)]
        plan: String,
        #[command(flatten)]
        output: Output,
    },
    /// List all accounts.
    List {
        #[command(flatten)]
        output: Output,
    },
    /// Management keys.
    #[command(subcommand)]
    Key(AccountKeyCommand),
}

/// Manages an account's management keys.
#[derive(Debug, Subcommand)]
pub enum AccountKeyCommand {
    /// Create a management key. It is shown once.
    Create {
        /// The account's id or e-mail address.
        #[arg(long)]
        account: String,
        /// What to call it.
        #[arg(long, default_value = "")]
        label: String,
        #[command(flatten)]
        output: Output,
    },
}

/// Manages leaderboards.
#[derive(Debug, Subcommand)]
pub enum LeaderboardCommand {
    /// Create a leaderboard with a secret and a publishable key.
    Create {
        /// The account's id or e-mail address.
        #[arg(long)]
        account: String,
        /// Its name.
        #[arg(long)]
        name: String,
        /// Which score is ahead: desc, the higher; asc, the lower.
        #[arg(long, default_value = "desc", value_parser = parse_with(SortOrder::parse))]
        sort_order: SortOrder,
        /// What an update does to a player's score: latest, best or sum.
        #[arg(long, default_value = "latest", value_parser = parse_with(Policy::parse))]
        policy: Policy,
        /// How clients show a score: number, or time in seconds.
        #[arg(long, default_value = "number", value_parser = parse_with(ScoreFormat::parse))]
        score_format: ScoreFormat,
        #[command(flatten)]
        output: Output,
    },
    /// List an account's leaderboards.
    List {
        /// The account's id or e-mail address.
        #[arg(long)]
        account: String,
        #[command(flatten)]
        output: Output,
    },
}

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
        AdminCommand::Account(command) => account(app, command).await?,
        AdminCommand::Leaderboard(command) => leaderboard(app, command).await?,
        AdminCommand::Key(command) => key(app, command).await?,
    };
    Ok(if output.json { answer.to_string() } else { in_lines(&answer) })
}

async fn account(app: &App, command: AccountCommand) -> Result<(Value, Output), AppError> {
    Ok(match command {
        AccountCommand::Create { email, plan, output } => {
            let account = app.create_account(&email, plan.as_deref()).await?;
            (json!({"account": account_json(&account)}), output)
        }
        AccountCommand::SetPlan { account, plan, output } => {
            let account = app.find_account(&account).await?;
            let account = app.set_plan(account.id, &plan).await?;
            (json!({"account": account_json(&account)}), output)
        }
        AccountCommand::List { output } => {
            let accounts = app.list_accounts().await?;
            (json!({"accounts": accounts.iter().map(account_json).collect::<Vec<_>>()}), output)
        }
        AccountCommand::Key(AccountKeyCommand::Create { account, label, output }) => {
            let account = app.find_account(&account).await?;
            let (text, record) = app.create_account_key(account.id, parse_label(&label)?).await?;
            (json!({"key": text.expose(), "id": record.id}), output)
        }
    })
}

async fn leaderboard(app: &App, command: LeaderboardCommand) -> Result<(Value, Output), AppError> {
    Ok(match command {
        LeaderboardCommand::Create { account, name, sort_order, policy, score_format, output } => {
            let account = app.find_account(&account).await?;
            let name = LeaderboardName::parse(&name).map_err(|error| AppError::invalid("name", error))?;
            let settings = Settings { name, sort_order, score_format, policy };
            let plan = app.plan_of(&account);
            let leaderboard = app.create_leaderboard(account.id, &plan, &settings).await?;
            let key = async |kind| {
                app.create_leaderboard_key(account.id, leaderboard.id, kind, parse_label("")?).await
            };
            let (secret, _) = key(KeyKind::Secret).await?;
            let (publishable, _) = key(KeyKind::Publishable).await?;
            let answer = json!({
                "leaderboard": leaderboard_json(&leaderboard),
                "secret_key": secret.expose(),
                "publishable_key": publishable.expose(),
            });
            (answer, output)
        }
        LeaderboardCommand::List { account, output } => {
            let account = app.find_account(&account).await?;
            let (leaderboards, _) = app.list_leaderboards(account.id, 0, u32::MAX).await?;
            (json!({"leaderboards": leaderboards.iter().map(leaderboard_json).collect::<Vec<_>>()}), output)
        }
    })
}

async fn key(app: &App, command: KeyCommand) -> Result<(Value, Output), AppError> {
    Ok(match command {
        KeyCommand::Create { account, leaderboard, kind, label, output } => {
            let account = app.find_account(&account).await?;
            let id = LeaderboardId::parse(&leaderboard);
            let id =
                id.map_err(|_| AppError::invalid("leaderboard", "The leaderboard's id must be a UUID"))?;
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

fn parse_label(text: &str) -> Result<Label, AppError> {
    Label::parse(text).map_err(|error| AppError::invalid("label", error))
}

fn account_json(account: &Account) -> Value {
    let Account { id, email, plan, created_at } = account;
    json!({"id": id, "email": email, "plan": plan, "created_at": created_at})
}

fn leaderboard_json(leaderboard: &Leaderboard) -> Value {
    json!({
        "id": leaderboard.id,
        "name": leaderboard.settings.name,
        "sort_order": leaderboard.settings.sort_order,
        "score_format": leaderboard.settings.score_format,
        "policy": leaderboard.settings.policy,
        "total_entries": leaderboard.total_entries,
        "created_at": leaderboard.created_at,
    })
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

/// `name: value` lines; a list's items are separated by an empty line.
fn in_lines(answer: &Value) -> String {
    let mut out = String::new();
    write_lines(&mut out, "", answer);
    out.trim_end().to_owned()
}

fn write_lines(out: &mut String, name: &str, value: &Value) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                let path = if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
                write_lines(out, &path, value);
            }
        }
        Value::Array(items) => {
            for item in items {
                write_lines(out, "", item);
                out.push('\n');
            }
        }
        Value::String(text) => out.push_str(&format!("{name}: {text}\n")),
        other => out.push_str(&format!("{name}: {other}\n")),
    }
}
