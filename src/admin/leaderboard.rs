//! Leaderboards.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::{
    AdminError, Output,
    file::{self, Target},
    key::{parse_label, parse_leaderboard},
    parse_with, table,
};
use crate::{
    app::{App, AppError},
    domain::{
        api_key::KeyKind,
        leaderboard::{Leaderboard, Policy, ScoreFormat, Settings, SortOrder},
        name::LeaderboardName,
        score_display::ScoreDisplay,
    },
};

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
        #[arg(long, default_value = "desc", value_parser = parse_with(SortOrder::parse, SortOrder::TEXTS))]
        sort_order: SortOrder,
        /// What an update does to a player's score: latest, best or sum.
        #[arg(long, default_value = "latest", value_parser = parse_with(Policy::parse, Policy::TEXTS))]
        policy: Policy,
        /// How clients show a score: number, or time in seconds.
        #[arg(long, default_value = "number", value_parser = parse_with(ScoreFormat::parse, ScoreFormat::TEXTS))]
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
    /// Write a leaderboard's entries as a table, by their ranks.
    Export {
        /// The account's id or e-mail address.
        #[arg(long)]
        account: String,
        /// The leaderboard's id.
        #[arg(long)]
        leaderboard: String,
        /// The table's form.
        #[arg(long, value_enum, default_value_t = TableFormat::Csv)]
        format: TableFormat,
        /// The file to write, which appears when it is whole; - for stdout, where nothing else is written then.
        #[arg(long, default_value = "-")]
        output: PathBuf,
        /// Answer as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Submit the rows of a table, under the rules of the API; which are refused, stderr says line by line.
    Import {
        /// The account's id or e-mail address.
        #[arg(long)]
        account: String,
        /// The leaderboard's id.
        #[arg(long)]
        leaderboard: String,
        /// The table's form.
        #[arg(long, value_enum, default_value_t = TableFormat::Csv)]
        format: TableFormat,
        /// The file to read; - for stdin.
        #[arg(long, default_value = "-")]
        input: PathBuf,
        #[command(flatten)]
        output: Output,
    },
}

/// The form of a table.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum TableFormat {
    /// Comma-separated values with a header: rank, player_id, name, score, metadata, created_at, updated_at.
    Csv,
}

/// Carries a command out.
pub(super) async fn run(app: &App, command: LeaderboardCommand) -> Result<(Value, Output), AdminError> {
    Ok(match command {
        LeaderboardCommand::Create { account, name, sort_order, policy, score_format, output } => {
            let account = app.find_account(&account).await?;
            let name = LeaderboardName::parse(&name).map_err(|error| AppError::invalid("name", error))?;
            let display = ScoreDisplay::default();
            let settings = Settings { name, sort_order, score_format, display, policy };
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
        LeaderboardCommand::Export { account, leaderboard, format: TableFormat::Csv, output, json } => {
            let account = app.find_account(&account).await?;
            let leaderboard = parse_leaderboard(&leaderboard)?;
            let in_file = |error| AdminError::File(output.clone(), error);
            let mut target = Target::open(&output).map_err(in_file)?;
            let rows = table::export(app, account.id, leaderboard, &mut target).await?;
            target.finish().map_err(in_file)?;
            let answer = match Target::is_own_output(&output) {
                true => Value::Null,
                false => json!({"exported": {"leaderboard": leaderboard, "rows": rows}}),
            };
            (answer, Output { json })
        }
        LeaderboardCommand::Import { account, leaderboard, format: TableFormat::Csv, input, output } => {
            let account = app.find_account(&account).await?;
            let leaderboard = parse_leaderboard(&leaderboard)?;
            let table = file::open(&input).map_err(|error| AdminError::File(input, error))?;
            let rows = table::import(app, &account, leaderboard, table).await?;
            (json!({"imported": {"leaderboard": leaderboard, "rows": rows}}), output)
        }
    })
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
