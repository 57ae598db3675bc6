//! Redis pub/sub → hub. One connection a replica, subscribed to the control channel and to the leaderboards that
//! somebody listens to. A lost connection is a gap for all of them.

use std::{
    collections::HashMap,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    sync::{broadcast, mpsc},
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::hub::{Channel, Hub};
use crate::store::{Store, StoreError, Subscriber, control::ControlMessage, unpack_event};

/// Between two proofs that the control channel delivers.
const ALIVE_EVERY: Duration = Duration::from_millis(300);
/// Without a proof for so long, nothing cached about keys is trusted. Below a second, so that a revoked key stops
/// working within one.
const TRUST_FOR: Duration = Duration::from_millis(900);
/// Redis is waited for so long.
const SILENCE: Duration = Duration::from_secs(2);
/// A connection on which nothing came after so many proofs was given is given up. They are counted, since a busy
/// machine can take seconds from this task and then hand it all that has come meanwhile.
const SILENT_TICKS: u32 = 7;
/// Subscriptions sent at once.
const BATCH: usize = 500;

/// When the control channel last delivered.
#[derive(Debug)]
pub struct Liveness {
    start: Instant,
    last_ms: AtomicU64,
}

impl Default for Liveness {
    fn default() -> Self {
        Self { start: Instant::now(), last_ms: AtomicU64::new(0) }
    }
}

impl Liveness {
    /// True while what other replicas say would arrive here.
    pub fn is_trusted(&self) -> bool {
        let last = self.last_ms.load(Ordering::Acquire);
        last > 0 && self.start.elapsed() < Duration::from_millis(last) + TRUST_FOR
    }

    fn prove(&self) {
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_ms.store(now.max(1), Ordering::Release);
    }

    fn doubt(&self) {
        self.last_ms.store(0, Ordering::Release);
    }
}

/// What the relay works with.
pub struct RelayOptions {
    /// Where events come from.
    pub store: Arc<Store>,
    /// Where they go.
    pub hub: Arc<Hub>,
    /// Leaderboards that somebody began to listen to.
    pub wanted: mpsc::UnboundedReceiver<Weak<Channel>>,
    /// Where the other replicas' messages go; `None` says that some may have been missed.
    pub control: broadcast::Sender<Option<ControlMessage>>,
    /// Whether the control channel delivers.
    pub liveness: Arc<Liveness>,
}

/// The task that relays. Nothing is lost with it that a fresh page doesn't make good.
pub struct Relay {
    options: RelayOptions,
    control_channel: String,
    subscribed: HashMap<String, Weak<Channel>>,
}

impl Relay {
    /// A relay, not yet running.
    pub fn new(options: RelayOptions) -> Self {
        let control_channel = options.store.keys().control_channel();
        Self { options, control_channel, subscribed: HashMap::new() }
    }

    /// Relays until `stop`, over as many connections as it takes.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut pause = Duration::from_millis(20);
        let mut warned = false;
        loop {
            let started = Instant::now();
            let mut listening = false;
            let result = tokio::select! {
                result = self.session(&mut listening) => result,
                () = stop.cancelled() => return,
            };
            self.interrupt();
            if let Err(error) = result {
                // Once an outage.
                if listening || !warned {
                    warn!(error = error.in_full(), "events can't be listened for");
                } else {
                    debug!(error = error.in_full(), "events still can't be listened for");
                }
                warned = true;
            }
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
        self.options.liveness.doubt();
        for channel in self.options.hub.channels() {
            channel.set_interrupted();
        }
        self.subscribed.clear();
    }

    /// One connection, from its first subscription to its loss.
    async fn session(&mut self, listening: &mut bool) -> Result<(), StoreError> {
        let (mut subscriber, mut messages) = self.options.store.subscriptions().await?;
        match timeout(SILENCE, subscriber.subscribe(std::slice::from_ref(&self.control_channel))).await {
            Ok(result) => result?,
            Err(_) => return Err(StoreError::Disconnected),
        }
        // Whatever was said while nobody here listened is made up for by forgetting everything.
        let _ = self.options.control.send(None);
        self.subscribe(&mut subscriber, self.options.hub.channels()).await?;
        *listening = true;
        info!(channels = self.subscribed.len(), "listening for events");

        let mut tick = interval(ALIVE_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut silent = 0;
        loop {
            tokio::select! {
                message = messages.next() => {
                    let Some((channel, payload)) = message else { return Err(StoreError::Disconnected) };
                    silent = 0;
                    self.dispatch(&channel, &payload);
                }
                Some(channel) = self.options.wanted.recv() => {
                    let mut channels = Vec::from_iter(channel.upgrade());
                    while let Ok(channel) = self.options.wanted.try_recv() {
                        channels.extend(channel.upgrade());
                    }
                    self.subscribe(&mut subscriber, channels).await?;
                }
                _ = tick.tick() => {
                    silent += 1;
                    if silent > SILENT_TICKS {
                        return Err(StoreError::Disconnected);
                    }
                    self.unsubscribe_deserted(&mut subscriber).await?;
                    // A failure shows as silence.
                    let store = self.options.store.clone();
                    let _ = timeout(ALIVE_EVERY, store.publish_control(ControlMessage::Alive)).await;
                }
            }
        }
    }

    fn dispatch(&self, channel: &str, payload: &[u8]) {
        if channel == self.control_channel {
            match ControlMessage::parse(payload) {
                Some(ControlMessage::Alive) => self.options.liveness.prove(),
                Some(message) => {
                    // Without a receiver the replica is shutting down.
                    let _ = self.options.control.send(Some(message));
                }
                None => {}
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

    async fn subscribe(
        &mut self,
        subscriber: &mut Subscriber,
        channels: Vec<Arc<Channel>>,
    ) -> Result<(), StoreError> {
        let named: Vec<_> = channels.into_iter().map(|channel| (self.name(&channel), channel)).collect();
        for batch in named.chunks(BATCH) {
            let names: Vec<String> = batch.iter().map(|(name, _)| name.clone()).collect();
            match timeout(SILENCE, subscriber.subscribe(&names)).await {
                Ok(result) => result?,
                Err(_) => return Err(StoreError::Disconnected),
            }
        }
        for (name, channel) in named {
            // Known before anybody is told, so that no event that arrives from now on is dropped.
            self.subscribed.insert(name, Arc::downgrade(&channel));
            channel.set_relayed();
        }
        Ok(())
    }

    async fn unsubscribe_deserted(&mut self, subscriber: &mut Subscriber) -> Result<(), StoreError> {
        let deserted = self.options.hub.take_deserted();
        let names: Vec<String> = deserted.iter().map(|channel| self.name(channel)).collect();
        if names.is_empty() {
            return Ok(());
        }
        for name in &names {
            self.subscribed.remove(name);
        }
        match timeout(SILENCE, subscriber.unsubscribe(&names)).await {
            Ok(result) => result,
            Err(_) => Err(StoreError::Disconnected),
        }
    }

    fn name(&self, channel: &Channel) -> String {
        let account = self.options.store.keys().account(channel.address.account);
        account.leaderboard(channel.address.leaderboard).channel
    }
}
