//! One connection's worth of listening: the control channel and the leaderboards that one server has. A lost
//! connection is a gap for all of them.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Weak, atomic::AtomicU64},
    time::{Duration, Instant},
};

use tokio::{
    sync::{broadcast, mpsc},
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::hub::{Channel, Hub};
use crate::store::{Heard, Shard, Store, StoreError, Subscriber, control::ControlMessage, unpack_event};

/// Between two proofs that the connection delivers.
const PULSE_EVERY: Duration = Duration::from_millis(300);
/// Redis is waited for so long.
const SILENCE: Duration = Duration::from_secs(2);
/// A connection on which nothing came after so many proofs was given is given up. They are counted, since a busy
/// machine can take seconds from this task and then hand it all that has come meanwhile.
const SILENT_TICKS: u32 = 7;
/// Subscriptions sent at once.
const BATCH: usize = 500;

/// What all ears of a replica share.
pub(super) struct Surroundings {
    pub(super) store: Arc<Store>,
    pub(super) hub: Arc<Hub>,
    /// Where the other replicas' messages go; `None` says that some may have been missed.
    pub(super) control: broadcast::Sender<Option<ControlMessage>>,
    /// Whose ears they are.
    pub(super) replica: String,
}

/// What an ear is told.
pub(super) enum Wish {
    /// Somebody began to listen to this leaderboard, which the ear's server has.
    Listen(Weak<Channel>),
    /// Which server has what has changed.
    Rearrange,
}

/// Listens to one server.
pub(super) struct Ear {
    around: Arc<Surroundings>,
    shard: Shard,
    wishes: mpsc::UnboundedReceiver<Wish>,
    /// By which channels know who relays them.
    id: u64,
    control_channel: String,
    subscribed: HashMap<String, Weak<Channel>>,
    /// Sent, and not confirmed yet.
    waiting: HashMap<String, Instant>,
    leaving: HashSet<String>,
}

impl Ear {
    /// An ear for one server, not yet listening.
    pub(super) fn new(
        around: Arc<Surroundings>,
        shard: Shard,
        wishes: mpsc::UnboundedReceiver<Wish>,
    ) -> Self {
        static IDS: AtomicU64 = AtomicU64::new(1);
        let id = IDS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let control_channel = around.store.keys().control_channel();
        Self {
            around,
            shard,
            wishes,
            id,
            control_channel,
            subscribed: HashMap::new(),
            waiting: HashMap::new(),
            leaving: HashSet::new(),
        }
    }

    /// Listens until `stop`, over as many connections as it takes.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut pause = Duration::from_millis(20);
        let mut warned = false;
        loop {
            let started = Instant::now();
            let mut listening = false;
            let ended = tokio::select! {
                result = self.session(&mut listening) => result.err(),
                () = stop.cancelled() => None,
            };
            self.interrupt();
            let Some(error) = ended else { return };
            self.around.store.look_again();
            // Once an outage.
            if listening || !warned {
                warn!(
                    redis.address = self.shard.address(),
                    error = error.in_full(),
                    "events can't be listened for"
                );
            } else {
                debug!(error = error.in_full(), "events still can't be listened for");
            }
            warned = true;
            if started.elapsed() > Duration::from_secs(5) {
                pause = Duration::from_millis(20);
            }
            tokio::select! {
                () = sleep(pause) => {}
                () = stop.cancelled() => return,
            }
            pause = (pause * 2).min(Duration::from_millis(500));
        }
    }

    fn interrupt(&mut self) {
        self.shard.doubt();
        for (_, channel) in self.subscribed.drain() {
            if let Some(channel) = channel.upgrade() {
                channel.set_interrupted(self.id);
            }
        }
        self.waiting.clear();
        self.leaving.clear();
    }

    /// One connection, from its first subscription to its loss.
    async fn session(&mut self, listening: &mut bool) -> Result<(), StoreError> {
        let opened = timeout(SILENCE, self.shard.listen()).await;
        let (mut subscriber, mut messages) = opened.map_err(|_| StoreError::Disconnected)??;
        let pulse = self.around.store.pulse_channel(&self.shard, &self.around.replica);
        let pulse = pulse.ok_or(StoreError::Disconnected)?;
        subscriber.subscribe_plain(&self.control_channel).await?;
        subscriber.subscribe(std::slice::from_ref(&pulse)).await?;
        self.waiting.insert(self.control_channel.clone(), Instant::now());
        self.rearrange(&mut subscriber).await?;

        let mut tick = interval(PULSE_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut silent = 0;
        loop {
            tokio::select! {
                heard = messages.next() => {
                    silent = 0;
                    match heard.ok_or(StoreError::Disconnected)? {
                        Heard::Message { channel, .. } if channel == pulse => self.shard.prove(),
                        Heard::Message { channel, payload } => self.dispatch(&channel, &payload),
                        Heard::Subscribed(channel) if channel == self.control_channel => {
                            self.waiting.remove(&channel);
                            // Whatever was said while nobody here listened is made up for by forgetting everything.
                            let _ = self.around.control.send(None);
                            *listening = true;
                            info!(
                                redis.address = self.shard.address(),
                                channels = self.subscribed.len(),
                                "listening for events"
                            );
                        }
                        Heard::Subscribed(channel) => self.confirm(&channel),
                        Heard::Unsubscribed(channel) if channel == pulse => return Err(StoreError::Disconnected),
                        Heard::Unsubscribed(channel) => self.lose(&channel),
                    }
                }
                wish = self.wishes.recv() => match wish {
                    Some(Wish::Listen(channel)) => {
                        let mut channels = Vec::from_iter(channel.upgrade());
                        let mut rearrange = false;
                        while let Ok(wish) = self.wishes.try_recv() {
                            match wish {
                                Wish::Listen(channel) => channels.extend(channel.upgrade()),
                                Wish::Rearrange => rearrange = true,
                            }
                        }
                        self.subscribe(&mut subscriber, channels).await?;
                        if rearrange {
                            self.rearrange(&mut subscriber).await?;
                        }
                    }
                    Some(Wish::Rearrange) => self.rearrange(&mut subscriber).await?,
                    None => return Ok(()),
                },
                _ = tick.tick() => {
                    silent += 1;
                    let overdue = self.waiting.values().any(|since| since.elapsed() > SILENCE);
                    if silent > SILENT_TICKS || overdue {
                        return Err(StoreError::Disconnected);
                    }
                    self.leave_deserted(&mut subscriber).await?;
                    // A failure shows as silence.
                    let _ = timeout(PULSE_EVERY, self.shard.pulse(&pulse)).await;
                }
            }
        }
    }

    fn dispatch(&self, channel: &str, payload: &[u8]) {
        if channel == self.control_channel {
            if let Some(message) = ControlMessage::parse(payload) {
                // Without a receiver the replica is shutting down.
                let _ = self.around.control.send(Some(message));
            }
            return;
        }
        let Some(board) = self.subscribed.get(channel).and_then(Weak::upgrade) else { return };
        match unpack_event(payload) {
            Ok(event) => board.publish(event),
            Err(error) => {
                warn!(error = &error as &dyn std::error::Error, channel, "an event can't be read");
                board.miss();
            }
        }
    }

    fn confirm(&mut self, channel: &str) {
        self.waiting.remove(channel);
        if let Some(board) = self.subscribed.get(channel).and_then(Weak::upgrade) {
            board.set_relayed(self.id);
        }
    }

    /// The server has ended a subscription; unasked, since the leaderboard is another server's now.
    fn lose(&mut self, channel: &str) {
        if self.leaving.remove(channel) {
            return;
        }
        self.waiting.remove(channel);
        if let Some(board) = self.subscribed.remove(channel) {
            debug!(channel, "a leaderboard has moved to another server");
            board.upgrade().inspect(|board| board.set_interrupted(self.id));
            self.around.store.look_again();
        }
    }

    /// Listens to what this server has, and no more to what it no longer has.
    async fn rearrange(&mut self, subscriber: &mut Subscriber) -> Result<(), StoreError> {
        let is_mine = |channel: &Channel| {
            self.around.store.shard_of(channel.address.account).is_some_and(|shard| shard.is(&self.shard))
        };
        let (mine, others): (Vec<_>, Vec<_>) =
            self.around.hub.channels().into_iter().partition(|channel| is_mine(channel));
        let mut left = Vec::new();
        for channel in others {
            let name = self.name(&channel);
            if self.subscribed.remove(&name).is_some() {
                channel.set_interrupted(self.id);
                left.push(name);
            }
        }
        self.leave(subscriber, left).await?;
        let new = |channel: &Arc<Channel>| {
            let known = self.subscribed.get(&self.name(channel)).and_then(Weak::upgrade);
            !known.is_some_and(|known| Arc::ptr_eq(&known, channel))
        };
        let mine = mine.into_iter().filter(new).collect();
        self.subscribe(subscriber, mine).await
    }

    async fn subscribe(
        &mut self,
        subscriber: &mut Subscriber,
        channels: Vec<Arc<Channel>>,
    ) -> Result<(), StoreError> {
        for batch in channels.chunks(BATCH) {
            let names: Vec<String> = batch.iter().map(|channel| self.name(channel)).collect();
            for (name, channel) in names.iter().zip(batch) {
                // Known before it is confirmed, so that no event that arrives from now on is dropped.
                self.subscribed.insert(name.clone(), Arc::downgrade(channel));
                self.waiting.insert(name.clone(), Instant::now());
            }
            subscriber.subscribe(&names).await?;
        }
        Ok(())
    }

    async fn leave_deserted(&mut self, subscriber: &mut Subscriber) -> Result<(), StoreError> {
        let deserted = self.subscribed.extract_if(|_, channel| channel.strong_count() == 0);
        let names = deserted.map(|(name, _)| name).collect();
        self.leave(subscriber, names).await
    }

    async fn leave(&mut self, subscriber: &mut Subscriber, names: Vec<String>) -> Result<(), StoreError> {
        for name in &names {
            self.waiting.remove(name);
            self.leaving.insert(name.clone());
        }
        subscriber.unsubscribe(&names).await
    }

    fn name(&self, channel: &Channel) -> String {
        let account = self.around.store.keys().account(channel.address.account);
        account.leaderboard(channel.address.leaderboard).channel
    }
}
