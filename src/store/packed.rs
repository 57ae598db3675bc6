//! The binary layouts that the scripts write: an entry, a ranking's member, an event.

use super::error::StoreError;
use crate::domain::{
    entry::{Entry, Row},
    event::{EntryChange, Event, EventId, EventKind},
    ids::PlayerId,
    leaderboard::SortOrder,
    metadata::Metadata,
    name::PlayerName,
    score::Score,
    timestamp::Timestamp,
};

/// Sequence numbers are complemented against this in descending order; a Lua number counts no further.
const LAST_SEQ: u64 = (1 << 53) - 1;

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

    fn timestamp(&mut self) -> Result<Timestamp, StoreError> {
        let micros =
            i64::try_from(self.u64()?).map_err(|_| StoreError::Unexpected("a time is out of range"))?;
        Ok(Timestamp::from_micros(micros))
    }

    fn player(&mut self) -> Result<PlayerId, StoreError> {
        Ok(PlayerId::from_bytes(self.array()?))
    }

    fn event_id(&mut self) -> Result<EventId, StoreError> {
        Ok(EventId { seq: self.u64()?, at: self.timestamp()? })
    }
}

/// An entry as its leaderboard's hash holds it, with the sequence number at which its score was reached.
pub(super) fn unpack_entry(player: PlayerId, packed: &[u8]) -> Result<(u64, Entry), StoreError> {
    let mut reader = Reader(packed);
    let seq = reader.u64()?;
    let score = Score::from_f64(f64::from_be_bytes(reader.array()?))
        .ok_or(StoreError::Unexpected("a stored score"))?;
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
    let (old_rank, new_rank, total) = (reader.u64()?, reader.u64()?, reader.u64()?);
    let old_length = reader.u32()? as usize;
    let old = reader.bytes(old_length)?;
    let row = |packed: &[u8], rank: u64| -> Result<Option<Row>, StoreError> {
        if packed.is_empty() {
            return Ok(None);
        }
        Ok(Some(Row { entry: unpack_entry(player, packed)?.1, rank }))
    };
    let kind = match kind {
        1..=3 => EventKind::Entry(EntryChange {
            player,
            old: row(old, old_rank)?,
            new: row(reader.0, new_rank)?,
            total,
        }),
        4 | 5 => EventKind::Rebuilt,
        6 => EventKind::Deleted,
        _ => return Err(StoreError::Unexpected("an event of an unknown kind")),
    };
    Ok(Event { id, previous, kind })
}
