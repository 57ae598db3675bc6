//! The account's own keys: for programs that make leaderboards and their keys.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};

use super::{
    chart::KeyChart,
    keys::{DAYS, KeyRow, shown_once},
    reply::{Fault, GoOn, Refusal, own_page},
    shell::{Flash, Shell},
    visit::{SignedForm, SignedIn},
};
use crate::{
    app::{App, AppError},
    domain::{api_key::KeyKind, ids::KeyId, name::Label},
    store::api_keys::KeyRecord,
};

/// Management keys that an account can make here. They are free, so there must be an end to them.
const MOST: usize = 100;
const PATH: &str = "/dashboard/account/keys";

#[derive(Template)]
#[template(path = "dashboard/account-keys.html")]
struct AccountKeysPage {
    shell: Shell,
    new_keys: Vec<String>,
    keys: Vec<KeyRow>,
    label: String,
    api: String,
    fault: Fault,
}

/// The keys, with the one that was just made.
pub async fn show(State(app): State<Arc<App>>, by: SignedIn) -> Result<Response, Refusal> {
    keys_page(&app, &by, "", Fault::default()).await
}

async fn own_keys(app: &App, by: &SignedIn) -> Result<Vec<KeyRecord>, AppError> {
    let mut keys = app.list_keys(by.owner.account.id).await?;
    keys.retain(|key| key.kind == KeyKind::Management);
    Ok(keys)
}

async fn keys_page(app: &App, by: &SignedIn, label: &str, fault: Fault) -> Result<Response, Refusal> {
    let keys = own_keys(app, by).await?;
    let ids: Vec<_> = keys.iter().map(|key| key.id).collect();
    let uses = app.key_uses(by.owner.account.id, &ids, DAYS).await?;
    let new_keys = shown_once(by, &keys);
    let rows = keys.into_iter().zip(uses).rev();
    let (shell, status) = (by.shell("Management keys").in_section("account"), fault.status());
    let shown = AccountKeysPage {
        shell,
        new_keys,
        keys: rows.map(|(key, used)| KeyRow::new(key, used.map(KeyChart::from))).collect(),
        label: label.to_owned(),
        api: format!("{}{}", by.visit.origin, crate::http::api::BASE),
        fault,
    };
    Ok(own_page(by, status, &shown))
}

/// Makes a key and shows it once. It outlives the session, so it needs the password.
pub async fn create(
    State(app): State<Arc<App>>,
    SignedForm { by, fields }: SignedForm,
) -> Result<Response, Refusal> {
    match make(&app, &by, fields.get("label"), fields.get("current_password").to_owned()).await? {
        Ok(key) => {
            let on = GoOn::to(&by.visit, PATH).saying(&Flash::new("key-created"));
            Ok(on.showing([key.as_str()]).into_response())
        }
        Err(fault) => keys_page(&app, &by, fields.get("label"), fault).await,
    }
}

async fn make(
    app: &App,
    by: &SignedIn,
    label: &str,
    password: String,
) -> Result<Result<String, Fault>, Refusal> {
    let label = match Label::parse(label) {
        Ok(label) => label,
        Err(error) => return Ok(Err(Fault::at("label", error))),
    };
    if let Err(error) = app.confirm_password(&by.owner, password).await {
        return Ok(Err(Fault::of(error)?));
    }
    if own_keys(app, by).await?.len() >= MOST {
        let full = AppError::PlanLimit("The account has 100 management keys already; revoke one first");
        return Ok(Err(Fault::of(full)?));
    }
    let (key, _) = app.create_account_key(by.owner.account.id, label).await?;
    Ok(Ok(key.expose().to_owned()))
}

/// Revokes a key.
pub async fn revoke(
    State(app): State<Arc<App>>,
    SignedForm { by, fields }: SignedForm,
) -> Result<Response, Refusal> {
    let key = KeyId::parse(fields.get("key")).map_err(|_| Refusal::nothing_here())?;
    if !own_keys(&app, &by).await?.iter().any(|own| own.id == key) {
        return Err(Refusal::nothing_here());
    }
    app.revoke_key(by.owner.account.id, None, key).await?;
    Ok(GoOn::to(&by.visit, PATH).saying(&Flash::new("key-revoked")).into_response())
}
