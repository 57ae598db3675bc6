//! Writes that wait for Redis' replicas. WAIT covers what its own connection wrote, and blocks it: so writes have a
//! connection of their own, on which several share one WAIT.

use std::{sync::Arc, time::Duration};

use redis::{Cmd, Value, aio::MultiplexedConnection, pipe};
use tokio::sync::{mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{lane::Lane, round_trip::RoundTrips};
use crate::store::{error::StoreError, script::Script};

/// Writes that wait in line at the most; more are held back by their callers.
const QUEUE: usize = 4096;
/// Writes that share one WAIT at the most.
const GROUP: usize = 256;

/// How many replicas have to have a write before it is acknowledged.
#[derive(Clone, Copy, Debug)]
pub struct Confirmation {
    /// Replicas, at least 1.
    pub replicas: u16,
    /// How long to wait for them.
    pub within: Duration,
}

/// A write and who waits for it.
struct Pending {
    call: Cmd,
    script: Option<&'static Script>,
    /// Whether it is refused where too few replicas have it.
    strict: bool,
    answer: oneshot::Sender<Result<Value, StoreError>>,
}

/// Takes writes for the task that sends them.
pub(super) struct Writer(mpsc::Sender<Pending>);

impl Writer {
    /// Starts the task, on `tasks`, until `stop`. What is in line then is answered as never sent.
    pub(super) fn start(
        lane: Arc<Lane>,
        confirmation: Confirmation,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        let (sender, mut line) = mpsc::channel(QUEUE);
        let stop = stop.clone();
        tasks.spawn(async move {
            let trips = RoundTrips::by(RoundTrips::CONFIRMED);
            let mut group = Vec::with_capacity(GROUP);
            loop {
                let received = tokio::select! {
                    received = line.recv_many(&mut group, GROUP) => received,
                    () = stop.cancelled() => return,
                };
                if received == 0 {
                    return;
                }
                send(&lane, &trips, confirmation, &mut group).await;
            }
        });
        Self(sender)
    }

    /// Sends a write; returns when it is confirmed, or when that takes too long: then with an error where `strict`.
    pub(super) async fn write(
        &self,
        call: Cmd,
        script: Option<&'static Script>,
        strict: bool,
    ) -> Result<Value, StoreError> {
        let (answer, wait) = oneshot::channel();
        self.0.send(Pending { call, script, strict, answer }).await.map_err(|_| StoreError::Disconnected)?;
        wait.await.map_err(|_| StoreError::Disconnected)?
    }
}

/// Sends a group and one WAIT, and answers all of it.
async fn send(lane: &Lane, trips: &RoundTrips, confirmation: Confirmation, group: &mut Vec<Pending>) {
    let first = exchange(lane, trips, confirmation, group).await;
    // A script that Redis has forgotten is sent again by its text, with a WAIT of its own.
    let mut forgotten = Vec::new();
    answer(std::mem::take(group), first, &mut forgotten);
    if !forgotten.is_empty() {
        let second = exchange(lane, trips, confirmation, &forgotten).await;
        answer(forgotten, second, &mut Vec::new());
    }
}

/// One round trip: the answers; a write that too few replicas have is answered as not confirmed.
async fn exchange(
    lane: &Lane,
    trips: &RoundTrips,
    confirmation: Confirmation,
    group: &[Pending],
) -> Result<Vec<Result<Value, StoreError>>, StoreError> {
    let mut pipeline = pipe();
    for pending in group {
        pipeline.add_command(pending.call.clone());
    }
    let within_ms = u64::try_from(confirmation.within.as_millis()).unwrap_or(u64::MAX);
    pipeline.cmd("WAIT").arg(confirmation.replicas).arg(within_ms);
    let connection = lane.connection()?;
    let _trip = trips.begin();
    let mut handle = MultiplexedConnection::clone(&connection);
    let sent = handle.send_packed_commands(&pipeline, 0, pipeline.len()).await;
    let mut values = lane.judge(&connection, sent)?;
    let replicas = values.pop();
    let confirmed = matches!(replicas, Some(Value::Int(n)) if n >= i64::from(confirmation.replicas));
    let answer = |(value, pending): (Value, &Pending)| match value.extract_error() {
        Ok(value) if confirmed => Ok(value),
        Ok(value) => {
            metrics::counter!("rankora_unconfirmed_writes_total").increment(1);
            if pending.strict { Err(StoreError::NotConfirmed) } else { Ok(value) }
        }
        // What was refused was not written.
        Err(refused) => Err(refused.into()),
    };
    Ok(values.into_iter().zip(group).map(answer).collect())
}

/// Answers everybody in a group, but for those whose script was forgotten: they are left, with its text.
fn answer(
    group: Vec<Pending>,
    result: Result<Vec<Result<Value, StoreError>>, StoreError>,
    forgotten: &mut Vec<Pending>,
) {
    let values = result.unwrap_or_else(|error| vec![Err(error); group.len()]);
    for (pending, value) in group.into_iter().zip(values) {
        match (&value, pending.script) {
            (Err(error), Some(script)) if error.code() == Some("NOSCRIPT") => {
                forgotten.push(Pending { call: script.by_text(&pending.call), script: None, ..pending });
            }
            // Who no longer waits gets no answer.
            _ => _ = pending.answer.send(value),
        }
    }
}
