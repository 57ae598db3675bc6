//! Accounts and their management keys.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Output, key::parse_label};
use crate::{
    app::{App, AppError},
    store::accounts::Account,
};

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
    /// Delete an account with its leaderboards, entries and keys. There is no way back but a backup.
    Delete {
        /// Its id or e-mail address.
        #[arg(long)]
        account: String,
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

/// Carries a command out.
pub(super) async fn run(app: &App, command: AccountCommand) -> Result<(Value, Output), AppError> {
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
        AccountCommand::Delete { account, output } => {
            let id = app.delete_account(&account).await?;
            (json!({"deleted": id}), output)
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

fn account_json(account: &Account) -> Value {
    let Account { id, email, plan, created_at } = account;
    json!({"id": id, "email": email, "plan": plan, "created_at": created_at})
}
