//! How a game and its pages connect: the leaderboard's keys, and code that is ready to be pasted.

use std::{sync::Arc, time::Duration};

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};

use super::{
    board::BoardHead,
    chart::KeyChart,
    format::Moment,
    paths::BoardPath,
    reply::{Fault, GoOn, Refusal, own_page},
    shell::{Flash, Shell},
    snippets::Snippets,
    visit::{SignedForm, SignedIn},
};
use crate::{
    app::App,
    domain::{
        api_key::{ApiKey, KeyKind},
        ids::{KeyId, LeaderboardId},
        name::Label,
    },
    store::api_keys::KeyRecord,
};

/// How long a rotated key goes on working.
const OVERLAP: Duration = Duration::from_secs(24 * 60 * 60);
/// Days that a key's chart shows.
pub const DAYS: u32 = 30;

/// One key in a list.
pub struct KeyRow {
    /// Its id.
    pub id: String,
    /// What its owner calls it.
    pub label: String,
    /// What it may do.
    pub kind: &'static str,
    /// The text of a publishable key.
    pub text: Option<String>,
    /// When it was made.
    pub created: Moment,
    /// When it stops working, where that is settled.
    pub expires: Option<Moment>,
    /// How it was used, where it was.
    pub used: Option<KeyChart>,
}

impl KeyRow {
    /// A key with how it was used.
    pub fn new(key: KeyRecord, used: Option<KeyChart>) -> Self {
        Self {
            id: key.id.to_string(),
            label: key.label.as_str().to_owned(),
            kind: key.kind.as_str(),
            text: key.public_text,
            created: key.created_at.into(),
            expires: key.expires_at.map(Moment::from),
            used,
        }
    }
}

#[derive(Template)]
#[template(path = "dashboard/connect.html")]
struct ConnectPage {
    shell: Shell,
    head: BoardHead,
    new_keys: Vec<String>,
    keys: Vec<KeyRow>,
    snippets: Snippets,
    label: String,
    fault: Fault,
}

/// The keys, with those that were just made, and the code.
pub async fn show(
    State(app): State<Arc<App>>,
    by: SignedIn,
    BoardPath(id): BoardPath,
) -> Result<Response, Refusal> {
    connect_page(&app, &by, id, "", Fault::default()).await
}

/// The texts of those keys that were just made: each is shown where it belongs, and nowhere else.
pub fn shown_once(by: &SignedIn, keys: &[KeyRecord]) -> Vec<String> {
    let belongs = |text: &&String| {
        let hash = ApiKey::parse(text).ok().map(|key| key.hash());
        keys.iter().any(|key| Some(key.hash) == hash)
    };
    by.visit.new_keys.iter().filter(belongs).cloned().collect()
}

async fn connect_page(
    app: &App,
    by: &SignedIn,
    id: LeaderboardId,
    label: &str,
    fault: Fault,
) -> Result<Response, Refusal> {
    let account = by.owner.account.id;
    let board = app.leaderboard(account, id).await?;
    app.drop_expired_keys(account).await?;
    let keys = app.list_leaderboard_keys(account, id).await?;
    let new_keys = shown_once(by, &keys);
    let secret = new_keys.iter().find(|key| key.starts_with(KeyKind::Secret.prefix())).cloned();
    let ids: Vec<_> = keys.iter().map(|key| key.id).collect();
    let uses = app.key_uses(account, &ids, DAYS).await?;
    let rows = keys.iter().cloned().zip(uses).rev();
    let rows = rows.map(|(key, used)| KeyRow::new(key, used.map(KeyChart::from)));
    let publishable = keys.iter().find_map(|key| key.public_text.clone());
    let shown = ConnectPage {
        shell: by.shell(format!("Connect {}", board.settings.name)).in_section("leaderboards"),
        head: BoardHead::new(&board, "connect"),
        new_keys,
        snippets: Snippets::new(&by.visit.origin, secret, publishable),
        keys: rows.collect(),
        label: label.to_owned(),
        fault: fault.clone(),
    };
    Ok(own_page(by, fault.status(), &shown))
}

/// Makes a key and shows it once.
pub async fn create(
    State(app): State<Arc<App>>,
    BoardPath(id): BoardPath,
    SignedForm { by, fields }: SignedForm,
) -> Result<Response, Refusal> {
    let label = match Label::parse(fields.get("label")) {
        Ok(label) => label,
        Err(error) => {
            let fault = Fault::at("label", error);
            return connect_page(&app, &by, id, fields.get("label"), fault).await;
        }
    };
    let kind = if fields.get("kind") == "publishable" { KeyKind::Publishable } else { KeyKind::Secret };
    let account = by.owner.account.id;
    match app.create_leaderboard_key(account, id, kind, label).await {
        Ok((key, record)) => {
            let what = format!("Created the {} key {}", kind.as_str(), named(&record));
            by.note(&app, id, &what).await?;
            Ok(to_new_key(&by, id, &key, "key-created"))
        }
        Err(error) => connect_page(&app, &by, id, fields.get("label"), Fault::of(error)?).await,
    }
}

fn named(key: &KeyRecord) -> String {
    match key.label.as_str() {
        "" => "without a label".to_owned(),
        label => format!("“{label}”"),
    }
}

fn to_new_key(by: &SignedIn, id: LeaderboardId, key: &ApiKey, said: &'static str) -> Response {
    let on = GoOn::to(&by.visit, format!("/dashboard/leaderboards/{id}/connect"));
    on.saying(&Flash::new(said)).showing([key.expose()]).into_response()
}

/// Revokes a key.
pub async fn revoke(
    State(app): State<Arc<App>>,
    BoardPath(id): BoardPath,
    SignedForm { by, fields }: SignedForm,
) -> Result<Response, Refusal> {
    let account = by.owner.account.id;
    let key = KeyId::parse(fields.get("key")).map_err(|_| Refusal::nothing_here())?;
    let keys = app.list_leaderboard_keys(account, id).await?;
    app.revoke_key(account, Some(id), key).await?;
    if let Some(key) = keys.iter().find(|record| record.id == key) {
        let what = format!("Revoked the {} key {}", key.kind.as_str(), named(key));
        by.note(&app, id, &what).await?;
    }
    let on = GoOn::to(&by.visit, format!("/dashboard/leaderboards/{id}/connect"));
    Ok(on.saying(&Flash::new("key-revoked")).into_response())
}

/// Makes a key like another one, which stops working after a day.
pub async fn rotate(
    State(app): State<Arc<App>>,
    BoardPath(id): BoardPath,
    SignedForm { by, fields }: SignedForm,
) -> Result<Response, Refusal> {
    let account = by.owner.account.id;
    let key = KeyId::parse(fields.get("key")).map_err(|_| Refusal::nothing_here())?;
    let (key, record) = app.rotate_key(account, id, key, OVERLAP).await?;
    let what = format!("Rotated the {} key {}", record.kind.as_str(), named(&record));
    by.note(&app, id, &what).await?;
    Ok(to_new_key(&by, id, &key, "key-rotated"))
}
