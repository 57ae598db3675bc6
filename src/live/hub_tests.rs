use super::*;
use crate::domain::{ids::HandleSecret, timestamp::Timestamp};

const SECOND: i64 = 1_000_000;

fn id(seq: u64, seconds: i64) -> EventId {
    EventId { seq, at: Timestamp::from_micros(seconds * SECOND) }
}

/// An event and its predecessor, each by number and second.
fn event(previous: (u64, i64), now: (u64, i64)) -> Event {
    Event { id: id(now.0, now.1), previous: id(previous.0, previous.1), kind: EventKind::Rebuilt }
}

fn channel() -> Arc<Channel> {
    let (hub, _) = Hub::new();
    let address = Address { account: AccountId::new_v4(), leaderboard: LeaderboardId::new_v4() };
    hub.listen(address, &HandleMaker::new(&HandleSecret::generate()), &Arc::default())
}

/// The numbers of the events that came, and 0 for each gap.
fn heard(signals: &mut broadcast::Receiver<Signal>) -> Vec<u64> {
    let signals = std::iter::from_fn(|| signals.try_recv().ok());
    let number = |signal| match signal {
        Signal::Event(live) => live.event.id.seq,
        Signal::Gap(_) => 0,
    };
    signals.map(number).collect()
}

#[test]
fn events_come_once_and_in_their_order() {
    let channel = channel();
    let mut signals = channel.signals();
    for (previous, now) in [(4, 5), (5, 6), (4, 5), (5, 6), (6, 7)] {
        channel.publish(event((previous, 1), (now, 1)));
    }
    assert_eq!(heard(&mut signals), [5, 6, 7]);
}

#[test]
fn a_missing_predecessor_is_a_gap_before_the_event() {
    let channel = channel();
    let mut signals = channel.signals();
    channel.publish(event((4, 1), (5, 2)));
    channel.publish(event((6, 3), (7, 4)));
    // The same number in another history, which Redis began when it forgot the first one.
    channel.publish(event((4, 1), (5, 9)));
    assert_eq!(heard(&mut signals), [5, 0, 7, 0, 5]);
}

#[test]
fn a_gap_voids_what_was_read_before_it_and_nothing_that_is_read_after_it() {
    let channel = channel();
    let mut signals = channel.signals();
    let before = channel.generation();
    channel.publish(event((4, 1), (5, 2)));
    channel.miss();
    let after = channel.generation();
    let gap = std::iter::from_fn(|| signals.try_recv().ok()).find_map(|signal| match signal {
        Signal::Gap(generation) => Some(generation),
        Signal::Event(_) => None,
    });
    assert!(gap.is_some_and(|gap| before < gap && gap <= after), "{before} {gap:?} {after}");
}

#[test]
fn an_interruption_is_a_gap_and_the_first_subscription_is_none() {
    let channel = channel();
    let mut signals = channel.signals();
    let generation = channel.generation();
    channel.set_relayed(1);
    assert!(channel.is_relayed());
    assert!(heard(&mut signals).is_empty());
    // Pages that were kept before may lack what was written elsewhere.
    assert!(channel.generation() > generation);
    channel.set_interrupted(1);
    channel.set_interrupted(1);
    assert!(!channel.is_relayed());
    channel.set_relayed(1);
    channel.set_relayed(1);
    assert_eq!(heard(&mut signals), [0]);
}

#[test]
fn a_move_from_one_ear_to_another_is_a_gap_in_whatever_order_it_shows() {
    let channel = channel();
    channel.set_relayed(1);
    let mut signals = channel.signals();
    // The new one has subscribed before the old one has lost it.
    channel.set_relayed(2);
    assert_eq!(heard(&mut signals), [0]);
    channel.set_interrupted(1);
    assert!(channel.is_relayed());
    // And the other way round.
    channel.set_interrupted(2);
    assert!(!channel.is_relayed());
    channel.set_relayed(3);
    assert_eq!(heard(&mut signals), [0]);
}

fn entry(previous: (u64, i64), now: (u64, i64)) -> Event {
    use crate::domain::{event::EntryChange, ids::PlayerId};
    let change = EntryChange { player: PlayerId::new_v4(), old: None, new: None, total: 0 };
    Event { kind: EventKind::Entry(change), ..event(previous, now) }
}

fn numbers(events: &[Arc<LiveEvent>]) -> Vec<u64> {
    events.iter().map(|live| live.event.id.seq).collect()
}

#[test]
fn what_was_missed_and_what_came_just_before_is_known() {
    let channel = channel();
    for (previous, now) in
        [((4, 0), (5, 100)), ((5, 100), (6, 109)), ((6, 109), (7, 111)), ((7, 111), (8, 130))]
    {
        channel.publish(entry(previous, now));
    }
    let resumed = |id| {
        let resume = channel.resume(id)?;
        Some((numbers(&resume.missed), numbers(&resume.before)))
    };
    assert_eq!(resumed(id(5, 100)), Some((vec![6, 7, 8], vec![5])));
    assert_eq!(resumed(id(7, 111)), Some((vec![8], vec![6, 7])));
    assert_eq!(resumed(id(8, 130)), Some((vec![], vec![8])));
    // What came before the first one isn't known.
    assert!(resumed(id(4, 0)).is_none());
    assert!(resumed(id(8, 131)).is_none());
    assert!(resumed(id(3, 0)).is_none());
}

#[test]
fn nothing_is_resumed_across_a_gap() {
    let channel = channel();
    channel.set_relayed(1);
    channel.publish(entry((4, 0), (5, 100)));
    channel.publish(entry((6, 101), (7, 102)));
    assert!(channel.resume(id(5, 100)).is_none());
    channel.publish(entry((7, 102), (8, 130)));
    channel.miss();
    assert!(channel.resume(id(8, 130)).is_none());
    channel.publish(entry((8, 130), (9, 150)));
    channel.set_interrupted(1);
    assert!(channel.resume(id(9, 150)).is_none());
}

#[test]
fn only_so_many_events_are_kept() {
    let channel = channel();
    let second = |seq: u64| i64::try_from(seq).expect("small") * 100;
    for seq in 1..=RING as u64 + 2 {
        channel.publish(entry((seq - 1, second(seq - 1)), (seq, second(seq))));
    }
    assert!(channel.resume(id(2, second(2))).is_none());
    let resume = channel.resume(id(3, second(3))).expect("the oldest one");
    assert_eq!(resume.missed.len(), RING - 1);
}

#[test]
fn an_audit_finds_what_was_lost() {
    let channel = channel();
    assert!(!channel.has_lost(id(9, 9), channel.reached()), "nobody has read anything");
    channel.note_read(id(5, 5));
    channel.note_read(id(7, 7));
    let before = channel.reached();
    assert_eq!(before, Some(id(5, 5)), "somebody still waits for what followed");
    assert!(channel.has_lost(id(7, 7), before));
    assert!(!channel.has_lost(id(5, 5), before));
    // Redis has forgotten what was read, or has another history.
    assert!(channel.has_lost(id(4, 4), before));
    assert!(channel.has_lost(id(5, 6), before));
    channel.publish(entry((5, 5), (6, 6)));
    assert!(!channel.has_lost(id(6, 6), before), "it arrived meanwhile");
    assert!(!channel.has_lost(id(5, 5), before), "it was written meanwhile");
}

#[test]
fn a_leaderboard_that_nobody_listens_to_is_given_up() {
    let (hub, mut wanted) = Hub::new();
    let address = Address { account: AccountId::new_v4(), leaderboard: LeaderboardId::new_v4() };
    let handles = HandleMaker::new(&HandleSecret::generate());
    let first = hub.listen(address, &handles, &Arc::default());
    let second = hub.listen(address, &handles, &Arc::default());
    assert!(Arc::ptr_eq(&first, &second));
    assert!(wanted.try_recv().is_ok_and(|wanted| wanted.upgrade().is_some()));
    assert!(wanted.try_recv().is_err(), "it is wanted once");
    drop(first);
    assert!(hub.take_deserted().is_empty());
    drop(second);
    assert_eq!(hub.take_deserted().len(), 1);
    assert!(hub.channels().is_empty());
}
