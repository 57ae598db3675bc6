use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::domain::{entry::Entry, event::Event, name::PlayerName, score::Score};

fn id(seq: usize) -> EventId {
    EventId { seq: seq as u64, at: Timestamp::from_micros(0) }
}

fn row(player: PlayerId, index: usize) -> Row {
    let at = Timestamp::from_micros(0);
    let name = PlayerName::from_stored("Player".to_owned());
    let score = Score::from_f64(0.0).expect("finite");
    let entry = Entry { player, name, score, metadata: None, created_at: at, updated_at: at };
    Row { entry, rank: index as u64 + 1 }
}

/// The followed player's row as a read would find it.
fn read(board: &[PlayerId], player: PlayerId, seq: usize) -> RowRead {
    let index = board.iter().position(|other| *other == player);
    let row = index.map(|index| row(player, index));
    RowRead { order: SortOrder::Desc, id: id(seq), total: board.len() as u64, row }
}

/// Moves a player to a place, or out where there is none; positions are taken modulo what is possible.
fn carry_out(board: &mut Vec<PlayerId>, player: PlayerId, to: Option<usize>) -> Option<EntryChange> {
    let old = board.iter().position(|other| *other == player);
    if let Some(index) = old {
        board.remove(index);
    }
    let new = to.map(|to| to % (board.len() + 1));
    if let Some(index) = new {
        board.insert(index, player);
    }
    let row = |index| row(player, index);
    (old.is_some() || new.is_some()).then(|| EntryChange {
        player,
        old: old.map(row),
        new: new.map(row),
        total: board.len() as u64,
    })
}

/// Event `seq`, which leaves a hole before it where it doesn't follow.
fn event(seq: usize, follows: bool, is_plain: bool) -> Arc<LiveEvent> {
    let player = PlayerId::new_v4();
    let change = EntryChange { player, old: None, new: Some(row(player, 0)), total: 1 };
    let kind = if is_plain { EventKind::Entry(change) } else { EventKind::Rebuilt };
    let previous = id(if follows { seq - 1 } else { seq + 1000 });
    let frame = if is_plain { Bytes::from(format!("{seq} ")) } else { Bytes::new() };
    Arc::new(LiveEvent { event: Event { id: id(seq), previous, kind }, frame })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// A stream is sent the same, and stands at the same place, however events were put into rounds.
    #[test]
    fn a_round_is_what_its_events_are_one_after_the_other(
        kinds in prop::collection::vec((prop::bool::weighted(0.95), prop::bool::weighted(0.9)), 1..20),
        ends in prop::collection::vec(any::<bool>(), 20),
        at in 0..6_usize,
    ) {
        let events: Vec<_> =
            (1..).zip(kinds).map(|(seq, (follows, is_plain))| event(seq, follows, is_plain)).collect();
        let begin = || Position::at_event(0, id(at));
        let take = |position: &mut Position, events: &[Arc<LiveEvent>], sent: &mut Vec<u8>| {
            match position.take_round(&Round::of(events.to_vec())) {
                Step::Send(messages) => sent.extend(messages),
                Step::Nothing => {}
                Step::Rejoin | Step::End(_) => return false,
            }
            true
        };
        let (mut single, mut told) = (begin(), Vec::new());
        let whole = events.iter().all(|live| take(&mut single, std::slice::from_ref(live), &mut told));
        let (mut joint, mut sent, mut rounds) = (begin(), Vec::new(), vec![Vec::new()]);
        for (live, ends) in events.iter().zip(ends) {
            rounds.last_mut().expect("a round").push(live.clone());
            if ends {
                rounds.push(Vec::new());
            }
        }
        rounds.retain(|round| !round.is_empty());
        let joined = rounds.iter().all(|round| take(&mut joint, round, &mut sent));
        prop_assert_eq!(joined, whole);
        if whole {
            prop_assert_eq!((sent, joint.at), (told, single.at));
        } else {
            // A fresh page makes up for what was not sent.
            prop_assert!(told.starts_with(&sent));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// The client hears of the row as it was read and then of the player's own changes, which may be older than
    /// that; where it isn't told anew, it must be right.
    #[test]
    fn a_followed_row_is_right_after_everybodys_changes(
        size in 1..12_usize,
        changes in prop::collection::vec((0..12_usize, prop::option::weighted(0.8, 0..20_usize)), 1..20),
        read_after in 0..20_usize,
    ) {
        let players: Vec<_> = std::iter::repeat_with(PlayerId::new_v4).take(12).collect();
        let followed = players[0];
        let mut board: Vec<_> = players[..size].to_vec();
        let mut events = Vec::new();
        let mut rows = vec![read(&board, followed, 0)];
        for (player, to) in changes {
            events.extend(carry_out(&mut board, players[player], to));
            rows.truncate(events.len());
            rows.push(read(&board, followed, events.len()));
        }

        let found = rows[read_after.min(events.len())].clone();
        let mut told = found.row.clone();
        let mut own = Own::new(followed, found, None);
        own.told = true;
        for (seq, change) in (1..).zip(&events) {
            if own.follow(id(seq), change) {
                told = change.new.clone();
            }
        }
        let truth = read(&board, followed, events.len());
        prop_assert_eq!(&own.row, &truth.row);
        prop_assert_eq!(own.total, truth.total);
        prop_assert!(!own.told || told == truth.row, "{:?} was told, {:?} is true", told, truth.row);
    }
}
