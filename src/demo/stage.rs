//! What the demo stands on: an account, a leaderboard and its keys.

use std::{
    fs::{OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use crate::{
    app::{App, AppError},
    domain::{
        api_key::{ApiKey, KeyKind},
        ids::AccountId,
        leaderboard::{Leaderboard, Policy, ScoreFormat, Settings, SortOrder},
        name::{Label, LeaderboardName},
        score_display::ScoreDisplay,
    },
    store::accounts::Account,
};

const EMAIL: &str = "demo@example.org";
const NAME: &str = "Skyline Sprint";
/// Tells the demo's keys from those that somebody else made on its account.
const LABEL: &str = "Demo";

/// The demo's leaderboard with keys that nobody else has.
#[derive(Debug)]
pub struct Stage {
    /// Whose it is.
    pub account: AccountId,
    /// The leaderboard.
    pub leaderboard: Leaderboard,
    /// Writes it.
    pub secret_key: ApiKey,
    /// Reads it.
    pub publishable_key: ApiKey,
}

impl Stage {
    /// Finds account and leaderboard, or makes them; makes keys, and revokes those of the demo before: so of several
    /// demos on one Redis the last one has the leaderboard to itself, and the others notice.
    ///
    /// # Errors
    /// As the use cases have them: the plan may have no room, Redis may be away.
    pub async fn set(app: &App) -> Result<Self, AppError> {
        let account = account(app).await?;
        let leaderboard = leaderboard(app, &account).await?;
        let label = Label::parse(LABEL).map_err(|error| AppError::invalid("label", error))?;
        let key =
            async |kind| app.create_leaderboard_key(account.id, leaderboard.id, kind, label.clone()).await;
        let ((secret_key, secret), (publishable_key, publishable)) =
            (key(KeyKind::Secret).await?, key(KeyKind::Publishable).await?);
        let mut former = app.list_keys(account.id).await?;
        former.retain(|key| key.label == label && ![secret.id, publishable.id].contains(&key.id));
        for key in former {
            match app.revoke_key(account.id, None, key.id).await {
                // Another demo that is starting has revoked it meanwhile.
                Ok(()) | Err(AppError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self { account: account.id, leaderboard, secret_key, publishable_key })
    }

    /// Writes the secret key to a file that its owner alone can read.
    ///
    /// # Errors
    /// Where that can't be done.
    pub fn keep_secret_key(&self, path: &Path) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path)?;
        // It may have been there already.
        file.set_permissions(Permissions::from_mode(0o600))?;
        writeln!(file, "{}", self.secret_key.expose())
    }
}

async fn account(app: &App) -> Result<Account, AppError> {
    let account = match app.find_account(EMAIL).await {
        Err(AppError::NotFound(_)) => app.create_account(EMAIL, None).await?,
        found => found?,
    };
    let plan = app.default_plan().name.as_str();
    if account.plan.as_str() == plan { Ok(account) } else { app.set_plan(account.id, plan).await }
}

async fn leaderboard(app: &App, account: &Account) -> Result<Leaderboard, AppError> {
    let (leaderboards, _) = app.list_leaderboards(account.id, 0, 1).await?;
    if let Some(oldest) = leaderboards.into_iter().next() {
        return Ok(oldest);
    }
    let settings = Settings {
        name: LeaderboardName::parse(NAME).map_err(|error| AppError::invalid("name", error))?,
        sort_order: SortOrder::Desc,
        score_format: ScoreFormat::Number,
        display: ScoreDisplay::default(),
        policy: Policy::Latest,
    };
    app.create_leaderboard(account.id, &app.plan_of(account), &settings).await
}
