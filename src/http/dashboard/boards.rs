//! The account's leaderboards: all of them, and a new one.

use std::{cmp::Reverse, sync::Arc};

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};

use super::{
    format::{Moment, whole},
    reply::{Fault, GoOn, Refusal, own_page, page},
    shell::{Flash, Shell},
    visit::{Fields, SignedForm, SignedIn},
};
use crate::{
    app::{App, AppError},
    domain::{
        api_key::KeyKind,
        leaderboard::{Leaderboard, Policy, ScoreFormat, ScoreStyle, Settings, SortOrder},
        name::{Label, LeaderboardName},
        score_display::{DisplayError, ScoreDisplay},
    },
    http::extract::QueryParameters,
};

/// Leaderboards on one page.
const PER_PAGE: usize = 20;
/// Leaderboards that are searched at the most.
const MOST: u32 = 5000;

/// One row of the list.
struct BoardRow {
    id: String,
    name: String,
    entries: String,
    order: &'static str,
    policy: &'static str,
    created: Moment,
}

impl From<Leaderboard> for BoardRow {
    fn from(board: Leaderboard) -> Self {
        Self {
            id: board.id.to_string(),
            name: board.settings.name.into_string(),
            entries: whole(board.total_entries),
            order: order_words(board.settings.sort_order),
            policy: policy_words(board.settings.policy),
            created: board.created_at.into(),
        }
    }
}

/// An order as people say it.
pub fn order_words(order: SortOrder) -> &'static str {
    match order {
        SortOrder::Desc => "Highest first",
        SortOrder::Asc => "Lowest first",
    }
}

/// A policy as people say it.
pub fn policy_words(policy: Policy) -> &'static str {
    match policy {
        Policy::Latest => "Latest score",
        Policy::Best => "Best score",
        Policy::Sum => "Sum of scores",
    }
}

#[derive(Template)]
#[template(path = "dashboard/boards.html")]
struct BoardsPage {
    shell: Shell,
    search: String,
    sort: String,
    boards: Vec<BoardRow>,
    found: usize,
    total: u64,
    page: usize,
    pages: usize,
}

impl BoardsPage {
    fn link(&self, page: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("search", &self.search).append_pair("sort", &self.sort);
        format!("/dashboard/leaderboards?{}", query.append_pair("page", &page.to_string()).finish())
    }
}

/// All of them, searched, sorted and in pages.
pub async fn list(
    State(app): State<Arc<App>>,
    by: SignedIn,
    query: QueryParameters,
) -> Result<Response, Refusal> {
    let (mut boards, total) = app.list_leaderboards(by.owner.account.id, 0, MOST).await?;
    let search = query.get("search").unwrap_or_default().trim().to_owned();
    let sort = query.get("sort").unwrap_or("newest").to_owned();
    let wanted = search.to_lowercase();
    let lower = |board: &Leaderboard| board.settings.name.as_str().to_lowercase();
    boards.retain(|board| lower(board).contains(&wanted) || board.id.to_string() == wanted);
    match sort.as_str() {
        "name" => boards.sort_by_cached_key(lower),
        "entries" => boards.sort_by_key(|board| Reverse(board.total_entries)),
        "oldest" => {}
        _ => boards.reverse(),
    }
    let (found, pages) = (boards.len(), boards.len().div_ceil(PER_PAGE).max(1));
    let page_number = query.get("page").and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, pages);
    let boards = boards.into_iter().skip((page_number - 1) * PER_PAGE).take(PER_PAGE).map(BoardRow::from);
    let shell = by.shell("Leaderboards").in_section("leaderboards");
    let boards = boards.collect();
    Ok(page(&by.visit, &BoardsPage { shell, search, sort, boards, found, total, page: page_number, pages }))
}

#[derive(Template)]
#[template(path = "dashboard/board-new.html")]
struct NewBoardPage {
    shell: Shell,
    name: String,
    choices: Choices,
    fault: Fault,
}

/// What is chosen of a leaderboard's settings.
pub struct Choices {
    /// Which score is ahead.
    pub order: &'static str,
    /// How scores are shown.
    pub format: &'static str,
    /// What an update does.
    pub policy: &'static str,
    /// Decimals of a score; empty for as many as there are.
    pub decimals: String,
    /// What stands behind a score.
    pub unit: String,
    /// A score as all that shows it.
    pub preview: String,
}

/// The score that previews show, as a number and as a time.
const PREVIEWED: f64 = 4083.456;

impl Choices {
    /// These settings.
    pub fn new(settings: &Settings) -> Self {
        let Settings { display, .. } = settings;
        Self {
            order: settings.sort_order.as_str(),
            format: settings.score_format.as_str(),
            policy: settings.policy.as_str(),
            decimals: display.decimals_text(),
            unit: display.unit().to_owned(),
            preview: super::format::number(PREVIEWED, settings.style()),
        }
    }

    /// What a form for a new leaderboard begins with.
    fn first() -> Self {
        let style = ScoreStyle { format: ScoreFormat::Number, display: &ScoreDisplay::default() };
        Self {
            order: "desc",
            format: "number",
            policy: "best",
            decimals: String::new(),
            unit: String::new(),
            preview: super::format::number(PREVIEWED, style),
        }
    }
}

/// How scores are seen, as a form sends it.
///
/// # Errors
/// What is wrong, at its field.
fn parse_display(fields: &Fields) -> Result<ScoreDisplay, Fault> {
    let display = ScoreDisplay::parse(fields.get("decimals"), fields.get("unit"));
    display.map_err(|error| match error {
        DisplayError::Decimals => Fault::at("decimals", error),
        DisplayError::Unit => Fault::at("unit", error),
    })
}

/// The form for a new one.
pub async fn new(by: SignedIn) -> Response {
    new_page(&by, "", Choices::first(), Fault::default())
}

fn new_page(by: &SignedIn, name: &str, choices: Choices, fault: Fault) -> Response {
    let shell = by.shell("New leaderboard").in_section("leaderboards");
    let status = fault.status();
    own_page(by, status, &NewBoardPage { shell, name: name.to_owned(), choices, fault })
}

/// The settings that a form sends.
///
/// # Errors
/// What is wrong, at its field.
pub fn parse_settings(fields: &Fields) -> Result<Settings, Fault> {
    let one_of = |field| Fault::at(field, "Choose one of these");
    Ok(Settings {
        name: LeaderboardName::parse(fields.get("name")).map_err(|error| Fault::at("name", error))?,
        sort_order: SortOrder::parse(fields.get("sort_order")).ok_or_else(|| one_of("sort_order"))?,
        score_format: ScoreFormat::parse(fields.get("score_format")).ok_or_else(|| one_of("score_format"))?,
        display: parse_display(fields)?,
        policy: Policy::parse(fields.get("policy")).ok_or_else(|| one_of("policy"))?,
    })
}

/// Makes it, with a key for the game and one for pages, and goes on to where these are shown.
pub async fn create(
    State(app): State<Arc<App>>,
    SignedForm { by, fields }: SignedForm,
) -> Result<Response, Refusal> {
    let settings = match parse_settings(&fields) {
        Ok(settings) => settings,
        Err(fault) => return Ok(new_page(&by, fields.get("name"), Choices::first(), fault)),
    };
    match create_with_keys(&app, &by, &settings).await {
        Ok((board, keys)) => {
            let on = GoOn::to(&by.visit, format!("/dashboard/leaderboards/{}/connect", board.id));
            let on = on.saying(&Flash::new("board-created"));
            Ok(on.showing(keys.iter().map(String::as_str)).into_response())
        }
        Err(error) => Ok(new_page(&by, fields.get("name"), Choices::new(&settings), Fault::of(error)?)),
    }
}

async fn create_with_keys(
    app: &App,
    by: &SignedIn,
    settings: &Settings,
) -> Result<(Leaderboard, [String; 2]), AppError> {
    let account = by.owner.account.id;
    let board = app.create_leaderboard(account, &by.plan, settings).await?;
    by.note(app, board.id, "Created the leaderboard").await?;
    let key = async |kind, label: &str| {
        let label = Label::parse(label).map_err(|error| AppError::invalid("label", error))?;
        let (key, _) = app.create_leaderboard_key(account, board.id, kind, label).await?;
        Ok::<_, AppError>(key.expose().to_owned())
    };
    let secret = key(KeyKind::Secret, "Game").await?;
    let publishable = key(KeyKind::Publishable, "Pages and dashboard").await?;
    Ok((board, [secret, publishable]))
}
