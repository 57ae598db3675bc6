//! Leaderboards.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Output, key::parse_label, parse_with};
use crate::{
    app::{App, AppError},
    domain::{
        api_key::KeyKind,
        leaderboard::{Leaderboard, Policy, ScoreFormat, Settings, SortOrder},
        name::LeaderboardName,
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

/// Carries a command out.
pub(super) async fn run(app: &App, command: LeaderboardCommand) -> Result<(Value, Output), AppError> {
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
