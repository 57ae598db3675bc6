//! Single entries, and entries in bulk: looked at, changed, removed, put back.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};

use super::{
    board::BoardHead,
    format::whole,
    paths::{BoardPath, EntryPath},
    reply::{Fault, GoOn, Refusal, own_page},
    shell::{Flash, Shell},
    table::{TableRow, filter_or_fault},
    visit::{Fields, SignedForm, SignedIn},
};
use crate::{
    app::{App, AppError, moderation::MOST_REMOVED},
    domain::{
        entry::{MetadataChange, Row, Submission},
        ids::{LeaderboardId, PlayerId, RemovalId},
        leaderboard::Leaderboard,
        metadata::Metadata,
        name::PlayerName,
        score::Score,
    },
    http::extract::QueryParameters,
};

/// Entries that a preview shows.
const PREVIEWED: usize = 20;

#[derive(Template)]
#[template(path = "dashboard/entry.html")]
struct EntryPage {
    shell: Shell,
    head: BoardHead,
    /// The entry; `None` for a new one.
    row: Option<TableRow>,
    typed: Typed,
    has_metadata: bool,
    fault: Fault,
}

/// A form as it was filled in.
#[derive(Default)]
struct Typed {
    name: String,
    score: String,
    metadata: String,
    player: String,
}

impl Typed {
    fn of(row: &Row) -> Self {
        let entry = &row.entry;
        Self {
            name: entry.name.as_str().to_owned(),
            score: entry.score.to_string(),
            metadata: entry.metadata.as_ref().map_or("", Metadata::as_str).to_owned(),
            player: entry.player.to_string(),
        }
    }

    fn from(fields: &Fields) -> Self {
        let get = |name| fields.get(name).trim().to_owned();
        Self { name: get("name"), score: get("score"), metadata: get("metadata"), player: get("player_id") }
    }

    fn parse(&self) -> Result<(PlayerName, Score, Option<Metadata>), Fault> {
        let name = PlayerName::parse(&self.name).map_err(|error| Fault::at("name", error))?;
        let score = Score::parse_json(&self.score).map_err(|error| Fault::at("score", error))?;
        let metadata = match self.metadata.as_str() {
            "" => None,
            text => Metadata::parse_json(text).map_err(|error| Fault::at("metadata", error))?,
        };
        Ok((name, score, metadata))
    }
}

/// One entry, to be looked at and changed.
pub async fn show(
    State(app): State<Arc<App>>,
    by: SignedIn,
    EntryPath(id, player): EntryPath,
) -> Result<Response, Refusal> {
    let account = by.owner.account.id;
    let board = app.leaderboard(account, id).await?;
    let row = app.find_player(account, id, player).await?.ok_or(AppError::NotFound("Entry"))?;
    entry_page(&app, &by, &board, Some(&row), Typed::of(&row), Fault::default()).await
}

async fn entry_page(
    app: &App,
    by: &SignedIn,
    board: &Leaderboard,
    row: Option<&Row>,
    typed: Typed,
    fault: Fault,
) -> Result<Response, Refusal> {
    let known = app.known_board(by.owner.account.id, board.id).await?;
    let title = row.map_or("New entry", |row| row.entry.name.as_str());
    let shown = EntryPage {
        shell: by.shell(title).in_section("leaderboards"),
        head: BoardHead::new(board, "entries"),
        row: row.map(|row| TableRow::new(row, board.settings.style(), &known.handles)),
        typed,
        has_metadata: by.plan.metadata,
        fault: fault.clone(),
    };
    Ok(own_page(by, fault.status(), &shown))
}

/// Saves what was changed of one entry, or removes it.
pub async fn save(
    State(app): State<Arc<App>>,
    EntryPath(id, player): EntryPath,
    SignedForm { by, fields }: SignedForm,
) -> Result<Response, Refusal> {
    let account = by.owner.account.id;
    let board = app.leaderboard(account, id).await?;
    let row = app.find_player(account, id, player).await?.ok_or(AppError::NotFound("Entry"))?;
    let there = format!("/dashboard/leaderboards/{id}");
    if fields.get("do") == "remove" {
        let removal = RemovalId::new_v4();
        app.remove_entries(account, id, removal, &[player]).await?;
        let what = format!("Removed {}, score {}", row.entry.name, row.entry.score);
        by.note_removal(&app, id, &what, removal).await?;
        let said = Flash::with("entry-removed", removal);
        return Ok(GoOn::to(&by.visit, there).saying(&said).into_response());
    }
    let typed = Typed::from(&fields);
    let change = match typed.parse() {
        Ok(change) => change,
        Err(fault) => return entry_page(&app, &by, &board, Some(&row), typed, fault).await,
    };
    let (name, score, metadata) = (&change.0, change.1, change.2.as_ref());
    match app.edit_entry(account, &by.plan, id, player, (name, score, metadata)).await {
        Ok(()) => {
            let what = told_change(&row, name, score);
            by.note(&app, id, &what).await?;
            let on = GoOn::to(&by.visit, format!("{there}/entries/{player}"));
            Ok(on.saying(&Flash::new("entry-saved")).into_response())
        }
        Err(error) => entry_page(&app, &by, &board, Some(&row), typed, Fault::of(error)?).await,
    }
}

fn told_change(old: &Row, name: &PlayerName, score: Score) -> String {
    let entry = &old.entry;
    let mut changes = Vec::new();
    if entry.name != *name {
        changes.push(format!("name to {name}"));
    }
    if entry.score != score {
        changes.push(format!("score from {} to {score}", entry.score));
    }
    match changes.is_empty() {
        true => format!("Edited {}", entry.name),
        false => format!("Edited {}: {}", entry.name, changes.join(", ")),
    }
}

/// The form for a new entry.
pub async fn new(
    State(app): State<Arc<App>>,
    by: SignedIn,
    BoardPath(id): BoardPath,
) -> Result<Response, Refusal> {
    let board = app.leaderboard(by.owner.account.id, id).await?;
    entry_page(&app, &by, &board, None, Typed::default(), Fault::default()).await
}

/// Submits an entry, under the rules of the API.
pub async fn add(
    State(app): State<Arc<App>>,
    BoardPath(id): BoardPath,
    SignedForm { by, fields }: SignedForm,
) -> Result<Response, Refusal> {
    let account = by.owner.account.id;
    let board = app.leaderboard(account, id).await?;
    let typed = Typed::from(&fields);
    match submit(&app, &by, id, &typed).await? {
        Ok(player) => {
            let what = format!("Added {}, score {}", typed.name, typed.score);
            by.note(&app, id, &what).await?;
            let on = GoOn::to(&by.visit, format!("/dashboard/leaderboards/{id}/entries/{player}"));
            Ok(on.saying(&Flash::new("entry-added")).into_response())
        }
        Err(fault) => entry_page(&app, &by, &board, None, typed, fault).await,
    }
}

async fn submit(
    app: &App,
    by: &SignedIn,
    id: LeaderboardId,
    typed: &Typed,
) -> Result<Result<PlayerId, Fault>, Refusal> {
    let player = match typed.player.as_str() {
        "" => Ok(PlayerId::new_v4()),
        text => PlayerId::parse(text).map_err(|error| Fault::at("player_id", error)),
    };
    let (player, (name, score, metadata)) = match (player, typed.parse()) {
        (Ok(player), Ok(entry)) => (player, entry),
        (Err(fault), _) | (_, Err(fault)) => return Ok(Err(fault)),
    };
    let submission = Submission { player, name, score, metadata: MetadataChange::Set(metadata) };
    let mut import = app.import_entries(&by.owner.account, id).await?;
    let submitted = import.submit(&submission).await;
    import.finish().await?;
    match submitted {
        Ok(_) => Ok(Ok(player)),
        Err(error) => Ok(Err(Fault::of(error)?)),
    }
}

#[derive(Template)]
#[template(path = "dashboard/remove.html")]
struct RemovePage {
    shell: Shell,
    head: BoardHead,
    name: String,
    lowest: String,
    highest: String,
    preview: Option<Preview>,
    fault: Fault,
}

struct Preview {
    rows: Vec<TableRow>,
    count: String,
    total: usize,
    is_cut: bool,
}

/// Which entries a filter would remove.
pub async fn preview(
    State(app): State<Arc<App>>,
    by: SignedIn,
    BoardPath(id): BoardPath,
    query: QueryParameters,
) -> Result<Response, Refusal> {
    let board = app.leaderboard(by.owner.account.id, id).await?;
    let get = |name: &str| query.get(name).unwrap_or_default().to_owned();
    remove_page(&app, &by, &board, [get("name"), get("lowest"), get("highest")]).await
}

async fn remove_page(
    app: &App,
    by: &SignedIn,
    board: &Leaderboard,
    [name, lowest, highest]: [String; 3],
) -> Result<Response, Refusal> {
    let account = by.owner.account.id;
    let (mut preview, mut fault) = (None, Fault::default());
    match filter_or_fault(&name, &lowest, &highest) {
        Err(wrong) => fault = wrong,
        Ok(filter) if filter.is_empty() => {}
        Ok(filter) => {
            let found = app.find_entries(account, board, &filter, MOST_REMOVED).await?;
            let known = app.known_board(account, board.id).await?;
            let style = board.settings.style();
            let rows = found.rows.iter().take(PREVIEWED).map(|row| TableRow::new(row, style, &known.handles));
            preview = Some(Preview {
                rows: rows.collect(),
                count: whole(found.rows.len() as u64),
                total: found.rows.len(),
                is_cut: found.is_cut,
            });
        }
    }
    let (shell, status) = (by.shell("Remove entries").in_section("leaderboards"), fault.status());
    let head = BoardHead::new(board, "entries");
    Ok(own_page(by, status, &RemovePage { shell, head, name, lowest, highest, preview, fault }))
}

/// Removes what a filter finds now, if it is no more than was previewed.
pub async fn remove(
    State(app): State<Arc<App>>,
    BoardPath(id): BoardPath,
    SignedForm { by, fields }: SignedForm,
) -> Result<Response, Refusal> {
    let account = by.owner.account.id;
    let board = app.leaderboard(account, id).await?;
    let typed = ["name", "lowest", "highest"].map(|name| fields.get(name).to_owned());
    let filter = filter_or_fault(&typed[0], &typed[1], &typed[2]).unwrap_or_default();
    if filter.is_empty() {
        return remove_page(&app, &by, &board, typed).await;
    }
    let found = app.find_entries(account, &board, &filter, MOST_REMOVED).await?;
    let agreed = fields.get("count").parse().unwrap_or(0);
    if found.rows.len() > agreed {
        // More have come since: shown again, so that nobody removes what they haven't seen.
        return remove_page(&app, &by, &board, typed).await;
    }
    let players: Vec<_> = found.rows.iter().map(|row| row.entry.player).collect();
    let removal = RemovalId::new_v4();
    let removed = app.remove_entries(account, id, removal, &players).await?;
    let what = format!("Removed {} {}", whole(removed), told_filter(&typed));
    by.note_removal(&app, id, &what, removal).await?;
    let on = GoOn::to(&by.visit, format!("/dashboard/leaderboards/{id}"));
    Ok(on.saying(&Flash::with("entries-removed", removal)).into_response())
}

fn told_filter([name, lowest, highest]: &[String; 3]) -> String {
    let mut told = vec!["entries".to_owned()];
    for (words, text) in
        [("with a name like", name), ("from a score of", lowest), ("up to a score of", highest)]
    {
        if !text.trim().is_empty() {
            told.push(format!("{words} {}", text.trim()));
        }
    }
    told.join(" ")
}

/// Puts back what was removed together.
pub async fn restore(
    State(app): State<Arc<App>>,
    BoardPath(id): BoardPath,
    SignedForm { by, fields }: SignedForm,
) -> Result<Response, Refusal> {
    let account = by.owner.account.id;
    let removal = RemovalId::parse(fields.get("removal")).map_err(|_| AppError::NotFound("Removal"))?;
    let restored = app.restore_entries(account, &by.plan, id, removal).await?;
    if restored > 0 {
        let what = format!("Restored {} entries", whole(restored));
        by.note(&app, id, &what).await?;
    }
    let on = GoOn::to(&by.visit, format!("/dashboard/leaderboards/{id}"));
    Ok(on.saying(&Flash::with("entries-restored", restored)).into_response())
}
