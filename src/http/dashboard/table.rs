//! Rows of a leaderboard as its owner sees them, and which of them somebody means.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};

use super::{
    format::{self, Moment},
    paths::BoardPath,
    reply::{Fault, Refusal},
    visit::SignedIn,
};
use crate::{
    app::{App, AppError, moderation::EntryFilter},
    domain::{
        entry::Row, ids::HandleMaker, leaderboard::ScoreStyle, metadata::Metadata, page::Page, score::Score,
    },
    http::extract::QueryParameters,
};

/// Rows of one page of the table.
pub const ROWS: u32 = 25;

/// One row.
pub struct TableRow {
    /// In the leaderboard's own order.
    pub rank: u64,
    /// The same as people read it.
    pub rank_text: String,
    /// How the row is known in lists and streams.
    pub handle: String,
    /// Whose it is.
    pub player: String,
    /// The name.
    pub name: String,
    /// The score.
    pub score: String,
    /// The metadata as JSON; empty without any.
    pub metadata: String,
    /// When anything of it last changed.
    pub updated: Moment,
    /// When the player came.
    pub created: Moment,
}

impl TableRow {
    /// A row in its leaderboard's format.
    pub fn new(row: &Row, style: ScoreStyle<'_>, handles: &HandleMaker) -> Self {
        let entry = &row.entry;
        Self {
            rank: row.rank,
            rank_text: format::whole(row.rank),
            handle: handles.handle(&entry.player).to_string(),
            player: entry.player.to_string(),
            name: entry.name.as_str().to_owned(),
            score: format::score(entry.score, style),
            metadata: entry.metadata.as_ref().map_or("", Metadata::as_str).to_owned(),
            updated: entry.updated_at.into(),
            created: entry.created_at.into(),
        }
    }
}

/// What somebody looks for; what is empty doesn't matter.
///
/// # Errors
/// [`AppError::Invalid`] at the field that is no score.
pub fn parse_filter(name: &str, lowest: &str, highest: &str) -> Result<EntryFilter, AppError> {
    let score = |field, text: &str| {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        Score::parse_json(text).map(Some).map_err(|error| AppError::invalid(field, error))
    };
    Ok(EntryFilter {
        name: name.trim().to_owned(),
        lowest: score("lowest", lowest)?,
        highest: score("highest", highest)?,
    })
}

/// The same from a form, with what is wrong at its field.
pub fn filter_or_fault(name: &str, lowest: &str, highest: &str) -> Result<EntryFilter, Fault> {
    parse_filter(name, lowest, highest).map_err(|error| match error {
        AppError::Invalid { field, message } => Fault::at(field, message),
        other => Fault::at("name", other),
    })
}

/// Whose rows a page and the next have: handle → player. The stream tells handles alone, and its owner may know more.
pub async fn rows(
    State(app): State<Arc<App>>,
    by: SignedIn,
    BoardPath(id): BoardPath,
    query: QueryParameters,
) -> Result<Json<BTreeMap<String, String>>, Refusal> {
    let account = by.owner.account.id;
    let board = app.leaderboard(account, id).await?;
    let page = Page { limit: 2 * ROWS, offset: query.page()?.offset, order: None };
    let read = app.read_board_page(account, &board, &page).await?;
    let board_in_memory = app.known_board(account, id).await?;
    let players = read.rows.iter().map(|row| row.entry.player);
    Ok(Json(
        players
            .map(|player| (board_in_memory.handles.handle(&player).to_string(), player.to_string()))
            .collect(),
    ))
}
