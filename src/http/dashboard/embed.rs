//! How a leaderboard looks on other pages: the code for them, a style sheet of its own, and who may show it.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Request, State},
    response::{IntoResponse, Response},
};

use super::{
    board::{BoardHead, publishable_key},
    paths::BoardPath,
    reply::{Fault, GoOn, Refusal, own_page},
    shell::{Flash, Shell},
    visit::{SignedForm, SignedIn},
};
use crate::{
    app::App,
    domain::{
        appearance::{Appearance, Css, Site},
        ids::LeaderboardId,
    },
    http::{embed::Configurator, extract::QueryParameters, headers},
};

#[derive(Template)]
#[template(path = "dashboard/embed.html")]
struct EmbedPage {
    shell: Shell,
    head: BoardHead,
    configurator: Option<Configurator>,
    css: String,
    sites: String,
    fault: Fault,
}

/// The choices, and what is kept.
pub async fn show(
    State(app): State<Arc<App>>,
    by: SignedIn,
    BoardPath(id): BoardPath,
    request: Request,
) -> Result<Response, Refusal> {
    let Appearance { css, sites } = app.appearance(by.owner.account.id, id).await?;
    let kept = (css.as_str(), Site::join(&sites).replace(' ', "\n"));
    embed_page(&app, &by, id, &QueryParameters::of(request.uri()), kept, Fault::default()).await
}

async fn embed_page(
    app: &App,
    by: &SignedIn,
    id: LeaderboardId,
    query: &QueryParameters,
    (css, sites): (&str, String),
    fault: Fault,
) -> Result<Response, Refusal> {
    let account = by.owner.account.id;
    let board = app.leaderboard(account, id).await?;
    let name = board.settings.name.as_str();
    let key = publishable_key(app, account, id).await?;
    let status = fault.status();
    let configurator = key.map(|key| {
        let configurator = Configurator::new(id, name, key, by.visit.origin.clone(), query);
        configurator.at(format!("/dashboard/leaderboards/{id}/embed"), false)
    });
    let shown = EmbedPage {
        shell: by.shell(format!("{name} on other pages")).in_section("leaderboards"),
        head: BoardHead::new(&board, "embed"),
        configurator,
        css: css.to_owned(),
        sites,
        fault,
    };
    Ok(headers::with_preview(own_page(by, status, &shown)))
}

fn parse(css: &str, sites: &str) -> Result<Appearance, Fault> {
    Ok(Appearance {
        css: Css::parse(css).map_err(|error| Fault::at("css", error))?,
        sites: Site::parse_all(sites).map_err(|error| Fault::at("sites", error))?,
    })
}

/// Keeps the style sheet, and who may show the page for frames.
pub async fn save(
    State(app): State<Arc<App>>,
    BoardPath(id): BoardPath,
    SignedForm { by, fields }: SignedForm,
) -> Result<Response, Refusal> {
    let account = by.owner.account.id;
    let (css, sites) = (fields.get("css"), fields.get("sites"));
    let appearance = match parse(css, sites) {
        Ok(appearance) => appearance,
        Err(fault) => {
            let query = QueryParameters::default();
            return embed_page(&app, &by, id, &query, (css, sites.to_owned()), fault).await;
        }
    };
    let before = app.appearance(account, id).await?;
    app.set_appearance(account, id, &appearance).await?;
    if before.css != appearance.css {
        by.note(&app, id, "Changed the style sheet for frames").await?;
    }
    if before.sites != appearance.sites {
        let sites = Site::join(&appearance.sites);
        let who = if sites.is_empty() { "every site" } else { &sites };
        by.note(&app, id, &format!("Let the leaderboard be shown by {who}")).await?;
    }
    let on = GoOn::to(&by.visit, format!("/dashboard/leaderboards/{id}/embed"));
    Ok(on.saying(&Flash::new("settings-saved")).into_response())
}
