//! The messages of a stream, as finished bytes. An event is written once and shared by all streams.

use bytes::Bytes;
use serde::Serialize;

use crate::domain::{
    entry::{Entry, Row},
    event::{EntryChange, EventId},
    ids::{EntryHandle, HandleMaker},
    metadata::Metadata,
    timestamp::Timestamp,
};

/// The comment that keeps an idle stream alive.
pub const PING: Bytes = Bytes::from_static(b": ping\n\n");

/// JSON under construction.
pub struct Rendered(Vec<u8>);

impl Rendered {
    /// Empty, with room for `capacity` bytes.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// Appends JSON as it stands.
    pub fn raw(&mut self, text: &str) -> &mut Self {
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    /// Appends a value as JSON.
    pub fn json(&mut self, value: &impl Serialize) -> &mut Self {
        // Writing to a Vec can't fail, and neither can what is rendered here.
        if serde_json::to_writer(&mut self.0, value).is_err() {
            self.raw("null");
        }
        self
    }

    /// Bytes so far.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True where nothing was appended.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The finished bytes, with no room beyond them: they may be kept.
    pub fn finish(mut self) -> Bytes {
        self.0.shrink_to_fit();
        self.0.into()
    }

    fn metadata(&mut self, metadata: Option<&Metadata>) -> &mut Self {
        self.raw(metadata.map_or("null", Metadata::as_str))
    }
}

/// Appends a row without its closing brace, so that the caller can add to it.
pub fn entry_row(out: &mut Rendered, handle: &EntryHandle, entry: &Entry, rank: u64) {
    out.raw("{\"id\":\"").raw(handle.as_str()).raw("\",\"name\":").json(&entry.name).raw(",\"score\":");
    entry.score.push_to(&mut out.0);
    out.raw(",\"metadata\":").metadata(entry.metadata.as_ref()).raw(",\"rank\":").json(&rank);
    out.raw(",\"updated_at\":\"");
    entry.updated_at.push_entry_text(&mut out.0);
    out.raw("\"");
}

/// The first message: always the same, and where it comes from.
pub fn connected(plan: &str, retry_ms: u32, now: Timestamp) -> Bytes {
    let mut out = Rendered::with_capacity(200);
    out.raw("retry: ").json(&retry_ms).raw("\n");
    begin(&mut out, "connected", now);
    out.raw(",\"message\":\"Connected to the leaderboard's stream\",\"user_plan\":").json(&plan).raw("}\n\n");
    out.finish()
}

/// A page, whose list body `page` is `{"success":true,…}`, with what else belongs into it.
pub fn initial(id: EventId, page: &[u8], more: Option<&[u8]>, now: Timestamp) -> Bytes {
    let mut out = Rendered::with_capacity(page.len() + 160);
    out.raw("id: ").raw(&id.to_string()).raw("\n");
    begin(&mut out, "initial", now);
    out.raw(",");
    let inner = page.get(1..page.len().saturating_sub(1)).unwrap_or_default();
    out.0.extend_from_slice(inner);
    out.0.extend_from_slice(more.unwrap_or_default());
    out.raw("}\n\n");
    out.finish()
}

/// One change of one entry.
pub fn update(id: EventId, change: &EntryChange, handles: &HandleMaker) -> Bytes {
    let kind = match (&change.old, &change.new) {
        (None, _) => "INSERT",
        (_, None) => "DELETE",
        _ => "UPDATE",
    };
    let handle = handles.handle(&change.player);
    let mut out = Rendered::with_capacity(640);
    out.raw("id: ").raw(&id.to_string()).raw("\n");
    begin(&mut out, "update", id.at);
    out.raw(",\"payload\":{\"eventType\":\"").raw(kind).raw("\",\"new\":");
    row_or_null(&mut out, &handle, change.new.as_ref());
    out.raw(",\"old\":");
    row_or_null(&mut out, &handle, change.old.as_ref());
    out.raw("}}\n\n");
    out.finish()
}

/// The last message of a stream that the server ends.
pub fn error(message: &str, now: Timestamp) -> Bytes {
    let mut out = Rendered::with_capacity(160);
    begin(&mut out, "error", now);
    out.raw(",\"message\":").json(&message).raw("}\n\n");
    out.finish()
}

fn begin(out: &mut Rendered, kind: &str, at: Timestamp) {
    out.raw("data: {\"type\":\"").raw(kind).raw("\",\"timestamp\":\"").raw(&at.event_text()).raw("\"");
}

fn row_or_null(out: &mut Rendered, handle: &EntryHandle, row: Option<&Row>) {
    match row {
        Some(row) => {
            entry_row(out, handle, &row.entry, row.rank);
            out.raw("}");
        }
        None => {
            out.raw("null");
        }
    }
}
