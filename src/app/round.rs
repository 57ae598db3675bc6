//! Events that go out together: what most streams are sent of them is the same, and is put together once.

use std::sync::Arc;

use bytes::Bytes;

use crate::{
    domain::event::{EventId, EventKind},
    live::LiveEvent,
};

/// Events, in order.
#[derive(Debug)]
pub(super) struct Round {
    pub(super) events: Vec<Arc<LiveEvent>>,
    /// Their messages; none where one of the events has more to it than its message, or doesn't follow the one before.
    messages: Option<Bytes>,
}

impl Round {
    pub(super) fn of(events: Vec<Arc<LiveEvent>>) -> Self {
        let plain = events.iter().all(|live| matches!(live.event.kind, EventKind::Entry(_)));
        let unbroken = events.windows(2).all(|pair| pair[1].event.previous == pair[0].event.id);
        let messages = (plain && unbroken).then(|| match &*events {
            [only] => only.frame.clone(),
            all => all.iter().map(|live| &*live.frame).collect::<Vec<_>>().concat().into(),
        });
        Self { events, messages }
    }

    /// All messages for a stream that stands where the first event follows, and the event where it stands then.
    pub(super) fn after(&self, at: EventId) -> Option<(Bytes, EventId)> {
        let (first, last) = (&self.events.first()?.event, &self.events.last()?.event);
        let follows = first.previous == at && first.id.seq > at.seq;
        self.messages.clone().filter(|_| follows).map(|messages| (messages, last.id))
    }
}
