//! What the service itself does for a request, apart from its libraries, Redis and the network: parsing, checking a
//! key, and writing pages and messages.
//!
//! `cargo bench --bench parts -- [NAME]`. Times are of one call; `DIVAN_TIMER=tsc` where there is such a counter.

use bytes::Bytes;
use divan::{Bencher, black_box};

use rankora::{
    domain::{
        api_key::{ApiKey, KeyKind},
        entry::{Entry, Row},
        event::{EntryChange, EventId},
        ids::{HandleMaker, HandleSecret, PlayerId},
        metadata::Metadata,
        name::PlayerName,
        page::Page,
        score::Score,
        timestamp::Timestamp,
    },
    live::{Rendered, entry_row, initial, update},
};

const METADATA: &str = r#"{"level":12,"country":"DE"}"#;
const NOW: Timestamp = Timestamp::from_micros(1_753_125_767_782_875);

fn main() {
    divan::main();
}

fn row(rank: u64) -> Row {
    let entry = Entry {
        player: PlayerId::new_v4(),
        name: PlayerName::parse("Player 12").expect("a name"),
        score: Score::from_f64(rank as f64 * 17.25).expect("a score"),
        metadata: Metadata::parse_json(METADATA).expect("metadata"),
        created_at: NOW,
        updated_at: NOW,
    };
    Row { entry, rank }
}

fn page(rows: &[Row], handles: &HandleMaker) -> Bytes {
    let mut out = Rendered::with_capacity(rows.len() * 240);
    out.raw("{\"success\":true,\"entries\":[");
    for row in rows {
        entry_row(&mut out, &handles.handle(&row.entry.player), &row.entry, row.rank);
        out.raw("},");
    }
    out.finish()
}

#[divan::bench(args = ["Ada", "Großmeisterin Ünal", "プレイヤー"])]
fn name(text: &str) -> PlayerName {
    PlayerName::parse(black_box(text)).expect("a name")
}

#[divan::bench]
fn metadata() -> Option<Metadata> {
    Metadata::parse_json(black_box(METADATA)).expect("metadata")
}

#[divan::bench(args = ["9500", "1234.5678", "-1.7976931348623157e308"])]
fn score(text: &str) -> Score {
    Score::parse_json(black_box(text)).expect("a score")
}

#[divan::bench]
fn player_id() -> PlayerId {
    PlayerId::parse(black_box("6f67fdd2-a447-498e-92b7-3d22c6dd2893")).expect("an id")
}

#[divan::bench]
fn query() -> Page {
    Page::parse(black_box(Some("50")), black_box(Some("100")), black_box(Some("asc"))).expect("a page")
}

#[divan::bench]
fn key(bencher: Bencher) {
    let key = ApiKey::generate(KeyKind::Secret);
    bencher.bench(|| ApiKey::parse(black_box(key.expose())).expect("a key").hash());
}

#[divan::bench(args = [10, 50, 100])]
fn rows_of_a_page(bencher: Bencher, rows: u64) {
    let rows: Vec<_> = (1..=rows).map(row).collect();
    let handles = HandleMaker::new(&HandleSecret::generate());
    bencher.bench(|| page(black_box(&rows), &handles));
}

#[divan::bench]
fn initial_message_of_50_rows(bencher: Bencher) {
    let rows: Vec<_> = (1..=50).map(row).collect();
    let page = page(&rows, &HandleMaker::new(&HandleSecret::generate()));
    bencher.bench(|| initial(EventId { seq: 7, at: NOW }, black_box(&page), None, NOW));
}

#[divan::bench]
fn update_message(bencher: Bencher) {
    let (old, new) = (row(9), row(3));
    let change = EntryChange { player: new.entry.player, old: Some(old), new: Some(new), total: 100 };
    let handles = HandleMaker::new(&HandleSecret::generate());
    bencher.bench(|| update(EventId { seq: 7, at: NOW }, black_box(&change), &handles));
}
