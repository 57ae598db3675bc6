//! What Redis tells a replica: events of a leaderboard and control messages, and what a replica does with them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rankora::{
    domain::{
        event::{Event, EventKind},
        ids::{HandleMaker, HandleSecret},
        leaderboard::SortOrder,
        page::{MAX_OFFSET, Page},
    },
    live,
    store::{control::ControlMessage, unpack_event},
};
use rankora_fuzz::check_score;

fuzz_target!(|bytes: &[u8]| {
    let _ = ControlMessage::parse(bytes);
    let Ok(Event { id, kind: EventKind::Entry(change), .. }) = unpack_event(bytes) else { return };
    assert!(change.old.is_some() || change.new.is_some());
    for row in change.old.iter().chain(&change.new) {
        check_score(row.entry.score);
    }
    let handles = HandleMaker::new(&HandleSecret::from_bytes([0; 32]));
    let frame = live::update(id, &change, &handles);
    assert!(frame.starts_with(b"id: ") && frame.ends_with(b"\n\n"));
    for own in [SortOrder::Desc, SortOrder::Asc] {
        for order in [None, Some(SortOrder::Asc)] {
            for offset in [0, 7, MAX_OFFSET] {
                let _ = Page { limit: 5, offset, order }.must_reload(own, &change);
            }
        }
    }
});
