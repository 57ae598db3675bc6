//! `Last-Event-ID`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rankora::domain::event::EventId;

fuzz_target!(|text: &str| {
    if let Some(id) = EventId::parse(text) {
        assert_eq!(EventId::parse(&id.to_string()), Some(id));
    }
});
