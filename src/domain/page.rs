//! Which part of a leaderboard a list shows.

use thiserror::Error;

use super::{event::EntryChange, leaderboard::SortOrder};

/// Largest `offset`: what a double, and so every JSON client, can still count exactly.
pub const MAX_OFFSET: u64 = (1 << 53) - 1;
/// Largest `limit`.
pub const MAX_LIMIT: u32 = 50;
/// `limit` where none is given.
pub const DEFAULT_LIMIT: u32 = 5;

/// A page: `limit` rows from `offset` on, in the leaderboard's own order or in the one asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Page {
    /// Rows, 1 to [`MAX_LIMIT`].
    pub limit: u32,
    /// Rows skipped, 0 to [`MAX_OFFSET`].
    pub offset: u64,
    /// The order asked for; `None` is the leaderboard's own.
    pub order: Option<SortOrder>,
}

/// A page parameter out of its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PageError {
    /// `limit` is no whole number from 1 to 50.
    #[error("limit must be a whole number from 1 to 50")]
    Limit,
    /// `offset` is no whole number from 0 to 2^53 - 1.
    #[error("offset must be a whole number from 0 to 9007199254740991")]
    Offset,
    /// `order` is neither of the two.
    #[error("order must be asc or desc")]
    Order,
}

impl Page {
    /// Parses the parameters as they stand in the query.
    pub fn parse(limit: Option<&str>, offset: Option<&str>, order: Option<&str>) -> Result<Self, PageError> {
        let limit = match limit {
            None => DEFAULT_LIMIT,
            Some(text) => whole_number(text)
                .and_then(|n| u32::try_from(n).ok())
                .filter(|n| (1..=MAX_LIMIT).contains(n))
                .ok_or(PageError::Limit)?,
        };
        let offset = match offset {
            None => 0,
            Some(text) => whole_number(text).filter(|n| *n <= MAX_OFFSET).ok_or(PageError::Offset)?,
        };
        let order = order.map(|text| SortOrder::parse(text).ok_or(PageError::Order)).transpose()?;
        Ok(Self { limit, offset, order })
    }

    /// The index of the last row.
    pub fn last(&self) -> u64 {
        self.offset + u64::from(self.limit) - 1
    }
}

impl Page {
    /// Whether a change takes a row out of this page or lets one in that a client can't know: then the page has
    /// to be read anew. `own` is the leaderboard's order, in which the change counts its ranks; where it isn't
    /// known, a page in an order of its own always has to.
    pub fn must_reload(&self, own: Option<SortOrder>, change: &EntryChange) -> bool {
        let mirrored = match (self.order, own) {
            (None, _) => false,
            (Some(order), Some(own)) => order != own,
            (Some(_), None) => return true,
        };
        let place = |rank: u64, total: u64| if mirrored { (total + 1).saturating_sub(rank) } else { rank };
        let (first, last) = (self.offset + 1, self.offset + u64::from(self.limit));
        let old = change.old.as_ref().map(|row| place(row.rank, change.total_before()));
        let new = change.new.as_ref().map(|row| place(row.rank, change.total));
        let side = |rank: u64| (rank >= first, rank > last);
        match (old, new) {
            // Above: a row is pushed in. Inside: the last row is pushed out of a full page.
            (None, Some(new)) if new < first => change.total >= first,
            (None, Some(new)) => new <= last && change.total > last,
            // Above or inside: the page moves up, which takes its first row or lets an unknown one in.
            (Some(old), None) if old < first => change.total_before() >= first,
            (Some(old), None) => old <= last && change.total_before() > last,
            (Some(old), Some(new)) => side(old) != side(new),
            (None, None) => true,
        }
    }
}

/// Digits alone: `u64::from_str` would take a leading `+` too.
fn whole_number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
