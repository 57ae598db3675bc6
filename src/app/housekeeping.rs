//! A replica's background work. Each task ends with the replica; what it leaves undone, another replica does.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::{MissedTickBehavior, interval, sleep},
};
use tracing::{debug, info, warn};

use super::{App, Ledger, side_by_side::AT_ONCE};
use crate::domain::ids::{AccountId, KeyId};
use crate::store::{BoardKeys, StoreError, control::ControlMessage, leaderboards::SortProgress};

/// How soon an unused lease is looked for.
const SWEEP_EVERY: Duration = Duration::from_millis(250);
/// Between two comparisons of what was relayed with what is stored.
const AUDIT_EVERY: Duration = Duration::from_secs(10);
/// Between two additions of what happened.
const ADD_UP_EVERY: Duration = Duration::from_secs(5);
/// How long an event may be under way.
const AUDIT_GRACE: Duration = Duration::from_secs(1);
/// Between two looks for changes of a sort order.
const SORT_EVERY: Duration = Duration::from_millis(500);
/// Entries brought into a new order at once: about three milliseconds of Redis.
const SORT_CHUNK: u32 = 500;
/// The longest pause between two chunks; well within the lease.
const LONGEST_SORT_PAUSE: Duration = Duration::from_millis(200);
/// How long one change is worked on before the next one's turn.
const SORT_TURN: Duration = Duration::from_millis(250);
/// A change of order stays with one replica for so long after its last chunk.
const SORT_LEASE: Duration = Duration::from_secs(1);

/// What a stream has to look into; told once this replica has forgotten what it knew.
#[derive(Clone, Copy, Debug)]
pub(super) enum Notice {
    /// This key.
    KeyChanged(KeyId),
    /// What this account may do.
    AccountChanged(AccountId),
    /// Whatever it stands on: something may have been missed.
    Anything,
}

/// Forgets what other replicas have changed, and tells the streams.
pub(super) async fn heed_control(app: Arc<App>, mut messages: broadcast::Receiver<Option<ControlMessage>>) {
    let mut returning = Returning::default();
    loop {
        let message = tokio::select! {
            message = messages.recv() => message,
            () = returning.go_on() => continue,
            () = app.stop.cancelled() => break,
        };
        let notice = match message {
            Ok(Some(ControlMessage::KeyChanged { id, hash })) => {
                app.gate.forget(&hash).await;
                Notice::KeyChanged(id)
            }
            Ok(Some(ControlMessage::ReturnLeases(account))) => {
                returning.begin(&app, app.ledgers.known(account));
                continue;
            }
            Ok(Some(ControlMessage::AccountChanged(account))) => {
                app.gate.forget_all();
                Notice::AccountChanged(account)
            }
            Ok(None) | Err(RecvError::Lagged(_)) => {
                app.gate.forget_all();
                Notice::Anything
            }
            Err(RecvError::Closed) => break,
        };
        // Without streams nobody listens.
        let _ = app.notices.send(notice);
    }
    returning.finish().await;
}

/// Leases on their way back. None of them waits for another account's, whose server may hang.
#[derive(Default)]
struct Returning(FuturesUnordered<BoxFuture<'static, ()>>);

impl Returning {
    /// Begins to return the leases of these ledgers. What there is no room for, the next round finds.
    fn begin(&self, app: &Arc<App>, ledgers: impl IntoIterator<Item = Arc<Ledger>>) {
        for ledger in ledgers.into_iter().take(AT_ONCE.saturating_sub(self.0.len())) {
            let store = app.store.clone();
            self.0.push(Box::pin(async move {
                report("a lease could not be returned", ledger.give_back(&store).await);
            }));
        }
    }

    /// Works on them, until the next one is returned; without any, for ever.
    async fn go_on(&mut self) {
        if self.0.next().await.is_none() {
            std::future::pending().await
        }
    }

    /// Returns when all are: what has left its lease must arrive.
    async fn finish(mut self) {
        while self.0.next().await.is_some() {}
    }
}

/// Returns unused leases and forgets what is out of use.
pub(super) async fn sweep(app: Arc<App>) {
    let mut tick = interval(SWEEP_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut returning = Returning::default();
    let mut rounds: u32 = 0;
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = returning.go_on() => continue,
            () = app.stop.cancelled() => break,
        }
        returning.begin(&app, app.ledgers.idle());
        rounds = rounds.wrapping_add(1);
        if rounds.is_multiple_of(40) {
            app.gate.sweep();
            app.boards.sweep();
        }
    }
    returning.finish().await;
}

/// Runs a job now and then, until the replica stops; a failure is reported and changes nothing.
async fn repeat<F: Future<Output = Result<(), StoreError>>>(
    app: Arc<App>,
    every: Duration,
    what: &'static str,
    job: impl Fn(Arc<App>) -> F,
) {
    let mut tick = interval(every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let work = async {
        loop {
            tick.tick().await;
            report(what, job(app.clone()).await);
        }
    };
    tokio::select! {
        () = work => {}
        () = app.stop.cancelled() => {}
    }
}

/// Looks for events that got lost without a successor that would show it.
pub(super) async fn audit(app: Arc<App>) {
    repeat(app, AUDIT_EVERY, "streams could not be audited", audit_once).await;
}

async fn audit_once(app: Arc<App>) -> Result<(), StoreError> {
    let relayed: Vec<_> = app.hub.channels().into_iter().filter(|channel| channel.is_relayed()).collect();
    for channels in relayed.chunks(500) {
        let before: Vec<_> = channels.iter().map(|channel| channel.reached()).collect();
        let keys: Vec<_> = channels
            .iter()
            .map(|channel| {
                app.store.keys().account(channel.address.account).leaderboard(channel.address.leaderboard)
            })
            .collect();
        let stored = app.store.last_ids(&keys).await;
        sleep(AUDIT_GRACE).await;
        for ((channel, before), stored) in channels.iter().zip(before).zip(stored) {
            // What can't be read now is compared the next time.
            let Ok(stored) = stored else { continue };
            // A leaderboard that is gone was deleted, which is an event too.
            if stored.is_none_or(|stored| channel.has_lost(stored, before)) {
                warn!(leaderboard.id = %channel.address.leaderboard, "an event was lost; its streams read anew");
                channel.miss();
            }
        }
    }
    Ok(())
}

/// Carries out changes of sort orders, whichever replica they were asked of.
pub(super) async fn change_sort_orders(app: Arc<App>) {
    repeat(app, SORT_EVERY, "changes of sort orders could not be looked for", change_noted_orders).await;
}

/// Works on all of them in turn, until there is nothing left to do here.
async fn change_noted_orders(app: Arc<App>) -> Result<(), StoreError> {
    let mut goes_on = true;
    while std::mem::take(&mut goes_on) {
        for keys in app.store.sort_changes().await? {
            match change_order(&app, &keys).await {
                Ok(more) => goes_on |= more,
                // One that can't go on keeps no other from it.
                failure => report("a change of a sort order could not go on", failure.map(drop)),
            }
        }
    }
    Ok(())
}

/// A turn of work on one change; true where more is left for this replica.
async fn change_order(app: &App, keys: &BoardKeys) -> Result<bool, StoreError> {
    let turn = Instant::now();
    loop {
        let begun = Instant::now();
        match app.store.advance_sort_change(keys, SORT_CHUNK, &app.replica, SORT_LEASE).await? {
            // As long as it took, Redis is left to the requests: the busier it is, the longer.
            SortProgress::More => sleep(begun.elapsed().min(LONGEST_SORT_PAUSE)).await,
            SortProgress::Busy => return Ok(false),
            SortProgress::Switched => {
                info!(leaderboard.id = %keys.leaderboard, "the sort order was changed");
                app.boards.advance(keys);
                return app.store.forget_sort_change(keys).await.map(|()| false);
            }
            SortProgress::Nothing => return app.store.forget_sort_change(keys).await.map(|()| false),
        }
        if turn.elapsed() > SORT_TURN {
            return Ok(true);
        }
    }
}

/// Keeps the count of this replica's open streams; at the end, takes them all off.
pub(super) async fn count_streams(app: Arc<App>) {
    app.places.keep(&app.store, app.stop.clone()).await;
}

/// Adds up what happened, for the charts of the days.
pub(super) async fn add_up_days(app: Arc<App>) {
    let job = async |app: Arc<App>| app.ledgers.add_up_days(&app.store).await;
    repeat(app, ADD_UP_EVERY, "what happened could not be added up", job).await;
}

fn report(what: &'static str, result: Result<(), StoreError>) {
    match result {
        Ok(()) => {}
        // The connection says so itself, once.
        Err(error) if error.is_outage() => debug!(what, error = error.in_full(), "Redis can't be used"),
        Err(error) => {
            metrics::counter!("rankora_background_failures_total").increment(1);
            warn!(error = &error as &dyn std::error::Error, what, "a background task failed");
        }
    }
}
