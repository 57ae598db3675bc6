//! The page for an iframe: a table that needs no script, which the script then takes over.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{
    options::Options,
    rows::{Answer, Column, Content, Drawing, Row},
    style,
    texts::{self, Language},
};
use crate::{
    app::{App, AppError, Caller},
    domain::{appearance::Appearance, ids::LeaderboardId, leaderboard::Leaderboard},
    http::{auth::ReadKey, error::ApiError, headers},
};

/// As long as pages are kept, and so as the list route says.
const CACHE_CONTROL: &str = "public, max-age=5";

#[derive(Template)]
#[template(path = "embed.html")]
struct EmbedPage<'a> {
    options: &'a Options,
    language: &'a Language<'a>,
    /// `loading`, `ready`, `empty`, `error` or `offline`.
    state: &'static str,
    heading: &'a str,
    order: &'static str,
    format: &'static str,
    total: Option<u64>,
    columns: Vec<Column>,
    rows: Vec<Row>,
    message: String,
    /// What the script needs not ask for.
    board: Option<String>,
    /// Where the owner's style sheet is.
    style: Option<String>,
    /// Whether it makes sense to try.
    has_script: bool,
}

impl EmbedPage<'_> {
    /// The address of another page, without a path.
    fn link(&self, page: u64) -> String {
        format!("?{}&page={page}", self.options.others)
    }

    fn first(&self) -> u64 {
        ((self.options.page - 1).saturating_mul(self.options.limit.into()) + 1).min(self.total.unwrap_or(0))
    }

    fn last(&self) -> u64 {
        self.options.page.saturating_mul(self.options.limit.into()).min(self.total.unwrap_or(0))
    }

    fn range(&self) -> String {
        let numbers = [("from", self.first()), ("to", self.last()), ("total", self.total.unwrap_or(0))];
        self.language.say("range", &numbers)
    }

    fn players(&self) -> String {
        self.total.map_or_else(String::new, |total| self.language.say("players", &[("count", total)]))
    }

    fn has_next(&self) -> bool {
        self.total.is_some_and(|total| self.last() < total)
    }
}

/// Shows a leaderboard, or says why that is not possible.
pub async fn show(
    State(app): State<Arc<App>>,
    Path(leaderboard): Path<String>,
    key: Result<ReadKey, ApiError>,
    request: Request,
) -> Response {
    let options = Options::of(request.uri());
    let accepted = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let accepted = accepted.unwrap_or_default().split(',').filter(|_| options.locale.is_none());
    let language = texts::ALL.language(options.locale.as_deref().into_iter().chain(accepted), &options.texts);
    match read(&app, key, &leaderboard, &options).await {
        Ok(found) => shown(&options, &language, &found),
        Err(refusal) => refused(&options, &language, refusal),
    }
}

/// A leaderboard, the page of it, and how it looks.
struct Found {
    board: Leaderboard,
    answer: Answer,
    appearance: Appearance,
}

/// The leaderboard, if it is the key's, and the page of it.
async fn read(
    app: &App,
    key: Result<ReadKey, ApiError>,
    leaderboard: &str,
    options: &Options,
) -> Result<Found, ApiError> {
    let caller = reader(key, leaderboard)?;
    let board = app.read_own_leaderboard(&caller).await?;
    let served = app.list_entries(&caller, &options.part()).await?;
    let (body, _) = served.page.marked(options.player_id());
    let answer = serde_json::from_slice(&body).map_err(|error| {
        tracing::error!(error = %error, "the server doesn't understand its own page");
        ApiError::panicked()
    })?;
    let appearance = app.own_appearance(&caller).await?;
    Ok(Found { board, answer, appearance })
}

/// Who reads this leaderboard, with a key in the URL: the page has it in its source.
pub fn reader(key: Result<ReadKey, ApiError>, leaderboard: &str) -> Result<Arc<Caller>, ApiError> {
    let ReadKey { caller, in_url } = key?;
    if !in_url {
        return Err(AppError::Unauthorized("The page needs a publishable key: ?key=…").into());
    }
    if LeaderboardId::parse(leaderboard).ok() != Some(caller.board()?.keys.leaderboard) {
        return Err(AppError::NotFound("Leaderboard").into());
    }
    Ok(caller)
}

fn shown(options: &Options, language: &Language<'_>, found: &Found) -> Response {
    let Found { board, answer, appearance } = found;
    let settings = &board.settings;
    let drawing = Drawing { options, language, style: settings.style() };
    let rows = drawing.rows(answer);
    let state = if answer.total() == 0 { "empty" } else { "ready" };
    let page = EmbedPage {
        state,
        heading: options.heading.as_deref().unwrap_or(settings.name.as_str()),
        order: options.order.unwrap_or(settings.sort_order).as_str(),
        format: settings.score_format.as_str(),
        total: Some(answer.total()),
        columns: options.headings(language),
        rows,
        message: if state == "empty" { language.text("empty") } else { String::new() },
        board: Some(
            json!({
                "name": settings.name.as_str(),
                "sort_order": settings.sort_order.as_str(),
                "score_format": settings.score_format.as_str(),
                "decimals": settings.display.decimals(),
                "unit": settings.display.unit(),
            })
            .to_string(),
        ),
        style: (!appearance.css.is_empty()).then(|| style::address(board.id, &options.key, &appearance.css)),
        has_script: true,
        options,
        language,
    };
    headers::frame(render(&page), CACHE_CONTROL, &appearance.sites)
}

/// The refusal as a page. Where it will pass, the script goes on trying.
fn refused(options: &Options, language: &Language<'_>, refusal: ApiError) -> Response {
    let (mut parts, _) = refusal.into_response().into_parts();
    let will_pass = parts.status.is_server_error() || parts.status == StatusCode::TOO_MANY_REQUESTS;
    let (state, text) = if will_pass { ("offline", "reconnecting") } else { ("error", "refused") };
    let page = EmbedPage {
        state,
        heading: options.heading.as_deref().unwrap_or_default(),
        order: "desc",
        format: "number",
        total: None,
        columns: Vec::new(),
        rows: Vec::new(),
        message: language.text(text),
        board: None,
        style: None,
        has_script: will_pass,
        options,
        language,
    };
    let (page_parts, body) = headers::frame(render(&page), "no-store", &[]).into_parts();
    parts.headers.extend(page_parts.headers);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, body)
}

fn render(page: &impl Template) -> bytes::Bytes {
    page.render().expect("a page is written into memory").into()
}
