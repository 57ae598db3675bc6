//! One client's stream. What it is told is enough to be right at any time: first a page, then each event that
//! follows it, and a fresh page wherever that would not do.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::Stream;
use tokio::{
    sync::broadcast::error::RecvError,
    time::{sleep, timeout},
};

use super::{
    App, AppError, Caller, Place,
    access::Access,
    boards::Board,
    feed::{Feed, Frame, Subscription},
    housekeeping::Notice,
    pages::CachedPage,
};
use crate::{
    domain::{
        entry::Row,
        event::{EntryChange, EventId, EventKind},
        ids::PlayerId,
        page::Page,
        plan::Realtime,
        timestamp::Timestamp,
    },
    live::{self, LiveEvent, PING, Rendered, entry_row},
};

/// What a stream shows.
#[derive(Clone, Copy, Debug)]
pub struct StreamRequest {
    /// The page.
    pub page: Page,
    /// The player whose events alone are wanted.
    pub player: Option<PlayerId>,
    /// The last id that the client saw before it came back.
    pub last_seen: Option<EventId>,
    /// Whether the client came back at all, be its id readable or not.
    pub returns: bool,
}

/// Clients reconnect after this many milliseconds, spread so that they don't come back all at once.
const RETRY_MS: std::ops::Range<u32> = 2_000..5_000;
/// Between two attempts while Redis is away; also the pace of comments meanwhile.
const TRY_AGAIN: Duration = Duration::from_millis(500);
/// How long a stream that begins waits for its subscription before it tries anew.
const SUBSCRIBE_WITHIN: Duration = Duration::from_secs(5);

impl App {
    /// Opens a stream. A place is taken before this returns, unless Redis is away: then the stream waits for it.
    ///
    /// # Errors
    /// [`AppError::PlanRestriction`], [`AppError::StreamLimit`], or that the key has no leaderboard.
    pub async fn open_stream(
        self: &Arc<Self>,
        caller: &Caller,
        request: StreamRequest,
    ) -> Result<impl Stream<Item = Bytes> + Send + use<>, AppError> {
        let access = caller.access().clone();
        let board = caller.board()?.clone();
        if access.plan.realtime == Realtime::None {
            return Err(AppError::PlanRestriction {
                field: None,
                message: "The plan has no realtime streams",
            });
        }
        let place = match self.places.take(&self.store, access.account, &access.plan, request.returns).await {
            Ok(place) => Some(place),
            Err(AppError::Store(_)) => None,
            Err(refusal) => return Err(refusal),
        };
        Ok(run(self.clone(), access, board, request, place))
    }
}

/// What a stream's next step is.
enum Step {
    Send(Bytes),
    Nothing,
    /// Read the page anew.
    Rejoin,
    End(&'static str),
}

/// Where one stream stands.
struct Position {
    /// No page that it is built on was read before this.
    generation: u64,
    /// The last event that the client has.
    at: EventId,
    /// The last event in the page it was sent last.
    page: EventId,
    /// The hash of that page.
    state: u64,
    /// With `player_id`: that player's row.
    own: Option<Own>,
}

/// A followed player's row, kept up by everybody's events.
struct Own {
    player: PlayerId,
    /// The last event that is in the row as it was read.
    read: EventId,
    /// In the leaderboard's own order.
    row: Option<Row>,
    /// Entries on the leaderboard.
    total: u64,
    /// Whether the stream's order is not the leaderboard's own.
    mirrored: bool,
    /// Whether the client was told of it as it is.
    told: bool,
}

fn run(
    app: Arc<App>,
    access: Arc<Access>,
    board: Arc<Board>,
    request: StreamRequest,
    mut place: Option<Place>,
) -> impl Stream<Item = Bytes> + Send {
    async_stream::stream! {
        let mut notices = app.notices.subscribe();
        let closing = app.closing.clone();
        let retry = rand::random_range(RETRY_MS);
        yield live::connected(access.plan.name.as_str(), retry, app.clock.now());

        // Without Redis there is no place yet; the client is kept, since an EventSource never comes back from an error.
        while place.is_none() {
            match app.places.take(&app.store, access.account, &access.plan, request.returns).await {
                Ok(taken) => place = Some(taken),
                Err(AppError::Store(_)) => {
                    if !wait(&app).await {
                        yield live::error("The server is shutting down", app.clock.now());
                        return;
                    }
                    yield PING;
                }
                Err(_) => {
                    yield live::error("All realtime streams of the plan are in use", app.clock.now());
                    return;
                }
            }
        }

        let mut subscription = app.feeds.join(&app, &board, request.page, request.player.is_some());
        let mut position: Option<Position> = None;
        let mut resume = request.last_seen.filter(|_| request.player.is_none());
        loop {
            // Joins, and joins anew wherever the row of events was broken.
            if position.is_none() {
                if closing.is_cancelled() {
                    yield live::error("The server is shutting down", app.clock.now());
                    return;
                }
                let relayed = tokio::select! {
                    relayed = timeout(SUBSCRIBE_WITHIN, subscription.feed.channel.relayed()) => relayed.is_ok(),
                    () = closing.cancelled() => continue,
                };
                if !relayed {
                    yield PING;
                    continue;
                }
                subscription.frames = subscription.frames.resubscribe();
                let generation = subscription.feed.channel.generation();
                if let Some(id) = resume.take()
                    && let Some(missed) = missed(&subscription.feed, id)
                {
                    let at = missed.last().map_or(id, |live| live.event.id);
                    for live in missed {
                        yield live.frame.clone();
                    }
                    position = Some(Position { generation, at, page: at, state: 0, own: None });
                    continue;
                }
                match snapshot(&app, &subscription, request.player).await {
                    Ok((page, joined)) => {
                        yield joined.initial(&board, &page, app.clock.now());
                        position = Some(joined.told(&page));
                    }
                    Err(AppError::NotFound(_)) => {
                        yield live::error("The leaderboard was deleted", app.clock.now());
                        return;
                    }
                    Err(_) => {
                        if wait(&app).await { yield PING; }
                    }
                }
                continue;
            }
            let Some(here) = &mut position else { continue };
            let step = tokio::select! {
                frame = subscription.frames.recv() => here.take(frame, &board, &app),
                notice = notices.recv() => {
                    let concerned = match notice {
                        Ok(Notice::KeyChanged(id)) => id == access.key,
                        Ok(Notice::Anything) | Err(RecvError::Lagged(_)) => true,
                        Err(RecvError::Closed) => false,
                    };
                    // Only a clear answer ends a stream; without Redis nobody can say.
                    let revoked = concerned
                        && matches!(
                            app.gate.is_valid(&app.store, &app.boards, &app.ledgers, access.hash).await,
                            Ok(false)
                        );
                    if revoked { Step::End("The API key was revoked") } else { Step::Nothing }
                }
                () = closing.cancelled() => Step::End("The server is shutting down"),
            };
            match step {
                Step::Send(bytes) => yield bytes,
                Step::Nothing => {}
                Step::Rejoin => {
                    metrics::counter!("rankora_stream_resyncs_total").increment(1);
                    position = None;
                }
                Step::End(message) => {
                    yield live::error(message, app.clock.now());
                    return;
                }
            }
        }
    }
}

/// Waits for Redis; false when the replica stops.
async fn wait(app: &App) -> bool {
    tokio::select! {
        () = sleep(TRY_AGAIN) => true,
        () = app.closing.cancelled() => false,
    }
}

/// The events that a client missed, where they make its page right; `None` where only a fresh page will.
fn missed(feed: &Feed, id: EventId) -> Option<Vec<Arc<LiveEvent>>> {
    let resume = feed.channel.resume(id)?;
    let breaks = |live: &Arc<LiveEvent>| match &live.event.kind {
        // Whether the order was turned around since isn't known.
        EventKind::Entry(change) => feed.page.must_reload(None, change),
        EventKind::Rebuilt | EventKind::Deleted => true,
    };
    let whole = !resume.before.iter().chain(&resume.missed).any(breaks);
    whole.then_some(resume.missed)
}

/// Reads the page, and with it where the stream begins.
async fn snapshot(
    app: &App,
    subscription: &Subscription,
    player: Option<PlayerId>,
) -> Result<(Arc<CachedPage>, Position), AppError> {
    let feed = &subscription.feed;
    let generation = feed.channel.generation();
    let page = app.pages.get(&app.store, &feed.board, &feed.page, None).await?.page;
    feed.channel.note_read(page.id);
    let own = match player {
        None => None,
        Some(player) => {
            let read = app.store.read_row_atomically(&feed.board.keys, player).await?;
            let read = read.ok_or(AppError::NotFound("Leaderboard"))?;
            let mirrored = feed.page.order.is_some_and(|order| order != read.order);
            Some(Own { player, read: read.id, row: read.row, total: read.total, mirrored, told: false })
        }
    };
    let position = Position { generation, at: page.id, page: page.id, state: page.state, own };
    Ok((page, position))
}

impl Position {
    fn told(mut self, page: &CachedPage) -> Self {
        self.note_told(page);
        self
    }

    fn note_told(&mut self, page: &CachedPage) {
        self.page = page.id;
        self.state = page.state;
        if let Some(own) = &mut self.own {
            own.told = true;
        }
    }

    /// The next frame: what it means to this stream.
    fn take(&mut self, frame: Result<Frame, RecvError>, board: &Board, app: &App) -> Step {
        match frame {
            Ok(Frame::Event(live)) => self.take_event(&live),
            Ok(Frame::Page { page, needed }) => {
                if page.id.seq < self.at.seq || page.id == self.page {
                    return Step::Nothing;
                }
                // Events that are in the page are late; they will be taken for known.
                let ahead = page.id.seq > self.at.seq;
                let news = match &self.own {
                    None => needed || ahead,
                    Some(_) if ahead => return Step::Rejoin,
                    Some(own) => !own.told || page.state != self.state,
                };
                self.at = page.id;
                if !news {
                    return Step::Nothing;
                }
                let initial = self.initial(board, &page, app.clock.now());
                self.note_told(&page);
                Step::Send(initial)
            }
            Ok(Frame::Ping) => Step::Send(PING),
            Ok(Frame::Lost(generation)) if generation <= self.generation => Step::Nothing,
            Ok(Frame::Lost(_)) | Err(RecvError::Lagged(_) | RecvError::Closed) => Step::Rejoin,
        }
    }

    fn take_event(&mut self, live: &LiveEvent) -> Step {
        let event = &live.event;
        if event.id.seq <= self.at.seq {
            // Known, unless Redis has forgotten what it had told and counts anew.
            return if event.id.at > self.at.at { Step::Rejoin } else { Step::Nothing };
        }
        if event.previous != self.at {
            return Step::Rejoin;
        }
        self.at = event.id;
        match &event.kind {
            EventKind::Entry(change) => match &mut self.own {
                None => Step::Send(live.frame.clone()),
                Some(own) => match own.follow(event.id, change) {
                    true => Step::Send(live.frame.clone()),
                    false => Step::Nothing,
                },
            },
            // A fresh page comes from the feed at once.
            EventKind::Rebuilt if self.own.is_none() => Step::Nothing,
            EventKind::Rebuilt => Step::Rejoin,
            EventKind::Deleted => Step::End("The leaderboard was deleted"),
        }
    }

    /// The page as a message, with the followed player's row.
    fn initial(&self, board: &Board, page: &CachedPage, now: Timestamp) -> Bytes {
        let Some(own) = &self.own else { return live::initial(page.id, &page.body, None, now) };
        let (body, _) = page.marked(Some(own.player));
        let mut more = Rendered::with_capacity(300);
        more.raw(",\"player\":");
        own.render(board, &mut more);
        live::initial(page.id, &body, Some(&more.finish()), now)
    }
}

impl Own {
    /// Brings the row past an event; true where it is this player's own.
    fn follow(&mut self, id: EventId, change: &EntryChange) -> bool {
        let is_own = change.player == self.player;
        // What the row was read with, it has already; the client may now have it as it was before.
        if id.seq <= self.read.seq {
            self.told &= !is_own;
            return is_own;
        }
        self.total = change.total;
        if is_own {
            self.row = change.new.clone();
            self.told = true;
            return true;
        }
        let Some(row) = &mut self.row else { return false };
        let before = row.rank;
        if change.old.as_ref().is_some_and(|old| old.rank < row.rank) {
            row.rank -= 1;
        }
        if change.new.as_ref().is_some_and(|new| new.rank <= row.rank) {
            row.rank += 1;
        }
        self.told &= row.rank == before;
        false
    }

    fn render(&self, board: &Board, out: &mut Rendered) {
        let Some(Row { entry, rank }) = &self.row else {
            out.raw("null");
            return;
        };
        let rank = if self.mirrored { (self.total + 1).saturating_sub(*rank) } else { *rank };
        entry_row(out, &board.handles.handle(&entry.player), entry, rank);
        out.raw(",\"is_current_player\":true}");
    }
}
