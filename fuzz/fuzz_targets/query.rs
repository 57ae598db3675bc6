//! The query of a list or a stream: the page and the player.

#![no_main]

use axum::http::Uri;
use libfuzzer_sys::fuzz_target;
use rankora::{
    domain::page::{MAX_LIMIT, MAX_OFFSET},
    http::parse::QueryParameters,
};
use rankora_fuzz::check_refusal;

fn parse(query: &str) -> Option<QueryParameters> {
    let uri: Uri = format!("/leaderboard/entries?{query}").parse().ok()?;
    Some(QueryParameters::of(&uri))
}

fuzz_target!(|query: &str| {
    let Some(parameters) = parse(query) else { return };
    let _ = parameters.get("key");
    let player = parameters.player().map_err(check_refusal);
    let page = match parameters.page() {
        Ok(page) => page,
        Err(error) => return check_refusal(error),
    };
    assert!((1..=MAX_LIMIT).contains(&page.limit) && page.offset <= MAX_OFFSET, "{page:?}");
    assert_eq!(page.last() - page.offset + 1, u64::from(page.limit));
    let Ok(player) = player else { return };

    let mut canonical = format!("limit={}&offset={}", page.limit, page.offset);
    if let Some(order) = page.order {
        canonical += &format!("&order={}", order.as_str());
    }
    if let Some(player) = player {
        canonical += &format!("&player_id={player}");
    }
    let again = parse(&canonical).expect("a query");
    assert_eq!(again.page().expect("a page"), page);
    assert_eq!(again.player().expect("a player or none"), player);
});
