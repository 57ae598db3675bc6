//! Redis pub/sub → hub: an ear for each server that takes writes, and who hears what.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{
    sync::{broadcast, mpsc},
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    ear::{Ear, Surroundings, Wish},
    hub::{Channel, Hub},
};
use crate::store::{Shard, Store, control::ControlMessage};

/// How soon a leaderboard that nobody listens to any more is let go.
const TIDY_EVERY: Duration = Duration::from_millis(300);

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
    /// Which replica this is.
    pub replica: String,
}

/// The task that relays. Nothing is lost with it that a fresh page doesn't make good.
pub struct Relay {
    around: Arc<Surroundings>,
    wanted: mpsc::UnboundedReceiver<Weak<Channel>>,
    ears: Vec<(Shard, mpsc::UnboundedSender<Wish>, DropGuard)>,
    tasks: JoinSet<()>,
}

impl Relay {
    /// A relay, not yet running.
    pub fn new(options: RelayOptions) -> Self {
        let RelayOptions { store, hub, wanted, control, replica } = options;
        let around = Arc::new(Surroundings { store, hub, control, replica });
        Self { around, wanted, ears: Vec::new(), tasks: JoinSet::new() }
    }

    /// Relays until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut changes = self.around.store.shard_changes();
        let mut tidy = interval(TIDY_EVERY);
        tidy.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.rearrange();
        loop {
            tokio::select! {
                Ok(()) = changes.changed() => self.rearrange(),
                Some(channel) = self.wanted.recv() => self.assign(channel),
                // Their ears notice that nobody holds them.
                _ = tidy.tick() => drop(self.around.hub.take_deserted()),
                Some(_) = self.tasks.join_next() => {}
                () = stop.cancelled() => break,
            }
        }
        self.ears.clear();
        while self.tasks.join_next().await.is_some() {}
    }

    /// Has an ear for each server, and each ear look for what its server has.
    fn rearrange(&mut self) {
        let shards = self.around.store.shards();
        self.ears.retain(|(known, ..)| shards.iter().any(|shard| shard.is(known)));
        for shard in shards {
            if self.ears.iter().any(|(known, ..)| known.is(&shard)) {
                continue;
            }
            let (wish, wishes) = mpsc::unbounded_channel();
            let stop = CancellationToken::new();
            let ear = Ear::new(self.around.clone(), shard.clone(), wishes);
            self.tasks.spawn(ear.run(stop.clone()));
            self.ears.push((shard, wish, stop.drop_guard()));
        }
        for (_, ear, _) in &self.ears {
            // An ear that has ended is replaced with its server.
            let _ = ear.send(Wish::Rearrange);
        }
    }

    /// Tells the ear at the leaderboard's server; one that has no ear yet looks for it by itself.
    fn assign(&self, channel: Weak<Channel>) {
        let Some(account) = channel.upgrade().map(|channel| channel.address.account) else { return };
        let Some(shard) = self.around.store.shard_of(account) else { return };
        if let Some((_, ear, _)) = self.ears.iter().find(|(known, ..)| known.is(&shard)) {
            let _ = ear.send(Wish::Listen(channel));
        }
    }
}
