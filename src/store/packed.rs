//! The binary layouts that the scripts write: an entry, a ranking's member, an event.

use super::{
    entries::{Accepted, SubmitOutcome, Written},
    error::StoreError,
    quota::Used,
};
use crate::domain::{
    entry::{Entry, Row},
    event::{EntryChange, Event, EventId, EventKind},
    ids::PlayerId,
    leaderboard::{Policy, SortOrder},
    metadata::Metadata,
    name::PlayerName,
    score::Score,
    timestamp::Timestamp,
};

/// Sequence numbers are complemented against this in descending order; a Lua number counts no further.
pub const LAST_SEQ: u64 = (1 << 53) - 1;

/// Takes big-endian fields off the front of a byte string.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, n: usize) -> Result<&'a [u8], StoreError> {
        let (head, rest) =
            self.0.split_at_checked(n).ok_or(StoreError::Unexpected("a packed value is too short"))?;
        self.0 = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        self.bytes(N)?.try_into().map_err(|_| StoreError::Unexpected("a packed value is too short"))
    }

    fn u8(&mut self) -> Result<u8, StoreError> {
        Ok(self.array::<1>()?[0])
    }

    fn u32(&mut self) -> Result<u32, StoreError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, StoreError> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    /// A number that a script counted: more than that is none, and must not overflow what is reckoned with it.
    fn count(&mut self) -> Result<u64, StoreError> {
        let count = self.u64()?;
        (count <= LAST_SEQ).then_some(count).ok_or(StoreError::Unexpected("a count is out of range"))
    }

    fn timestamp(&mut self) -> Result<Timestamp, StoreError> {
        let micros =
            i64::try_from(self.u64()?).map_err(|_| StoreError::Unexpected("a time is out of range"))?;
        Ok(Timestamp::from_micros(micros))
    }

    fn score(&mut self) -> Result<Score, StoreError> {
        let score = Score::from_f64(f64::from_be_bytes(self.array()?));
        score.ok_or(StoreError::Unexpected("a stored score"))
    }

    fn accepted(&mut self) -> Result<Accepted, StoreError> {
        let (player, rank, total) = (self.player()?, self.count()?, self.count()?);
        let previous_rank = Some(self.count()?).filter(|rank| *rank > 0);
        let (score, previous) = (self.score()?, self.score()?);
        let previous_score = previous_rank.map(|_| previous);
        Ok(Accepted { player, rank, score, previous_score, previous_rank, total })
    }

    fn player(&mut self) -> Result<PlayerId, StoreError> {
        Ok(PlayerId::from_bytes(self.array()?))
    }

    fn event_id(&mut self) -> Result<EventId, StoreError> {
        Ok(EventId { seq: self.count()?, at: self.timestamp()? })
    }
}

/// An entry as its leaderboard's hash holds it, with the sequence number at which its score was reached.
pub(super) fn unpack_entry(player: PlayerId, packed: &[u8]) -> Result<(u64, Entry), StoreError> {
    let mut reader = Reader(packed);
    let seq = reader.u64()?;
    let score = reader.score()?;
    let created_at = reader.timestamp()?;
    let updated_at = reader.timestamp()?;
    let name_length = reader.u8()?;
    let name = std::str::from_utf8(reader.bytes(usize::from(name_length))?)
        .map_err(|_| StoreError::Unexpected("a stored name"))?;
    let metadata = match reader.0 {
        [] => None,
        text => Some(Metadata::from_stored(text).ok_or(StoreError::Unexpected("stored metadata"))?),
    };
    Ok((
        seq,
        Entry {
            player,
            name: PlayerName::from_stored(name.to_owned()),
            score,
            metadata,
            created_at,
            updated_at,
        },
    ))
}

/// An entry as the scripts store it.
pub(super) fn pack_entry(seq: u64, entry: &Entry) -> Vec<u8> {
    let named = pack_named(&entry.name, entry.metadata.as_ref().map_or("", Metadata::as_str));
    let mut packed = Vec::with_capacity(32 + named.len());
    packed.extend(seq.to_be_bytes());
    packed.extend(entry.score.get().to_be_bytes());
    packed.extend(entry.created_at.micros().to_be_bytes());
    packed.extend(entry.updated_at.micros().to_be_bytes());
    packed.extend(named);
    packed
}

/// The end of a stored entry: the name after its length in a byte, and the metadata's text.
pub(super) fn pack_named(name: &PlayerName, metadata: &str) -> Vec<u8> {
    let name = name.as_str().as_bytes();
    let mut packed = Vec::with_capacity(1 + name.len() + metadata.len());
    // No rule lets a name in that is longer.
    packed.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
    packed.extend(&name[..name.len().min(usize::from(u8::MAX))]);
    packed.extend(metadata.as_bytes());
    packed
}

/// The sequence number and the player in a ranking's member.
pub(super) fn unpack_member(order: SortOrder, member: &[u8]) -> Result<(u64, PlayerId), StoreError> {
    let mut reader = Reader(member);
    let seq = reader.u64()?;
    let seq = match order {
        SortOrder::Desc => LAST_SEQ.saturating_sub(seq),
        SortOrder::Asc => seq,
    };
    Ok((seq, reader.player()?))
}

/// The ranking's member for a player who reached the score at `seq`.
pub(super) fn pack_member(order: SortOrder, seq: u64, player: PlayerId) -> [u8; 24] {
    let seq = match order {
        SortOrder::Desc => LAST_SEQ.saturating_sub(seq),
        SortOrder::Asc => seq,
    };
    let mut member = [0; 24];
    member[..8].copy_from_slice(&seq.to_be_bytes());
    member[8..].copy_from_slice(player.as_bytes());
    member
}

/// What every read and write of a leaderboard begins with; `shared/head.lua` says how it is stored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    /// The last change.
    pub id: EventId,
    /// The order in force.
    pub order: SortOrder,
    /// What an update does.
    pub policy: Policy,
    /// The order that is being built.
    pub pending: Option<SortOrder>,
}

impl Head {
    /// Reads what the scripts store.
    pub(super) fn unpack(packed: &[u8]) -> Result<Self, StoreError> {
        const BAD: StoreError = StoreError::Unexpected("a leaderboard's head");
        let order_of = |code| match code {
            b'd' => Ok(SortOrder::Desc),
            b'a' => Ok(SortOrder::Asc),
            _ => Err(BAD),
        };
        let mut reader = Reader(packed);
        let id = reader.event_id()?;
        let [order, policy, pending] = reader.array()?;
        let policy = match policy {
            b'l' => Policy::Latest,
            b'b' => Policy::Best,
            b's' => Policy::Sum,
            _ => return Err(BAD),
        };
        let pending = (pending != b'-').then(|| order_of(pending)).transpose()?;
        Ok(Self { id, order: order_of(order)?, policy, pending })
    }

    /// As the scripts store it.
    pub(super) fn pack(&self) -> Vec<u8> {
        let mut packed = self.id.seq.to_be_bytes().to_vec();
        packed.extend(self.id.at.micros().to_be_bytes());
        let pending = self.pending.map_or("-", order_code);
        packed.extend([order_code(self.order), policy_code(self.policy), pending].concat().bytes());
        packed
    }
}

/// How a head says an order.
pub(super) fn order_code(order: SortOrder) -> &'static str {
    match order {
        SortOrder::Desc => "d",
        SortOrder::Asc => "a",
    }
}

/// How a head says a policy.
pub(super) fn policy_code(policy: Policy) -> &'static str {
    match policy {
        Policy::Latest => "l",
        Policy::Best => "b",
        Policy::Sum => "s",
    }
}

/// What `submit.lua` returns.
pub(super) fn unpack_submitted(packed: &[u8]) -> Result<Written<SubmitOutcome>, StoreError> {
    let mut reader = Reader(packed);
    let used = Used { requests: reader.count()?, resets: reader.count()? };
    let outcome = match reader.u8()? {
        b'o' => SubmitOutcome::Accepted(reader.accepted()?),
        b'r' => SubmitOutcome::Replayed(reader.accepted()?),
        b'u' => SubmitOutcome::KeyReused,
        b'q' => SubmitOutcome::QuotaExceeded,
        b'f' => SubmitOutcome::Full,
        b'v' => SubmitOutcome::Overflow,
        _ => return Err(StoreError::Unexpected("the status of a submission")),
    };
    Ok(Written { used, outcome })
}

/// An event as `shared/event.lua` publishes it.
///
/// # Errors
/// [`StoreError::Unexpected`] where the bytes are not one.
pub fn unpack_event(packed: &[u8]) -> Result<Event, StoreError> {
    let mut reader = Reader(packed);
    let kind = reader.u8()?;
    let previous = reader.event_id()?;
    let id = reader.event_id()?;
    let player = reader.player()?;
    let (old_rank, new_rank, total) = (reader.count()?, reader.count()?, reader.count()?);
    let old_length = reader.u32()? as usize;
    let old = reader.bytes(old_length)?;
    let row = |packed: &[u8], rank: u64| -> Result<Option<Row>, StoreError> {
        if packed.is_empty() {
            return Ok(None);
        }
        Ok(Some(Row { entry: unpack_entry(player, packed)?.1, rank }))
    };
    let kind = match kind {
        1..=3 => {
            let (old, new) = (row(old, old_rank)?, row(reader.0, new_rank)?);
            if old.is_none() && new.is_none() {
                return Err(StoreError::Unexpected("an event of no entry"));
            }
            EventKind::Entry(EntryChange { player, old, new, total })
        }
        4 | 5 => EventKind::Rebuilt,
        6 => EventKind::Deleted,
        _ => return Err(StoreError::Unexpected("an event of an unknown kind")),
    };
    Ok(Event { id, previous, kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Vec<u8> {
        let mut packed = 3_u64.to_be_bytes().to_vec();
        packed.extend(9500_f64.to_be_bytes());
        packed.extend([0; 16]);
        packed.extend(b"\x03Ada{\"level\":12}");
        packed
    }

    /// An event with these sequence numbers, ranks and total.
    fn event(
        kind: u8,
        [previous, seq, old_rank, new_rank, total]: [u64; 5],
        old: &[u8],
        new: &[u8],
    ) -> Vec<u8> {
        let mut packed = vec![kind];
        for number in [previous, 0, seq, 0] {
            packed.extend(number.to_be_bytes());
        }
        packed.extend([7; 16]);
        for number in [old_rank, new_rank, total] {
            packed.extend(number.to_be_bytes());
        }
        packed.extend(u32::try_from(old.len()).expect("a short entry").to_be_bytes());
        [&packed, old, new].concat()
    }

    #[test]
    fn an_entry_is_packed_as_it_was() {
        let player = PlayerId::from_bytes([7; 16]);
        let (seq, unpacked) = unpack_entry(player, &entry()).expect("an entry");
        assert_eq!(pack_entry(seq, &unpacked), entry());
        let last = Timestamp::from_micros(i64::MAX);
        let full = Entry {
            name: PlayerName::from_stored("\u{10ffff}".repeat(50)),
            score: Score::from_f64(-0.1).expect("a score"),
            metadata: None,
            created_at: last,
            updated_at: last,
            ..unpacked
        };
        let packed = pack_entry(LAST_SEQ, &full);
        assert_eq!(unpack_entry(player, &packed).expect("an entry"), (LAST_SEQ, full));
    }

    #[test]
    fn an_event_is_read_with_its_rows() {
        let packed = event(2, [3, 4, 1, 2, 5], &entry(), &entry());
        let Event { id, previous, kind: EventKind::Entry(change) } = unpack_event(&packed).expect("an event")
        else {
            panic!("not of an entry");
        };
        assert_eq!((previous.seq, id.seq, change.total), (3, 4, 5));
        let (old, new) = (change.old.expect("a row"), change.new.expect("a row"));
        assert_eq!((old.rank, new.rank), (1, 2));
        assert_eq!(old.entry, new.entry);
        assert_eq!((new.entry.name.as_str(), new.entry.score.get()), ("Ada", 9500.0));
    }

    // Found by fuzzing: what is one more than the total overflowed.
    #[test]
    fn counts_that_no_script_can_reach_are_refused() {
        for place in 0..5 {
            let mut counts = [3, 4, 1, 2, 5];
            counts[place] = u64::MAX;
            assert!(unpack_event(&event(2, counts, &entry(), &entry())).is_err(), "{counts:?}");
            counts[place] = LAST_SEQ;
            assert!(unpack_event(&event(2, counts, &entry(), &entry())).is_ok(), "{counts:?}");
        }
    }

    #[test]
    fn an_event_of_an_entry_has_a_row() {
        for kind in 1..=3 {
            assert!(unpack_event(&event(kind, [3, 4, 0, 0, 5], b"", b"")).is_err());
        }
        assert!(unpack_event(&event(4, [3, 4, 0, 0, 0], b"", b"")).is_ok());
    }

    #[test]
    fn an_event_that_was_cut_is_refused() {
        let packed = event(3, [3, 4, 1, 0, 5], &entry(), b"");
        assert!(unpack_event(&packed).is_ok());
        for length in 0..packed.len() {
            assert!(unpack_event(&packed[..length]).is_err(), "{length}");
        }
    }
}
