//! One page that streams show, kept right for all of them. A feed passes the leaderboard's events on and, where one
//! makes the page incomplete, puts a fresh page into the row at exactly its place: after the last event that is in
//! it and before the next. At most one read a second, however many streams there are.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::broadcast::{
        self,
        error::{RecvError, TryRecvError},
    },
    time::{Instant, interval_at, sleep_until, timeout, timeout_at},
};

use super::{App, boards::Board, pages::CachedPage, round::Round};
use crate::{
    domain::{
        event::{EventId, EventKind},
        ids::LeaderboardId,
        leaderboard::SortOrder,
        page::Page,
    },
    live::{Channel, LiveEvent, Signal},
};

/// Frames that a stream may lag behind.
const QUEUE: usize = 128;
/// Between two rounds through all streams, for each of them: twice what a write to one takes, so that events which follow
/// each other closely share a write, and some of a core is left for requests.
const PAUSE_PER_STREAM: Duration = Duration::from_micros(25);
/// However many streams there are, no event waits longer than this for its round.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);
/// Events of one round.
const ROUND: usize = 64;
/// Between two fresh pages.
const RELOAD_EVERY: Duration = Duration::from_secs(1);
/// How long a fresh page may take.
const READ_WITHIN: Duration = Duration::from_secs(5);
/// How long a fresh page waits for the events that are in it.
const PLACE_WITHIN: Duration = Duration::from_millis(300);
/// Between two comments on an idle stream.
const PING_EVERY: Duration = Duration::from_secs(15);

/// What a feed hands to its streams, in order.
#[derive(Clone, Debug)]
pub(super) enum Frame {
    /// Events that go out together.
    Events(Arc<Round>),
    /// The page as it stands after the events before this; it may have more, which then are late.
    Page {
        page: Arc<CachedPage>,
        /// False where the events before this have told a stream without `player_id` all that is new in it.
        needed: bool,
    },
    /// Something may have been missed: a page read before this generation is void.
    Lost(u64),
    /// Nothing has happened for a while.
    Ping,
}

/// A page of a leaderboard that streams show.
pub(super) struct Feed {
    pub(super) board: Arc<Board>,
    pub(super) channel: Arc<Channel>,
    pub(super) page: Page,
    frames: broadcast::Sender<Frame>,
    /// Streams that see one player's events only, and so need a fresh page after everybody else's.
    followers: AtomicUsize,
}

/// The feeds of this replica.
#[derive(Default)]
pub(super) struct Feeds(Mutex<HashMap<(LeaderboardId, Page), Arc<Feed>>>);

/// A stream's end of a feed.
pub(super) struct Subscription {
    pub(super) feed: Arc<Feed>,
    pub(super) frames: broadcast::Receiver<Frame>,
    follows: bool,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if self.follows {
            self.feed.followers.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

impl Feeds {
    /// Joins the page's feed, and starts it where nobody is there yet.
    pub(super) fn join(&self, app: &Arc<App>, board: &Arc<Board>, page: Page, follows: bool) -> Subscription {
        let mut feeds = self.lock();
        let feed = feeds.entry((board.keys.leaderboard, page)).or_insert_with(|| {
            let feed = Arc::new(Feed {
                board: board.clone(),
                channel: app.hub.listen(board.address(), &board.handles, &board.generation),
                page,
                frames: broadcast::Sender::new(QUEUE),
                followers: AtomicUsize::new(0),
            });
            let run = Run {
                app: app.clone(),
                signals: feed.channel.signals(),
                feed: feed.clone(),
                at: None,
                order: None,
                reload: Reload::default(),
                next_reload: Instant::now(),
                round: Vec::new(),
                next_round: Instant::now(),
            };
            app.tasks.spawn(run.run());
            feed
        });
        // Subscribed under the lock: a feed that nobody is subscribed to ends under it.
        let frames = feed.frames.subscribe();
        if follows {
            feed.followers.fetch_add(1, Ordering::AcqRel);
        }
        Subscription { feed: feed.clone(), frames, follows }
    }

    /// Takes out a feed that nobody listens to; `false` where somebody does.
    fn close(&self, feed: &Feed) -> bool {
        let mut feeds = self.lock();
        let deserted = feed.frames.receiver_count() == 0;
        if deserted {
            feeds.remove(&(feed.board.keys.leaderboard, feed.page));
        }
        deserted
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(LeaderboardId, Page), Arc<Feed>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What makes a fresh page necessary.
#[derive(Clone, Copy, Debug, Default)]
struct Reload {
    /// For streams that show everything: a row left or entered that they can't know.
    rows: bool,
    /// For streams that follow one player: anything.
    followers: bool,
    /// At once, since all that was known is void.
    now: bool,
}

impl Reload {
    fn is_wanted(self) -> bool {
        self.rows || self.followers
    }
}

/// A feed at work. It ends when its last stream is gone, or with the replica.
struct Run {
    app: Arc<App>,
    feed: Arc<Feed>,
    signals: broadcast::Receiver<Signal>,
    at: Option<EventId>,
    /// The leaderboard's own order since the last page; unknown where it may have been turned around since.
    order: Option<SortOrder>,
    reload: Reload,
    next_reload: Instant,
    /// Events of the round that is being put together.
    round: Vec<Arc<LiveEvent>>,
    next_round: Instant,
}

impl Run {
    async fn run(mut self) {
        let mut ping = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
        let mut look = interval_at(Instant::now() + RELOAD_EVERY, RELOAD_EVERY);
        loop {
            let wanted = self.reload.is_wanted();
            let due = if self.reload.now { Instant::now() } else { self.next_reload };
            tokio::select! {
                biased;
                () = sleep_until(due), if wanted => {
                    self.reload_page().await;
                    self.send_round();
                }
                signal = next_signal(&mut self.signals, self.next_round) => {
                    let goes_on = self.pass_on(signal) && self.fill_round();
                    self.send_round();
                    if !goes_on {
                        return;
                    }
                }
                _ = ping.tick() => self.send(Frame::Ping),
                _ = look.tick() => {
                    if self.app.feeds.close(&self.feed) {
                        return;
                    }
                }
                () = self.app.stop.cancelled() => return,
            }
        }
    }

    /// Adds to a round what has come besides its first event. The next one begins after a pause, unless more is waiting
    /// than fits into one. `false` where there will be no more.
    fn fill_round(&mut self) -> bool {
        for _ in 1..ROUND {
            let signal = match self.signals.try_recv() {
                Ok(signal) => Ok(signal),
                Err(TryRecvError::Lagged(missed)) => Err(RecvError::Lagged(missed)),
                Err(TryRecvError::Closed) => return false,
                Err(TryRecvError::Empty) => {
                    let streams = u32::try_from(self.feed.frames.receiver_count()).unwrap_or(u32::MAX);
                    let pause = PAUSE_PER_STREAM.saturating_mul(streams).min(LONGEST_PAUSE);
                    self.next_round = Instant::now() + pause;
                    break;
                }
            };
            if !self.pass_on(signal) {
                return false;
            }
        }
        true
    }

    /// Puts a signal into the round and notes what it does to the page. `false` where there will be no more.
    fn pass_on(&mut self, signal: Result<Signal, RecvError>) -> bool {
        match signal {
            Ok(Signal::Event(live)) => {
                self.at = Some(live.event.id);
                match &live.event.kind {
                    EventKind::Entry(change) => {
                        self.reload.rows |= self.feed.page.must_reload(self.order, change);
                        self.reload.followers |= self.feed.followers.load(Ordering::Acquire) > 0;
                    }
                    EventKind::Rebuilt => {
                        self.order = None;
                        self.reload = Reload { rows: true, followers: true, now: true };
                    }
                    EventKind::Deleted => {}
                }
                self.round.push(live);
            }
            Ok(Signal::Gap(generation)) => self.lose(generation),
            Err(RecvError::Lagged(_)) => self.lose(self.feed.channel.generation()),
            Err(RecvError::Closed) => return false,
        }
        true
    }

    /// Reads the page, and puts it into the row when the last event that is in it has passed. No event passes
    /// during the read, so that none that has passed can be missing in what is read.
    async fn reload_page(&mut self) {
        self.next_reload = Instant::now() + RELOAD_EVERY;
        let read = self.app.pages.get(&self.app.store, &self.feed.board, &self.feed.page, None);
        let page = match timeout(READ_WITHIN, read).await {
            Ok(Ok(served)) => served.page,
            // No event passes before the page is whole again: a client that leaves now must not be taken for one
            // that has it.
            Ok(Err(_)) | Err(_) => return self.lose(self.feed.channel.generation()),
        };
        let place_until = Instant::now() + PLACE_WITHIN;
        while self.at.is_some_and(|at| at.seq < page.id.seq) {
            match timeout_at(place_until, self.signals.recv()).await {
                Ok(signal) => {
                    if !self.pass_on(signal) {
                        return;
                    }
                }
                Err(_) => break,
            }
        }
        let needed = self.reload.rows;
        // Void if a gap has come between: the streams read by themselves then.
        if self.reload.is_wanted() {
            self.reload = Reload::default();
            self.order = Some(page.order);
            self.at = Some(page.id);
            metrics::counter!("rankora_stream_reloads_total").increment(1);
            self.send(Frame::Page { page, needed });
        }
    }

    /// What was read before `generation` doesn't hold any more: its streams read by themselves.
    fn lose(&mut self, generation: u64) {
        self.at = None;
        self.order = None;
        self.reload = Reload::default();
        self.send(Frame::Lost(generation));
    }

    /// Sends a frame after all events that came before it.
    fn send(&mut self, frame: Frame) {
        self.send_round();
        // Nobody listening is fine.
        let _ = self.feed.frames.send(frame);
    }

    /// Sends the round that was put together.
    fn send_round(&mut self) {
        if !self.round.is_empty() {
            let round = Round::of(std::mem::take(&mut self.round));
            let _ = self.feed.frames.send(Frame::Events(Arc::new(round)));
        }
    }
}

/// The next signal, not before the next round.
async fn next_signal(signals: &mut broadcast::Receiver<Signal>, round: Instant) -> Result<Signal, RecvError> {
    sleep_until(round).await;
    signals.recv().await
}
