//! A leaderboard's settings, and its end.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};

use super::{
    board::BoardHead,
    boards::{Choices, parse_settings},
    paths::BoardPath,
    reply::{Fault, GoOn, Refusal, own_page},
    shell::{Flash, Shell},
    visit::{SignedForm, SignedIn},
};
use crate::{
    app::App,
    domain::leaderboard::{Leaderboard, Settings, SettingsPatch},
};

#[derive(Template)]
#[template(path = "dashboard/settings.html")]
struct SettingsPage {
    shell: Shell,
    head: BoardHead,
    name: String,
    choices: Choices,
    fault: Fault,
}

fn settings_page(by: &SignedIn, board: &Leaderboard, name: &str, fault: Fault) -> Response {
    let shown = SettingsPage {
        shell: by.shell(format!("Settings of {}", board.settings.name)).in_section("leaderboards"),
        head: BoardHead::new(board, "settings"),
        name: name.to_owned(),
        choices: Choices::new(&board.settings),
        fault: fault.clone(),
    };
    own_page(by, fault.status(), &shown)
}

/// The settings as they are.
pub async fn show(
    State(app): State<Arc<App>>,
    by: SignedIn,
    BoardPath(id): BoardPath,
) -> Result<Response, Refusal> {
    let board = app.leaderboard(by.owner.account.id, id).await?;
    Ok(settings_page(&by, &board, board.settings.name.as_str(), Fault::default()))
}

/// What is to be changed; what stays is left out, so that nothing begins anew for its sake.
fn changes(old: &Settings, new: &Settings) -> (SettingsPatch, Vec<String>) {
    let mut told = Vec::new();
    let mut tell = |what: &str, from: &str, to: &str| told.push(format!("{what} from {from} to {to}"));
    let mut patch = SettingsPatch::default();
    if old.name != new.name {
        tell("name", old.name.as_str(), new.name.as_str());
        patch.name = Some(new.name.clone());
    }
    if old.sort_order != new.sort_order {
        tell("sort order", old.sort_order.as_str(), new.sort_order.as_str());
        patch.sort_order = Some(new.sort_order);
    }
    if old.score_format != new.score_format {
        tell("score format", old.score_format.as_str(), new.score_format.as_str());
        patch.score_format = Some(new.score_format);
    }
    if old.policy != new.policy {
        tell("policy", old.policy.as_str(), new.policy.as_str());
        patch.policy = Some(new.policy);
    }
    if old.display != new.display {
        told.push("how scores are shown".to_owned());
        patch.decimals = Some(new.display.decimals);
        patch.unit = Some(new.display.unit.clone());
    }
    (patch, told)
}

/// Saves what was changed.
pub async fn save(
    State(app): State<Arc<App>>,
    BoardPath(id): BoardPath,
    SignedForm { by, fields }: SignedForm,
) -> Result<Response, Refusal> {
    let account = by.owner.account.id;
    let board = app.leaderboard(account, id).await?;
    let settings = match parse_settings(&fields) {
        Ok(settings) => settings,
        Err(fault) => return Ok(settings_page(&by, &board, fields.get("name"), fault)),
    };
    let (patch, told) = changes(&board.settings, &settings);
    match app.update_leaderboard(account, id, &patch).await {
        Ok(board) => {
            if !told.is_empty() {
                let what = format!("Changed {}", told.join(", "));
                by.note(&app, id, &what).await?;
            }
            let said = if board.pending_sort_order.is_some() { "sort-changing" } else { "settings-saved" };
            let on = GoOn::to(&by.visit, format!("/dashboard/leaderboards/{id}/settings"));
            Ok(on.saying(&Flash::new(said)).into_response())
        }
        Err(error) => Ok(settings_page(&by, &board, fields.get("name"), Fault::of(error)?)),
    }
}

/// The leaderboard, if its name was typed.
async fn confirmed(
    app: &App,
    form: &SignedForm,
    id: crate::domain::ids::LeaderboardId,
    field: &'static str,
) -> Result<Result<Leaderboard, Response>, Refusal> {
    let board = app.leaderboard(form.by.owner.account.id, id).await?;
    let name = board.settings.name.as_str();
    if form.fields.get("confirm").trim() == name {
        return Ok(Ok(board));
    }
    let fault = Fault::at(field, "Type the leaderboard’s name exactly as it stands above");
    Ok(Err(settings_page(&form.by, &board, name, fault)))
}

/// Removes all entries.
pub async fn reset(
    State(app): State<Arc<App>>,
    BoardPath(id): BoardPath,
    form: SignedForm,
) -> Result<Response, Refusal> {
    if let Err(page) = confirmed(&app, &form, id, "reset").await? {
        return Ok(page);
    }
    let removed = app.reset_leaderboard(form.by.owner.account.id, id).await?;
    form.by.note(&app, id, &format!("Reset the leaderboard: {removed} entries removed")).await?;
    let on = GoOn::to(&form.by.visit, format!("/dashboard/leaderboards/{id}"));
    Ok(on.saying(&Flash::with("board-reset", removed)).into_response())
}

/// Deletes the leaderboard.
pub async fn delete(
    State(app): State<Arc<App>>,
    BoardPath(id): BoardPath,
    form: SignedForm,
) -> Result<Response, Refusal> {
    if let Err(page) = confirmed(&app, &form, id, "delete").await? {
        return Ok(page);
    }
    app.delete_leaderboard(form.by.owner.account.id, id).await?;
    let on = GoOn::to(&form.by.visit, "/dashboard/leaderboards");
    Ok(on.saying(&Flash::new("board-deleted")).into_response())
}
