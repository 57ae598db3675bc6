//! Walking through a ranking from the first rank to the last, while it changes.

use super::{
    Store,
    error::StoreError,
    keys::BoardKeys,
    packed::{self, Head},
    reply::Parts,
    script,
};
use crate::domain::entry::Row;

/// Rows read at once: less than a millisecond of Redis.
const ROWS: usize = 200;

/// Where a walk through a ranking has come to.
#[derive(Debug, Default)]
pub struct Walk {
    seen: Vec<Vec<u8>>,
    /// Whoever comes behind the last one from now on is not waited for: that might never end.
    at_end: bool,
}

/// What a walk comes to next.
#[derive(Debug)]
pub enum Step {
    /// These rows, as they stood at one moment; none at the end.
    Rows(Vec<Row>),
    /// There is no way on: all the rows before have moved, because the leaderboard was reset or has another order.
    Lost,
    /// There is no such leaderboard.
    Missing,
}

impl Store {
    /// The next rows of a ranking in its own order. However it changes meanwhile, an entry whose score stays comes
    /// once; one whose score changes may come twice or not at all.
    pub async fn walk_ranking(&self, keys: &BoardKeys, walk: &mut Walk) -> Result<Step, StoreError> {
        if walk.at_end {
            return Ok(Step::Rows(Vec::new()));
        }
        let names = [&*keys.board, &keys.ranking, &keys.entries];
        let mut call = script::WALK_RANKING.by_hash(&names, 1 + walk.seen.len());
        call.arg(ROWS);
        for member in walk.seen.iter().rev() {
            call.arg(member.as_slice());
        }
        let mut reply = Parts::of(self.connections.script(&script::WALK_RANKING, &call).await?)?;
        if reply.remaining() == 0 {
            return Ok(Step::Missing);
        }
        let order = Head::unpack(&reply.bytes()?.unwrap_or_default())?.order;
        if reply.remaining() < 3 {
            return Ok(Step::Lost);
        }
        let before = reply.number()?;
        let (mut members, mut values) = (Parts::of(reply.next()?)?, Parts::of(reply.next()?)?);
        let mut rows = Vec::with_capacity(members.remaining());
        let mut seen = Vec::with_capacity(members.remaining());
        while members.remaining() > 0 {
            let member = members.bytes()?.unwrap_or_default();
            let (_, player) = packed::unpack_member(order, &member)?;
            let (_, entry) = packed::unpack_entry(player, &values.bytes()?.unwrap_or_default())?;
            rows.push(Row { entry, rank: before + rows.len() as u64 + 1 });
            seen.push(member);
        }
        // In another order no member is the same: then there is no way on from these.
        *walk = Walk { at_end: rows.len() < ROWS, seen };
        Ok(Step::Rows(rows))
    }
}
