//! Accounts and their management keys.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Output, key::parse_label};
use crate::{
    app::{App, AppError},
    domain::{public_url, token::Token},
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
    /// Print a link with which its owner chooses a password; good once, for a day.
    Link {
        /// Its id or e-mail address.
        #[arg(long)]
        account: String,
        /// The URL under which clients reach the server.
        #[arg(long, env = "RANKORA_PUBLIC_URL", default_value = "http://127.0.0.1:8080", value_parser = public_url::parse)]
        public_url: String,
        #[command(flatten)]
        output: Output,
    },
    /// Print a link with which somebody makes an account, where the server lets invitations in; good once, for a week.
    Invite {
        /// The URL under which clients reach the server.
        #[arg(long, env = "RANKORA_PUBLIC_URL", default_value = "http://127.0.0.1:8080", value_parser = public_url::parse)]
        public_url: String,
        #[command(flatten)]
        output: Output,
    },
    /// Let an account's owner manage all accounts, or not any more.
    SetOperator {
        /// Its id or e-mail address.
        #[arg(long)]
        account: String,
        /// Take the right away.
        #[arg(long)]
        off: bool,
        #[command(flatten)]
        output: Output,
    },
    /// Refuse all keys of an account.
    Suspend {
        /// Its id or e-mail address.
        #[arg(long)]
        account: String,
        #[command(flatten)]
        output: Output,
    },
    /// Take the keys of a suspended account again.
    Resume {
        /// Its id or e-mail address.
        #[arg(long)]
        account: String,
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
        AccountCommand::Link { account, public_url, output } => {
            let account = app.find_account(&account).await?;
            let token = app.create_password_link(account.id).await?;
            (json!({"url": link(&public_url, "password", &token)}), output)
        }
        AccountCommand::Invite { public_url, output } => {
            let token = app.create_invitation().await?;
            (json!({"url": link(&public_url, "sign-up", &token)}), output)
        }
        AccountCommand::SetOperator { account, off, output } => {
            let account = app.find_account(&account).await?;
            app.set_operator(&account, !off).await?;
            (json!({"account": account.id, "operator": !off}), output)
        }
        AccountCommand::Suspend { account, output } => (suspend(app, &account, true).await?, output),
        AccountCommand::Resume { account, output } => (suspend(app, &account, false).await?, output),
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

fn link(public_url: &str, page: &str, token: &Token) -> String {
    format!("{}/{page}?link={}", public_url.trim_end_matches('/'), token.expose())
}

async fn suspend(app: &App, account: &str, is_suspended: bool) -> Result<Value, AppError> {
    let account = app.find_account(account).await?;
    app.set_suspended(account.id, is_suspended).await?;
    Ok(json!({"account": account.id, "suspended": is_suspended}))
}

fn account_json(account: &Account) -> Value {
    let Account { id, email, plan, created_at } = account;
    json!({"id": id, "email": email, "plan": plan, "created_at": created_at})
}
