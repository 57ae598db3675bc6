use proptest::prelude::*;

use super::*;
use crate::domain::{
    entry::{Entry, Row},
    ids::PlayerId,
    name::PlayerName,
    score::Score,
    timestamp::Timestamp,
};

#[test]
fn defaults_are_the_first_five_rows_in_the_own_order() {
    assert_eq!(Page::parse(None, None, None), Ok(Page { limit: 5, offset: 0, order: None }));
}

#[test]
fn what_is_out_of_range_or_no_number_is_refused_and_named() {
    for limit in ["0", "51", "-1", "+5", "5.0", "five", "", " 5", "99999999999999999999"] {
        assert_eq!(Page::parse(Some(limit), None, None), Err(PageError::Limit), "{limit:?}");
    }
    for offset in ["-1", "1e3", "", "9007199254740992", "99999999999999999999"] {
        assert_eq!(Page::parse(None, Some(offset), None), Err(PageError::Offset), "{offset:?}");
    }
    for order in ["", "ASC", "up"] {
        assert_eq!(Page::parse(None, None, Some(order)), Err(PageError::Order), "{order:?}");
    }
}

#[test]
fn the_ends_of_the_ranges_are_accepted() {
    let page = Page::parse(Some("50"), Some("9007199254740991"), Some("asc")).expect("in range");
    assert_eq!(page, Page { limit: 50, offset: MAX_OFFSET, order: Some(SortOrder::Asc) });
}

/// What happens to a leaderboard; positions are taken modulo what is possible.
#[derive(Clone, Copy, Debug)]
enum Happens {
    Insert(usize),
    Delete(usize),
    Move(usize, usize),
}

fn happenings() -> impl Strategy<Value = Happens> {
    let position = || 0..1000_usize;
    prop_oneof![
        position().prop_map(Happens::Insert),
        position().prop_map(Happens::Delete),
        (position(), position()).prop_map(|(from, to)| Happens::Move(from, to)),
    ]
}

fn pages() -> impl Strategy<Value = Page> {
    let order = prop_oneof![Just(None), Just(Some(SortOrder::Asc)), Just(Some(SortOrder::Desc))];
    (1..=8_u32, 0..20_u64, order).prop_map(|(limit, offset, order)| Page { limit, offset, order })
}

fn row(player: PlayerId, index: usize) -> Row {
    let at = Timestamp::from_micros(0);
    let name = PlayerName::from_stored("Player".to_owned());
    let score = Score::from_f64(0.0).expect("finite");
    let entry = Entry { player, name, score, metadata: None, created_at: at, updated_at: at };
    Row { entry, rank: index as u64 + 1 }
}

/// Carries it out on a leaderboard, best first, and says what a listener is told.
fn carry_out(board: &mut Vec<PlayerId>, happens: Happens) -> Option<EntryChange> {
    let (player, old, new) = match happens {
        Happens::Insert(to) => (PlayerId::new_v4(), None, Some(to % (board.len() + 1))),
        _ if board.is_empty() => return None,
        Happens::Delete(from) => {
            let from = from % board.len();
            (board.remove(from), Some(from), None)
        }
        Happens::Move(from, to) => {
            let (from, to) = (from % board.len(), to % board.len());
            (board.remove(from), Some(from), Some(to))
        }
    };
    if let Some(to) = new {
        board.insert(to, player);
    }
    let row = |index| row(player, index);
    Some(EntryChange { player, old: old.map(row), new: new.map(row), total: board.len() as u64 })
}

/// The page as the leaderboard shows it.
fn shown(board: &[PlayerId], page: &Page, mirrored: bool) -> Vec<PlayerId> {
    let (skip, take) = (usize::try_from(page.offset).expect("small"), page.limit as usize);
    match mirrored {
        true => board.iter().rev().skip(skip).take(take).copied().collect(),
        false => board.iter().skip(skip).take(take).copied().collect(),
    }
}

/// What a client makes of a change that knows its page and the change, and nothing else.
fn fold(known: &mut Vec<PlayerId>, page: &Page, mirrored: bool, change: &EntryChange) {
    known.retain(|player| *player != change.player);
    let Some(new) = &change.new else { return };
    let place = if mirrored { change.total + 1 - new.rank } else { new.rank };
    if place > page.offset && place <= page.offset + u64::from(page.limit) {
        let index = usize::try_from(place - page.offset - 1).expect("small");
        known.insert(index.min(known.len()), change.player);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// A page is read anew exactly where a client can't bring it up to date itself.
    #[test]
    fn a_page_is_reloaded_exactly_where_a_fold_would_go_wrong(
        page in pages(),
        own in prop_oneof![Just(SortOrder::Asc), Just(SortOrder::Desc)],
        size in 0..30_usize,
        happenings in prop::collection::vec(happenings(), 1..40),
    ) {
        let mirrored = page.order.is_some_and(|order| order != own);
        let mut board: Vec<_> = std::iter::repeat_with(PlayerId::new_v4).take(size).collect();
        let mut known = shown(&board, &page, mirrored);
        for happens in happenings {
            let Some(change) = carry_out(&mut board, happens) else { continue };
            fold(&mut known, &page, mirrored, &change);
            let truth = shown(&board, &page, mirrored);
            prop_assert_eq!(page.must_reload(Some(own), &change), known != truth, "{:?} {:?}", page, change);
            known = truth;
        }
    }
}

#[test]
fn a_page_at_the_largest_offset_can_be_judged() {
    let page = Page { limit: MAX_LIMIT, offset: MAX_OFFSET, order: Some(SortOrder::Asc) };
    let change = carry_out(&mut vec![], Happens::Insert(0)).expect("an insertion");
    assert!(!page.must_reload(Some(SortOrder::Desc), &change));
    assert!(!page.must_reload(Some(SortOrder::Asc), &change));
}

#[test]
fn where_the_own_order_is_not_known_only_a_page_in_that_order_can_be_judged() {
    let page = Page { limit: 5, offset: 0, order: None };
    let change = carry_out(&mut vec![], Happens::Insert(0)).expect("an insertion");
    assert!(!page.must_reload(None, &change));
    assert!(Page { order: Some(SortOrder::Asc), ..page }.must_reload(None, &change));
}
