//! Where one stream stands, and what the next frame means to it.

use bytes::{Bytes, BytesMut};
use tokio::sync::broadcast::error::RecvError;

use super::{boards::Board, feed::Frame, pages::CachedPage, round::Round};
use crate::{
    domain::{
        entry::Row,
        event::{EntryChange, EventId, EventKind},
        ids::PlayerId,
        leaderboard::SortOrder,
        timestamp::Timestamp,
    },
    live::{self, LiveEvent, PING, Rendered, entry_row},
    store::RowRead,
};

/// Why a stream ends with its leaderboard.
pub(super) const DELETED: &str = "The leaderboard was deleted";

/// What a stream's next step is.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    Send(Bytes),
    Nothing,
    /// Read the page anew.
    Rejoin,
    /// Say so, and end.
    End(&'static str),
}

/// Where one stream stands.
pub(super) struct Position {
    /// No page that it is built on was read before this.
    generation: u64,
    /// The last event that the client has.
    at: EventId,
    /// The last event in the page it was sent last.
    page: EventId,
    /// The hash of that page.
    state: u64,
    /// With `player_id`: that player's row.
    own: Option<Own>,
}

/// A followed player's row, kept up by everybody's events.
pub(super) struct Own {
    player: PlayerId,
    /// The last event that is in the row as it was read.
    read: EventId,
    /// In the leaderboard's own order.
    row: Option<Row>,
    /// Entries on the leaderboard.
    total: u64,
    /// Whether the stream's order is not the leaderboard's own.
    mirrored: bool,
    /// Whether the client was told of it as it is.
    told: bool,
}

impl Position {
    /// At a page that was just read, no earlier than at `generation`.
    pub(super) fn at_page(generation: u64, page: &CachedPage, own: Option<Own>) -> Self {
        Self { generation, at: page.id, page: page.id, state: page.state, own }
    }

    /// At an event, of a client whose page is right.
    pub(super) fn at_event(generation: u64, at: EventId) -> Self {
        Self { generation, at, page: at, state: 0, own: None }
    }

    /// The next frame: what it means to this stream.
    pub(super) fn take(&mut self, frame: Result<Frame, RecvError>, board: &Board, now: Timestamp) -> Step {
        match frame {
            Ok(Frame::Events(round)) => self.take_round(&round),
            Ok(Frame::Page { page, needed }) => {
                if page.id.seq < self.at.seq || page.id == self.page {
                    return Step::Nothing;
                }
                // Events that are in the page are late; they will be taken for known.
                let ahead = page.id.seq > self.at.seq;
                let news = match &self.own {
                    None => needed || ahead,
                    Some(_) if ahead => return Step::Rejoin,
                    Some(own) => !own.told || page.state != self.state,
                };
                self.at = page.id;
                if !news {
                    return Step::Nothing;
                }
                Step::Send(self.tell(board, &page, now))
            }
            Ok(Frame::Ping) => Step::Send(PING),
            Ok(Frame::Lost(generation)) if generation <= self.generation => Step::Nothing,
            Ok(Frame::Lost(_)) | Err(RecvError::Lagged(_) | RecvError::Closed) => Step::Rejoin,
        }
    }

    fn take_round(&mut self, round: &Round) -> Step {
        if self.own.is_none()
            && let Some((messages, at)) = round.after(self.at)
        {
            self.at = at;
            return Step::Send(messages);
        }
        let mut messages = BytesMut::new();
        for live in &round.events {
            match self.take_event(live) {
                Step::Send(message) => messages.extend_from_slice(&message),
                Step::Nothing => {}
                // What wasn't sent yet is in the fresh page, or of a leaderboard that is gone.
                step => return step,
            }
        }
        if messages.is_empty() { Step::Nothing } else { Step::Send(messages.freeze()) }
    }

    fn take_event(&mut self, live: &LiveEvent) -> Step {
        let event = &live.event;
        if event.id.seq <= self.at.seq {
            // Known, unless Redis has forgotten what it had told and counts anew.
            return if event.id.at > self.at.at { Step::Rejoin } else { Step::Nothing };
        }
        if event.previous != self.at {
            return Step::Rejoin;
        }
        self.at = event.id;
        match &event.kind {
            EventKind::Entry(change) => match &mut self.own {
                None => Step::Send(live.frame.clone()),
                Some(own) => match own.follow(event.id, change) {
                    true => {
                        // The client has changed its page by it: one that looks as it did before is news again.
                        self.state = 0;
                        Step::Send(live.frame.clone())
                    }
                    false => Step::Nothing,
                },
            },
            // A fresh page comes from the feed at once.
            EventKind::Rebuilt if self.own.is_none() => Step::Nothing,
            EventKind::Rebuilt => Step::Rejoin,
            EventKind::Deleted => Step::End(DELETED),
        }
    }

    /// The page as a message, with the followed player's row; from now on, the client has it.
    pub(super) fn tell(&mut self, board: &Board, page: &CachedPage, now: Timestamp) -> Bytes {
        self.page = page.id;
        self.state = page.state;
        let Some(own) = &mut self.own else { return live::initial(page.id, &page.body, None, now) };
        own.told = true;
        let (body, _) = page.marked(Some(own.player));
        let mut more = Rendered::with_capacity(300);
        more.raw(",\"player\":");
        own.render(board, &mut more);
        live::initial(page.id, &body, Some(&more.finish()), now)
    }
}

impl Own {
    /// A row that was just read, for a stream in this order.
    pub(super) fn new(player: PlayerId, read: RowRead, order: Option<SortOrder>) -> Self {
        let mirrored = order.is_some_and(|order| order != read.order);
        Self { player, read: read.id, row: read.row, total: read.total, mirrored, told: false }
    }

    /// Brings the row past an event; true where it is this player's own.
    fn follow(&mut self, id: EventId, change: &EntryChange) -> bool {
        let is_own = change.player == self.player;
        // What the row was read with, it has already; the client may now have it as it was before.
        if id.seq <= self.read.seq {
            self.told &= !is_own;
            return is_own;
        }
        self.total = change.total;
        if is_own {
            self.row = change.new.clone();
            self.told = true;
            return true;
        }
        let Some(row) = &mut self.row else { return false };
        let before = row.rank;
        if change.old.as_ref().is_some_and(|old| old.rank < row.rank) {
            row.rank -= 1;
        }
        if change.new.as_ref().is_some_and(|new| new.rank <= row.rank) {
            row.rank += 1;
        }
        self.told &= row.rank == before;
        false
    }

    fn render(&self, board: &Board, out: &mut Rendered) {
        let Some(Row { entry, rank }) = &self.row else {
            out.raw("null");
            return;
        };
        let rank = if self.mirrored { (self.total + 1).saturating_sub(*rank) } else { *rank };
        entry_row(out, &board.handles.handle(&entry.player), entry, rank);
        out.raw(",\"is_current_player\":true}");
    }
}

#[cfg(test)]
#[path = "position_tests.rs"]
mod tests;
