//! One client's stream. What it is told is enough to be right at any time: first a page, then each event that
//! follows it, and a fresh page wherever that would not do.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::Stream;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{
    App, AppError, Caller, Place,
    access::Access,
    boards::Board,
    feed::{Feed, Subscription},
    housekeeping::Notice,
    pages::CachedPage,
    position::{DELETED, Own, Position, Step},
};
use crate::{
    domain::{
        event::{EventId, EventKind},
        ids::PlayerId,
        page::Page,
        plan::Realtime,
    },
    live::{self, LiveEvent, PING},
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

const SHUTTING_DOWN: &str = "The server is shutting down";
const REVOKED: &str = "The API key was revoked";
const NO_REALTIME: &str = "The plan has no realtime streams";

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
            return Err(AppError::PlanRestriction { field: None, message: NO_REALTIME });
        }
        // From here on nothing is missed; what was heeded before shows in that the access isn't known any more.
        let notices = self.notices.subscribe();
        let look = (!self.gate.is_unchanged(&access).await).then(Instant::now);
        let place = match self.places.take(&self.store, access.account, &access.plan, request.returns).await {
            Ok(place) => Some(place),
            Err(AppError::Store(_)) => None,
            Err(refusal) => return Err(refusal),
        };
        Ok(run(self.clone(), access, board, request, place, (notices, look)))
    }
}

fn run(
    app: Arc<App>,
    access: Arc<Access>,
    board: Arc<Board>,
    request: StreamRequest,
    mut place: Option<Place>,
    (mut notices, mut look): (Receiver<Notice>, Option<Instant>),
) -> impl Stream<Item = Bytes> + Send {
    // A stream lives for hours, and most of them wait: what is done now and then is boxed.
    async_stream::stream! {
        let closing = app.closing.clone();
        let retry = rand::random_range(RETRY_MS);
        yield live::connected(access.plan.name.as_str(), retry, app.clock.now());

        // Without Redis there is no place yet; the client is kept, since an EventSource never comes back from an error.
        let waits = place.is_none();
        while place.is_none() {
            match Box::pin(app.places.take(&app.store, access.account, &access.plan, request.returns)).await {
                Ok(taken) => place = Some(taken),
                Err(AppError::Store(_)) => {
                    if !wait(&app).await {
                        yield live::error(SHUTTING_DOWN, app.clock.now());
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
        // It was let in by what was remembered of it. Only a clear answer ends a stream; without Redis nobody can say.
        if waits {
            match Box::pin(why_not(&app, &access, &board)).await {
                Ok(None) => look = None,
                Ok(Some(reason)) => {
                    yield live::error(reason, app.clock.now());
                    return;
                }
                Err(_) => look = Some(Instant::now()),
            }
        }

        let mut subscription = app.feeds.join(&app, &board, request.page, request.player.is_some());
        let mut position: Option<Position> = None;
        let mut resume = request.last_seen.filter(|_| request.player.is_none());
        loop {
            // Joins, and joins anew wherever the row of events was broken.
            if position.is_none() {
                if closing.is_cancelled() {
                    yield live::error(SHUTTING_DOWN, app.clock.now());
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
                    position = Some(Position::at_event(generation, at));
                    continue;
                }
                match Box::pin(snapshot(&app, &subscription, request.player)).await {
                    Ok((page, mut joined)) => {
                        yield joined.tell(&board, &page, app.clock.now());
                        position = Some(joined);
                    }
                    Err(AppError::NotFound(_)) => {
                        yield live::error(DELETED, app.clock.now());
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
                frame = subscription.frames.recv() => here.take(frame, &board, app.clock.now()),
                notice = notices.recv() => {
                    let concerned = match notice {
                        Ok(Notice::KeyChanged(id)) => id == access.key,
                        Ok(Notice::AccountChanged(id)) => id == access.account,
                        Ok(Notice::Anything) | Err(RecvError::Lagged(_)) => true,
                        Err(RecvError::Closed) => false,
                    };
                    if concerned {
                        look = Some(Instant::now());
                    }
                    Step::Nothing
                }
                () = due(look) => {
                    match Box::pin(why_not(&app, &access, &board)).await {
                        Ok(None) => {
                            look = None;
                            Step::Nothing
                        }
                        Ok(Some(reason)) => Step::End(reason),
                        Err(_) => {
                            look = Some(Instant::now() + TRY_AGAIN);
                            Step::Nothing
                        }
                    }
                }
                () = closing.cancelled() => Step::End(SHUTTING_DOWN),
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

/// Returns at that time; never where there is none.
async fn due(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// Waits for Redis; false when the replica stops.
async fn wait(app: &App) -> bool {
    tokio::select! {
        () = sleep(TRY_AGAIN) => true,
        () = app.closing.cancelled() => false,
    }
}

/// Why there may be no stream under this key any more; `None` where there may.
async fn why_not(app: &App, access: &Access, board: &Board) -> Result<Option<&'static str>, AppError> {
    Ok(match app.gate.realtime_of(&app.store, &app.boards, &app.ledgers, access.hash).await? {
        None => Some(why_invalid(app, board).await),
        Some(Realtime::None) => Some(NO_REALTIME),
        Some(_) => None,
    })
}

/// Why a key holds no longer: it goes with its leaderboard.
async fn why_invalid(app: &App, board: &Board) -> &'static str {
    match app.store.last_ids(std::slice::from_ref(&board.keys)).await[..] {
        [Ok(None)] => DELETED,
        _ => REVOKED,
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
            Some(Own::new(player, read, feed.page.order))
        }
    };
    let position = Position::at_page(generation, &page, own);
    Ok((page, position))
}
