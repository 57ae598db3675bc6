//! Pages as finished bytes, kept for seconds. Callers who miss at once share one read.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use metrics::Counter;
use moka::future::Cache;

use super::{App, AppError, Caller, boards::Board};
use crate::{
    domain::{
        event::EventId,
        ids::{LeaderboardId, PlayerId},
        leaderboard::SortOrder,
        page::Page,
    },
    live::{Rendered, entry_row},
    store::{PageRead, Store},
};

/// How long a page is kept; what `Cache-Control: max-age` promises.
pub const KEEP_PAGE: Duration = Duration::from_secs(5);
/// Bytes of pages kept at the most.
const CAPACITY: u64 = 64 << 20;
/// Bytes of the cache's own for each page, as measured with pages of one row, and of what a page has beside its rows.
const PLACE: usize = 1024;
const MARK: &[u8] = b",\"is_current_player\":true";

/// A page with the list route's body.
#[derive(Debug)]
pub struct CachedPage {
    /// The last change that is in it.
    pub id: EventId,
    /// The leaderboard's own order.
    pub order: SortOrder,
    /// Entries on the leaderboard.
    pub total: u64,
    /// `{"success":true,"entries":[…],"pagination":{…}}`.
    pub body: Bytes,
    /// A hash over the leaderboard and the body.
    pub state: u64,
    /// The body's `ETag`.
    etag: Bytes,
    /// Each row's player, and where in the body its closing brace stands.
    rows: Vec<(PlayerId, usize)>,
}

impl CachedPage {
    /// The body with the player's row marked, or the plain one where it isn't on the page; and its `ETag`.
    pub fn marked(&self, player: Option<PlayerId>) -> (Bytes, Bytes) {
        let index = player.and_then(|player| self.rows.iter().position(|(row, _)| *row == player));
        let Some(index) = index else { return (self.body.clone(), self.etag.clone()) };
        let (before, after) = self.body.split_at(self.rows[index].1);
        ([before, MARK, after].concat().into(), format!("W/\"{:016x}-{index}\"", self.state).into())
    }

    /// Bytes that it takes up, with its place in the cache.
    fn weight(&self) -> u32 {
        let bytes = PLACE + self.body.len() + size_of_val(&*self.rows);
        u32::try_from(bytes).unwrap_or(u32::MAX)
    }

    fn render(board: &Board, page: &Page, read: &PageRead) -> Self {
        let mut out = Rendered::with_capacity(100 + read.rows.len() * 240);
        let mut rows = Vec::with_capacity(read.rows.len());
        out.raw("{\"success\":true,\"entries\":[");
        for (index, row) in read.rows.iter().enumerate() {
            if index > 0 {
                out.raw(",");
            }
            let player = row.entry.player;
            entry_row(&mut out, &board.handles.handle(&player), &row.entry, row.rank);
            rows.push((player, out.len()));
            out.raw("}");
        }
        out.raw("],\"pagination\":{\"limit\":").json(&page.limit).raw(",\"offset\":").json(&page.offset);
        out.raw(",\"total\":").json(&read.total).raw("}}");
        let body = out.finish();
        let mut hasher = DefaultHasher::new();
        (board.keys.leaderboard, &body).hash(&mut hasher);
        let state = hasher.finish();
        let etag = format!("W/\"{state:016x}\"").into();
        Self { id: read.id, order: read.order, total: read.total, body, state, etag, rows }
    }
}

/// What a page is kept under. A new generation makes the old pages unreachable.
type Key = (LeaderboardId, u64, Page);

/// A page, and how it was come by.
pub struct Served {
    /// The page.
    pub page: Arc<CachedPage>,
    /// True where it came from the cache.
    pub hit: bool,
}

/// Whose request a read is to be charged to.
#[derive(Clone, Copy)]
pub struct Payer<'a> {
    /// The replica.
    pub app: &'a App,
    /// The caller.
    pub caller: &'a Caller,
}

/// The pages that this replica keeps.
pub struct Pages {
    kept: Cache<Key, Arc<CachedPage>>,
    hits: Counter,
    misses: Counter,
}

impl Default for Pages {
    fn default() -> Self {
        let weigh = |_: &Key, page: &Arc<CachedPage>| page.weight();
        Self {
            kept: Cache::builder().max_capacity(CAPACITY).weigher(weigh).time_to_live(KEEP_PAGE).build(),
            hits: metrics::counter!("rankora_page_cache_total", "result" => "hit"),
            misses: metrics::counter!("rankora_page_cache_total", "result" => "miss"),
        }
    }
}

impl Pages {
    /// A page no older than the last write through this replica, and no older than five seconds. With a `payer`,
    /// the read of a miss charges its request in the same round trip.
    ///
    /// # Errors
    /// [`AppError::NotFound`], [`AppError::QuotaExceeded`], or the store's failure.
    pub async fn get(
        &self,
        store: &Arc<Store>,
        board: &Arc<Board>,
        page: &Page,
        payer: Option<Payer<'_>>,
    ) -> Result<Served, AppError> {
        let key = (board.keys.leaderboard, board.generation.current(), *page);
        if let Some(page) = self.kept.get(&key).await {
            self.hits.increment(1);
            return Ok(Served { page, hit: true });
        }
        self.misses.increment(1);
        let read = async {
            let read = |take| {
                let (store, board, page) = (store.clone(), board.clone(), *page);
                async move { store.read_page(&board.keys, &page, board.order(), take).await }
            };
            let value = match payer {
                Some(Payer { app, caller }) => caller.read(app, read).await?,
                None => read(None).await?.value,
            };
            let value = value.ok_or(AppError::NotFound("Leaderboard"))?;
            board.note_order(value.order);
            Ok(Arc::new(CachedPage::render(board, page, &value)))
        };
        // Boxed: a hit would carry the room for it.
        match Box::pin(self.kept.try_get_with(key, read)).await {
            Ok(page) => Ok(Served { page, hit: false }),
            Err(failure) => Err(AppError::clone(&failure)),
        }
    }
}
