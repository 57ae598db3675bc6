//! Entries as their leaderboard's owner sees and changes them: with player ids, and without a charge.

use std::time::{Duration, Instant};

use super::{App, AppError};
use crate::{
    domain::{
        entry::Row,
        ids::{AccountId, LeaderboardId, PlayerId, RemovalId},
        leaderboard::{Leaderboard, SortOrder},
        metadata::Metadata,
        name::PlayerName,
        page::Page,
        plan::Plan,
        score::Score,
    },
    store::{
        PageRead,
        history::Note,
        moderation::{EditOutcome, REMOVED_AT_ONCE, RestoreOutcome},
        walk::{Step, Walk},
    },
};

/// Entries that one removal may have.
pub const MOST_REMOVED: usize = 10_000;
/// How long a page may look for entries.
const LOOK_FOR: Duration = Duration::from_secs(3);
/// Bars of a distribution.
const BARS: u32 = 24;

const NO_BOARD: AppError = AppError::NotFound("Leaderboard");

/// Which entries somebody looks for. All that is given must fit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EntryFilter {
    /// Part of the name, whatever its case.
    pub name: String,
    /// The lowest score.
    pub lowest: Option<Score>,
    /// The highest score.
    pub highest: Option<Score>,
}

impl EntryFilter {
    /// Whether everything fits.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn fits(&self, row: &Row, name: &str) -> bool {
        let score = row.entry.score;
        self.lowest.is_none_or(|lowest| score >= lowest)
            && self.highest.is_none_or(|highest| score <= highest)
            && (name.is_empty() || row.entry.name.as_str().to_lowercase().contains(name))
    }

    /// Whether nothing that comes behind this row can fit.
    fn is_passed(&self, row: &Row, order: SortOrder) -> bool {
        let score = row.entry.score;
        match order {
            SortOrder::Desc => self.lowest.is_some_and(|lowest| score < lowest),
            SortOrder::Asc => self.highest.is_some_and(|highest| score > highest),
        }
    }
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// The entries, by rank.
    pub rows: Vec<Row>,
    /// Entries that were looked at.
    pub seen: u64,
    /// Whether there may be more.
    pub is_cut: bool,
}

/// How many entries have a score in a range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// The lowest score of the range.
    pub from: f64,
    /// Where the next range begins.
    pub to: f64,
    /// Entries.
    pub entries: u64,
}

impl App {
    /// A page of a leaderboard with player ids.
    pub async fn read_board_page(
        &self,
        account: AccountId,
        board: &Leaderboard,
        page: &Page,
    ) -> Result<PageRead, AppError> {
        let keys = self.board_keys(account, board.id);
        let read = self.store.read_page(&keys, page, board.settings.sort_order, None).await?;
        read.value.ok_or(NO_BOARD)
    }

    /// A player's row in the leaderboard's own order.
    pub async fn find_player(
        &self,
        account: AccountId,
        board: LeaderboardId,
        player: PlayerId,
    ) -> Result<Option<Row>, AppError> {
        let read = self.store.read_row(&self.board_keys(account, board), player, None).await?;
        Ok(read.value.ok_or(NO_BOARD)?.row)
    }

    /// The first entries that fit a filter, by rank; it stops after `most`, or after three seconds.
    pub async fn find_entries(
        &self,
        account: AccountId,
        board: &Leaderboard,
        filter: &EntryFilter,
        most: usize,
    ) -> Result<Found, AppError> {
        let keys = self.board_keys(account, board.id);
        let (begun, name) = (Instant::now(), filter.name.to_lowercase());
        let (mut found, mut walk) = (Found::default(), Walk::default());
        loop {
            let rows = match self.store.walk_ranking(&keys, &mut walk).await? {
                Step::Rows(rows) => rows,
                Step::Lost => {
                    return Err(AppError::Conflict("The leaderboard was reset or re-sorted meanwhile"));
                }
                Step::Missing => return Err(NO_BOARD),
            };
            if rows.is_empty() {
                return Ok(found);
            }
            for row in rows {
                if filter.is_passed(&row, board.settings.sort_order) {
                    return Ok(found);
                }
                found.seen += 1;
                if filter.fits(&row, &name) {
                    if found.rows.len() == most {
                        found.is_cut = true;
                        return Ok(found);
                    }
                    found.rows.push(row);
                }
            }
            if begun.elapsed() > LOOK_FOR {
                found.is_cut = true;
                return Ok(found);
            }
        }
    }

    /// Gives an entry this name, score and metadata, whatever the policy.
    pub async fn edit_entry(
        &self,
        account: AccountId,
        plan: &Plan,
        board: LeaderboardId,
        player: PlayerId,
        (name, score, metadata): (&PlayerName, Score, Option<&Metadata>),
    ) -> Result<(), AppError> {
        if !plan.metadata && metadata.is_some() {
            let message = "The plan has no metadata";
            return Err(AppError::PlanRestriction { field: Some("metadata"), message });
        }
        let keys = self.board_keys(account, board);
        let result = self.store.edit_entry(&keys, player, name, score, metadata).await;
        self.boards.advance(&keys);
        match result? {
            EditOutcome::Edited => Ok(()),
            EditOutcome::Missing => Err(AppError::NotFound("Entry")),
            EditOutcome::Gone => Err(NO_BOARD),
        }
    }

    /// Removes entries; for an hour they can be put back. Returns how many there were.
    pub async fn remove_entries(
        &self,
        account: AccountId,
        board: LeaderboardId,
        removal: RemovalId,
        players: &[PlayerId],
    ) -> Result<u64, AppError> {
        let keys = self.board_keys(account, board);
        let mut removed = 0;
        for players in players.chunks(REMOVED_AT_ONCE) {
            let result = self.store.remove_entries(&keys, removal, players).await;
            self.boards.advance(&keys);
            removed += result?.ok_or(NO_BOARD)?;
        }
        Ok(removed)
    }

    /// Puts entries that were removed together back at their places, and says how many. Who has played again since
    /// keeps the new entry.
    pub async fn restore_entries(
        &self,
        account: AccountId,
        plan: &Plan,
        board: LeaderboardId,
        removal: RemovalId,
    ) -> Result<u64, AppError> {
        let keys = self.board_keys(account, board);
        let mut restored = 0;
        loop {
            let result = self.store.restore_removed(&keys, removal, plan.entries).await;
            self.boards.advance(&keys);
            match result? {
                RestoreOutcome::Restored { back, left } => {
                    restored += back;
                    if left == 0 {
                        return Ok(restored);
                    }
                }
                RestoreOutcome::Missing => return Err(NO_BOARD),
                RestoreOutcome::Full => {
                    return Err(AppError::PlanLimit("The plan has no room for the entries any more"));
                }
            }
        }
    }

    /// How the scores of a leaderboard are spread over ranges of the same width; nothing without entries.
    pub async fn score_distribution(
        &self,
        account: AccountId,
        board: LeaderboardId,
    ) -> Result<Vec<Bar>, AppError> {
        let keys = self.board_keys(account, board);
        let Some((lowest, highest)) = self.store.score_range(&keys).await? else { return Ok(Vec::new()) };
        let (lowest, highest) = (lowest.get(), highest.get());
        let width = (highest - lowest) / f64::from(BARS);
        if width <= 0.0 || !width.is_finite() {
            let entries = self.store.count_scores(&keys, &[lowest, highest]).await?;
            return Ok(entries.iter().map(|&entries| Bar { from: lowest, to: highest, entries }).collect());
        }
        let mut ends: Vec<f64> = (0..BARS).map(|bar| lowest + width * f64::from(bar)).collect();
        // Reckoned, it might be a little less, and the highest score would fall out.
        ends.push(highest);
        let counts = self.store.count_scores(&keys, &ends).await?;
        let bars = ends.windows(2).zip(counts);
        Ok(bars.map(|(pair, entries)| Bar { from: pair[0], to: pair[1], entries }).collect())
    }

    /// Which of these removals can be undone still.
    pub async fn kept_removals(
        &self,
        account: AccountId,
        board: LeaderboardId,
        removals: &[RemovalId],
    ) -> Result<Vec<bool>, AppError> {
        Ok(self.store.kept_removals(&self.board_keys(account, board), removals).await?)
    }

    /// Notes what somebody did to a leaderboard, with the removal that it was.
    pub async fn note(
        &self,
        account: AccountId,
        board: LeaderboardId,
        by: &str,
        what: &str,
        removal: Option<RemovalId>,
    ) -> Result<(), AppError> {
        Ok(self.store.note_history(&self.board_keys(account, board), by, what, removal).await?)
    }

    /// What was done to a leaderboard, the last first.
    pub async fn read_history(
        &self,
        account: AccountId,
        board: LeaderboardId,
        most: u32,
    ) -> Result<Vec<Note>, AppError> {
        Ok(self.store.read_history(&self.board_keys(account, board), most).await?)
    }
}
