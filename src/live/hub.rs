//! Fans events out to the streams of this replica. One bounded ring per leaderboard: who falls behind in it is
//! told so and reads a fresh page; nobody is waited for.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use tokio::sync::{broadcast, mpsc, watch};

use super::{frame, generation::Generation};
use crate::domain::{
    event::{Event, EventId, EventKind},
    ids::{AccountId, HandleMaker, LeaderboardId},
};

/// Events that a listener may lag behind.
const QUEUE: usize = 1024;
/// Events kept for clients that come back.
const RING: usize = 1024;
/// A page that an event made incomplete is made whole within this time; see [`Channel::resume`].
const RELOAD_WITHIN_MICROS: i64 = 10_000_000;

/// Which leaderboard, and whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// Whose.
    pub account: AccountId,
    /// Which one.
    pub leaderboard: LeaderboardId,
}

/// An event with the bytes that all streams share.
#[derive(Debug)]
pub struct LiveEvent {
    /// What happened.
    pub event: Event,
    /// The finished message; empty where the event has none of its own.
    pub frame: Bytes,
}

/// What a listener is told.
#[derive(Clone, Debug)]
pub enum Signal {
    /// Something happened.
    Event(Arc<LiveEvent>),
    /// Something may have been missed: what was read before this generation is void.
    Gap(u64),
}

/// What a client that comes back gets.
#[derive(Debug)]
pub struct Resume {
    /// What it missed.
    pub missed: Vec<Arc<LiveEvent>>,
    /// All events of the last seconds before: one of them may have made its page incomplete, and the fresh page
    /// may have been on its way.
    pub before: Vec<Arc<LiveEvent>>,
}

/// All leaderboards that somebody listens to.
pub struct Hub {
    channels: Mutex<HashMap<LeaderboardId, Arc<Channel>>>,
    wanted: mpsc::UnboundedSender<Weak<Channel>>,
}

/// One leaderboard that somebody listens to.
pub struct Channel {
    /// Which one.
    pub address: Address,
    handles: HandleMaker,
    generation: Arc<Generation>,
    signals: broadcast::Sender<Signal>,
    relayed: watch::Sender<bool>,
    /// Which ear relays it; 0 where none does.
    relayer: AtomicU64,
    interrupted: AtomicBool,
    history: Mutex<History>,
}

/// The unbroken end of a leaderboard's history.
#[derive(Default)]
struct History {
    events: VecDeque<Arc<LiveEvent>>,
    last: Option<EventId>,
    /// The earliest page read since nothing has arrived: what must follow it, somebody still waits for.
    read: Option<EventId>,
}

impl Hub {
    /// An empty hub, and where it says which leaderboards it wants relayed.
    pub fn new() -> (Arc<Self>, mpsc::UnboundedReceiver<Weak<Channel>>) {
        let (wanted, wants) = mpsc::unbounded_channel();
        (Arc::new(Self { channels: Mutex::default(), wanted }), wants)
    }

    /// Listens to a leaderboard for as long as the channel is held.
    pub fn listen(
        &self,
        address: Address,
        handles: &HandleMaker,
        generation: &Arc<Generation>,
    ) -> Arc<Channel> {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        let channel = channels.entry(address.leaderboard).or_insert_with(|| {
            let channel = Arc::new(Channel {
                address,
                handles: handles.clone(),
                generation: generation.clone(),
                signals: broadcast::Sender::new(QUEUE),
                relayed: watch::Sender::new(false),
                relayer: AtomicU64::new(0),
                interrupted: AtomicBool::new(false),
                history: Mutex::default(),
            });
            // Without a relay nobody is told anything, which is how shutdown looks.
            let _ = self.wanted.send(Arc::downgrade(&channel));
            channel
        });
        channel.clone()
    }

    /// All channels, for the relay to subscribe to.
    pub fn channels(&self) -> Vec<Arc<Channel>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Takes out the channels that nobody holds any more.
    pub fn take_deserted(&self) -> Vec<Arc<Channel>> {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        channels
            .extract_if(|_, channel| Arc::strong_count(channel) == 1)
            .map(|(_, channel)| channel)
            .collect()
    }
}

impl Channel {
    /// What a page that is read from now on belongs to, or to a later one.
    pub fn generation(&self) -> u64 {
        self.generation.current()
    }

    /// What happens from now on.
    pub fn signals(&self) -> broadcast::Receiver<Signal> {
        self.signals.subscribe()
    }

    /// Waits until Redis sends this leaderboard's events here.
    pub async fn relayed(&self) {
        // An error means that the channel is gone, and with it who waits.
        let _ = self.relayed.subscribe().wait_for(|relayed| *relayed).await;
    }

    /// True while Redis sends this leaderboard's events here.
    pub fn is_relayed(&self) -> bool {
        *self.relayed.borrow()
    }

    /// An ear has subscribed. After an interruption, or where another one relayed until now, anything may have been
    /// missed; before the first time, nobody listened, but pages were kept.
    pub fn set_relayed(&self, ear: u64) {
        let before = self.relayer.swap(ear, Ordering::AcqRel);
        match self.interrupted.swap(false, Ordering::AcqRel) || !(before == 0 || before == ear) {
            true => self.miss(),
            false => _ = self.generation.advance(),
        }
        self.relayed.send_replace(true);
    }

    /// An ear no longer relays; nothing changes where another one does already.
    pub fn set_interrupted(&self, ear: u64) {
        if self.relayer.compare_exchange(ear, 0, Ordering::AcqRel, Ordering::Acquire).is_err() {
            return;
        }
        if self.relayed.send_replace(false) {
            self.interrupted.store(true, Ordering::Release);
        }
        *self.lock() = History::default();
    }

    /// Something may have been missed: pages are void, and listeners read anew.
    pub fn miss(&self) {
        *self.lock() = History::default();
        self.tell_gap(self.generation.advance());
    }

    fn tell_gap(&self, generation: u64) {
        metrics::counter!("rankora_stream_gaps_total").increment(1);
        // Nobody listening is fine.
        let _ = self.signals.send(Signal::Gap(generation));
    }

    /// An event has arrived. Repeated ones are dropped; one that doesn't follow its predecessor is a gap.
    pub fn publish(&self, event: Event) {
        let mut history = self.lock();
        if history.last.is_some_and(|last| event.id.seq <= last.seq && event.id.at <= last.at) {
            return;
        }
        // Before anybody hears of it, so that a page read because of it has the event.
        let generation = self.generation.advance();
        if history.last.is_some_and(|last| event.previous != last) {
            *history = History::default();
            self.tell_gap(generation);
        }
        metrics::counter!("rankora_events_relayed_total").increment(1);
        let frame = match &event.kind {
            EventKind::Entry(change) => frame::update(event.id, change, &self.handles),
            EventKind::Rebuilt | EventKind::Deleted => Bytes::new(),
        };
        let live = Arc::new(LiveEvent { event, frame });
        history.last = Some(live.event.id);
        if history.events.len() == RING {
            history.events.pop_front();
        }
        history.events.push_back(live.clone());
        let _ = self.signals.send(Signal::Event(live));
    }

    /// How far this replica has come: the last event that arrived, or else the earliest page that was read.
    pub fn reached(&self) -> Option<EventId> {
        let history = self.lock();
        history.last.or(history.read)
    }

    /// A page was read with this as its last change.
    pub fn note_read(&self, id: EventId) {
        let mut history = self.lock();
        if history.read.is_none_or(|read| id.seq < read.seq) {
            history.read = Some(id);
        }
    }

    /// Compares the leaderboard's stored last id with how far this replica has come, `before` being
    /// [`Self::reached`] from before the read. True where something was lost.
    pub fn has_lost(&self, stored: EventId, before: Option<EventId>) -> bool {
        let (Some(now), Some(before)) = (self.reached(), before) else { return false };
        // Behind what is stored, or ahead of it: a failover forgot what had been sent.
        let behind = now.seq < stored.seq;
        let ahead = before.seq > stored.seq || (before.seq == stored.seq && before.at != stored.at);
        behind || ahead
    }

    /// What a client that saw `id` last has missed; `None` where that can't be told.
    pub fn resume(&self, id: EventId) -> Option<Resume> {
        let history = self.lock();
        let recent = id.at.micros() - RELOAD_WITHIN_MICROS;
        let after = match history.events.iter().position(|live| live.event.id == id) {
            Some(index) => index + 1,
            None if history.events.front().is_some_and(|first| first.event.previous == id) => 0,
            None => return None,
        };
        let known_since = history.events.front()?.event.previous.at.micros();
        if known_since >= recent {
            return None;
        }
        let missed = history.events.range(after..).cloned().collect();
        let before = history.events.range(..after).filter(|live| live.event.id.at.micros() >= recent);
        Some(Resume { missed, before: before.cloned().collect() })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "hub_tests.rs"]
mod tests;
