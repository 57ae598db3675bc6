//! One leaderboard: its table, and its history.

use std::{collections::HashSet, sync::Arc};

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};

use super::{
    chart::Spread,
    format::{Moment, whole},
    paths::BoardPath,
    reply::{GoOn, Refusal, page},
    shell::Shell,
    table::{ROWS, TableRow, parse_filter},
    visit::SignedIn,
};
use crate::{
    app::App,
    domain::{
        api_key::KeyKind,
        ids::{AccountId, LeaderboardId, PlayerId, RemovalId},
        leaderboard::Leaderboard,
        page::{MAX_OFFSET, Page},
    },
    http::extract::QueryParameters,
};

/// Players that a search finds.
const HITS: usize = 50;
/// Notes of the history that are shown.
const NOTES: u32 = 200;

/// What every page about one leaderboard shows above its own part.
pub struct BoardHead {
    /// Its id.
    pub id: LeaderboardId,
    /// Its name.
    pub name: String,
    /// Entries.
    pub entries: String,
    /// Which score is ahead.
    pub order: &'static str,
    /// What an update does.
    pub policy: &'static str,
    /// Whether another order is being built.
    pub is_sorting: bool,
    /// The part that is shown.
    pub tab: &'static str,
}

impl BoardHead {
    /// Above this part.
    pub fn new(board: &Leaderboard, tab: &'static str) -> Self {
        Self {
            id: board.id,
            name: board.settings.name.as_str().to_owned(),
            entries: match board.total_entries {
                1 => "1 entry".to_owned(),
                entries => format!("{} entries", whole(entries)),
            },
            order: super::boards::order_words(board.settings.sort_order),
            policy: super::boards::policy_words(board.settings.policy),
            is_sorting: board.pending_sort_order.is_some(),
            tab,
        }
    }

    /// What `aria-current` says of a part.
    pub fn current(&self, tab: &str) -> &'static str {
        if self.tab == tab { "page" } else { "false" }
    }
}

/// The text of one of the leaderboard's publishable keys, the oldest.
pub async fn publishable_key(
    app: &App,
    account: AccountId,
    board: LeaderboardId,
) -> Result<Option<String>, Refusal> {
    let keys = app.list_leaderboard_keys(account, board).await?;
    Ok(keys.into_iter().find(|key| key.kind == KeyKind::Publishable).and_then(|key| key.public_text))
}

#[derive(Template)]
#[template(path = "dashboard/board.html")]
struct BoardPage {
    shell: Shell,
    head: BoardHead,
    rows: Vec<TableRow>,
    format: &'static str,
    decimals: String,
    unit: String,
    key: Option<String>,
    is_live: bool,
    offset: u64,
    has_streams: bool,
    range: String,
    total: u64,
    page: u64,
    pages: u64,
    marked: String,
    search: String,
    hits: Option<Hits>,
    spread: Option<Spread>,
    undo: Option<String>,
}

/// What a search has found.
struct Hits {
    count: usize,
    seen: String,
    is_cut: bool,
}

/// The table: a page of it, the page around a rank or a player, or what a search finds.
pub async fn show(
    State(app): State<Arc<App>>,
    by: SignedIn,
    BoardPath(id): BoardPath,
    query: QueryParameters,
) -> Result<Response, Refusal> {
    let account = by.owner.account.id;
    let board = app.leaderboard(account, id).await?;
    if let Some(rank) = query.get("rank").and_then(|rank| rank.trim().replace(',', "").parse::<u64>().ok()) {
        let rank = rank.clamp(1, board.total_entries.max(1));
        return Ok(go_to_rank(&by, id, rank));
    }
    let search = query.get("find").unwrap_or_default().trim().to_owned();
    if let Ok(player) = PlayerId::parse(&search)
        && app.find_player(account, id, player).await?.is_some()
    {
        let to = format!("/dashboard/leaderboards/{id}/entries/{player}");
        return Ok(GoOn::to(&by.visit, to).into_response());
    }
    table(&app, &by, &board, &query, search).await
}

fn go_to_rank(by: &SignedIn, id: LeaderboardId, rank: u64) -> Response {
    let page = (rank - 1) / u64::from(ROWS) + 1;
    let to = format!("/dashboard/leaderboards/{id}?page={page}&marked={rank}#rank-{rank}");
    GoOn::to(&by.visit, to).into_response()
}

async fn table(
    app: &App,
    by: &SignedIn,
    board: &Leaderboard,
    query: &QueryParameters,
    search: String,
) -> Result<Response, Refusal> {
    let (account, style) = (by.owner.account.id, board.settings.style());
    let pages = board.total_entries.div_ceil(u64::from(ROWS)).max(1);
    let number = query.get("page").and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, pages);
    let offset = ((number - 1) * u64::from(ROWS)).min(MAX_OFFSET);
    let mut hits = None;
    let (found, total) = if search.is_empty() {
        let read = app.read_board_page(account, board, &Page { limit: ROWS, offset, order: None }).await?;
        (read.rows, read.total)
    } else {
        let found = app.find_entries(account, board, &parse_filter(&search, "", "")?, HITS).await?;
        hits = Some(Hits { count: found.rows.len(), seen: whole(found.seen), is_cut: found.is_cut });
        (found.rows, board.total_entries)
    };
    let known = app.known_board(account, board.id).await?;
    let rows: Vec<_> = found.iter().map(|row| TableRow::new(row, style, &known.handles)).collect();
    let spread = if search.is_empty() && number == 1 {
        Spread::of(&app.score_distribution(account, board.id).await?, style)
    } else {
        None
    };
    let flash = by.visit.flash.as_ref();
    let undo = flash.filter(|flash| flash.is("entry-removed") || flash.is("entries-removed"));
    let shown = BoardPage {
        head: BoardHead::new(board, "entries"),
        format: style.format.as_str(),
        decimals: board.settings.display.decimals_text(),
        unit: board.settings.display.unit().to_owned(),
        key: publishable_key(app, account, board.id).await?,
        is_live: search.is_empty(),
        offset,
        has_streams: by.plan.realtime != crate::domain::plan::Realtime::None,
        range: {
            let [first, last, total] = [offset + 1, offset + rows.len() as u64, total].map(whole);
            format!("{first}–{last} of {total}")
        },
        total,
        page: number,
        pages,
        marked: query.get("marked").unwrap_or_default().to_owned(),
        search,
        hits,
        spread,
        undo: undo.map(|flash| flash.detail.clone()),
        rows,
        shell: by.shell(board.settings.name.as_str()).in_section("leaderboards"),
    };
    Ok(page(&by.visit, &shown))
}

/// One note of the history.
struct NoteRow {
    at: Moment,
    by: String,
    what: String,
    /// The removal that it was, while it can be undone.
    removal: Option<RemovalId>,
}

#[derive(Template)]
#[template(path = "dashboard/history.html")]
struct HistoryPage {
    shell: Shell,
    head: BoardHead,
    notes: Vec<NoteRow>,
}

/// What was changed, and by whom.
pub async fn history(
    State(app): State<Arc<App>>,
    by: SignedIn,
    BoardPath(id): BoardPath,
) -> Result<Response, Refusal> {
    let account = by.owner.account.id;
    let board = app.leaderboard(account, id).await?;
    let notes = app.read_history(account, id, NOTES).await?;
    let removals: Vec<_> = notes.iter().filter_map(|note| note.removal).collect();
    let kept = app.kept_removals(account, id, &removals).await?;
    let kept: HashSet<_> =
        removals.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(id, _)| id).collect();
    let notes = notes.into_iter().map(|note| NoteRow {
        at: note.at.into(),
        by: note.by,
        what: note.what,
        removal: note.removal.filter(|removal| kept.contains(removal)),
    });
    let shell = by.shell(format!("History of {}", board.settings.name)).in_section("leaderboards");
    let head = BoardHead::new(&board, "history");
    Ok(page(&by.visit, &HistoryPage { shell, head, notes: notes.collect() }))
}
