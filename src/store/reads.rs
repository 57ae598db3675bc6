//! Reading: plain pipelined commands in at most two round trips. What was read in the first is checked in the
//! second; where writes keep overtaking, one atomic script reads it all.

use redis::{Pipeline, Value, pipe};

use super::{
    Store,
    error::StoreError,
    keys::BoardKeys,
    packed::{self, Head},
    quota::{Take, Taken},
    reply::Parts,
    script,
};
use crate::domain::{
    entry::Row, event::EventId, ids::PlayerId, leaderboard::SortOrder, page::Page, score::Score,
};

/// Plain reads before the script is asked.
const PLAIN_ATTEMPTS: usize = 2;

/// A read and the charge that went with it.
#[derive(Debug)]
pub struct Read<T> {
    /// What a [`Take`] in the same round trip was granted; nothing was read where that is 0.
    pub taken: Option<Taken>,
    /// What was read; `None` where it doesn't exist.
    pub value: Option<T>,
}

/// A page as it stood at one moment.
#[derive(Clone, Debug)]
pub struct PageRead {
    /// The leaderboard's own order.
    pub order: SortOrder,
    /// The last change that is in it.
    pub id: EventId,
    /// Entries on the leaderboard.
    pub total: u64,
    /// The rows, with their ranks in the order asked for.
    pub rows: Vec<Row>,
}

/// One player's row, with its rank in the leaderboard's own order.
#[derive(Clone, Debug)]
pub struct RowRead {
    /// The leaderboard's own order.
    pub order: SortOrder,
    /// The last change that is in it.
    pub id: EventId,
    /// Entries on the leaderboard.
    pub total: u64,
    /// The row; `None` where the player has no entry.
    pub row: Option<Row>,
}

impl Store {
    /// Reads a page, charging `take` in the same first round trip.
    ///
    /// `expected` is the leaderboard's own order as last known; a wrong one costs another round trip.
    pub async fn read_page(
        &self,
        keys: &BoardKeys,
        page: &Page,
        expected: SortOrder,
        take: Option<Take>,
    ) -> Result<Read<PageRead>, StoreError> {
        let mut read = Read { taken: None, value: None };
        let mut take = take;
        let mut expected = expected;
        for _ in 0..PLAIN_ATTEMPTS {
            let asked = page.order.unwrap_or(expected);
            let mut pipeline = pipe();
            pipeline.cmd("MULTI");
            pipeline.cmd("HGET").arg(&keys.board).arg("head");
            pipeline.cmd("ZCARD").arg(&keys.ranking);
            let range = if asked == SortOrder::Desc { "ZREVRANGE" } else { "ZRANGE" };
            pipeline.cmd(range).arg(&keys.ranking).arg(page.offset).arg(page.last()).arg("WITHSCORES");
            pipeline.cmd("EXEC");
            let mut answers = self.charged(keys, pipeline, take.take(), &mut read.taken).await?;
            if read.taken.is_some_and(|taken| taken.granted == 0) {
                return Ok(read);
            }
            let answer = answers.pop().unwrap_or(Value::Nil);
            if matches!(&answer, Value::ServerError(error) if error.code() == "EXECABORT") {
                // A full Redis queues nothing for EXEC. It still reads, and else the script finds out what is wrong.
                break;
            }
            let mut first = Parts::of(answer)?;
            let Some(head) = head(&mut first)? else { return Ok(read) };
            let total = first.number()?;
            let mut ranked = Parts::of(first.next()?)?;
            if page.order.is_none() && head.order != expected {
                expected = head.order;
                continue;
            }
            let mut members = Vec::with_capacity(ranked.remaining() / 2);
            while ranked.remaining() > 0 {
                let member = ranked.bytes()?.unwrap_or_default();
                let score = score(ranked.text()?)?;
                members.push((packed::unpack_member(head.order, &member)?, score));
            }
            if let Some(rows) = self.rows(keys, page.offset, &members).await? {
                read.value = Some(PageRead { order: head.order, id: head.id, total, rows });
                return Ok(read);
            }
        }
        read.value = Box::pin(self.read_page_atomically(keys, page)).await?;
        Ok(read)
    }

    /// The entries behind a page's members, or `None` where one of them has changed since.
    async fn rows(
        &self,
        keys: &BoardKeys,
        offset: u64,
        members: &[((u64, PlayerId), Score)],
    ) -> Result<Option<Vec<Row>>, StoreError> {
        if members.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let mut command = redis::cmd("HMGET");
        command.arg(&keys.entries);
        for ((_, player), _) in members {
            command.arg(player.as_bytes().as_slice());
        }
        let mut values = Parts::of(self.connections.command(&command).await?)?;
        let mut rows = Vec::with_capacity(members.len());
        for (index, ((seq, player), score)) in members.iter().enumerate() {
            let Some(packed) = values.bytes()? else { return Ok(None) };
            let (entry_seq, entry) = packed::unpack_entry(*player, &packed)?;
            if entry_seq != *seq || entry.score != *score {
                return Ok(None);
            }
            rows.push(Row { entry, rank: offset + index as u64 + 1 });
        }
        Ok(Some(rows))
    }

    async fn read_page_atomically(
        &self,
        keys: &BoardKeys,
        page: &Page,
    ) -> Result<Option<PageRead>, StoreError> {
        let mut call = script::READ_PAGE.by_hash(&[&keys.board, &keys.ranking, &keys.entries], 3);
        call.arg(page.order.map_or("", packed::order_code)).arg(page.offset).arg(page.last());
        let mut reply = Parts::of(self.connections.script(&script::READ_PAGE, &call).await?)?;
        let Some(head) = head(&mut reply)? else { return Ok(None) };
        let total = reply.number()?;
        let mut ranked = Parts::of(reply.next()?)?;
        let mut values = Parts::of(reply.next()?)?;
        let mut rows = Vec::with_capacity(values.remaining());
        while values.remaining() > 0 {
            let (_, player) = packed::unpack_member(head.order, &ranked.bytes()?.unwrap_or_default())?;
            ranked.next()?;
            let (_, entry) = packed::unpack_entry(player, &values.bytes()?.unwrap_or_default())?;
            rows.push(Row { entry, rank: page.offset + rows.len() as u64 + 1 });
        }
        Ok(Some(PageRead { order: head.order, id: head.id, total, rows }))
    }

    /// Reads one player's row, charging `take` in the same first round trip. `value` is `None` where the
    /// leaderboard doesn't exist.
    pub async fn read_row(
        &self,
        keys: &BoardKeys,
        player: PlayerId,
        take: Option<Take>,
    ) -> Result<Read<RowRead>, StoreError> {
        let mut read = Read { taken: None, value: None };
        let mut take = take;
        for _ in 0..PLAIN_ATTEMPTS {
            let mut pipeline = pipe();
            pipeline.cmd("HGET").arg(&keys.board).arg("head");
            pipeline.cmd("ZCARD").arg(&keys.ranking);
            pipeline.cmd("HGET").arg(&keys.entries).arg(player.as_bytes().as_slice());
            let answers = self.charged(keys, pipeline, take.take(), &mut read.taken).await?;
            if read.taken.is_some_and(|taken| taken.granted == 0) {
                return Ok(read);
            }
            let mut first = Parts::of(Value::Array(answers))?;
            let Some(head) = head(&mut first)? else { return Ok(read) };
            let total = first.number()?;
            let Some(packed) = first.bytes()? else {
                read.value = Some(RowRead { order: head.order, id: head.id, total, row: None });
                return Ok(read);
            };
            let (seq, entry) = packed::unpack_entry(player, &packed)?;
            let mut rank = redis::cmd(if head.order == SortOrder::Desc { "ZREVRANK" } else { "ZRANK" });
            rank.arg(&keys.ranking).arg(&packed::pack_member(head.order, seq, player));
            // Nil: the score or the order has changed since, and the member with it.
            if let Value::Int(rank) = self.connections.command(&rank).await? {
                let row = Some(Row { entry, rank: rank.unsigned_abs() + 1 });
                read.value = Some(RowRead { order: head.order, id: head.id, total, row });
                return Ok(read);
            }
        }
        read.value = Box::pin(self.read_row_atomically(keys, player)).await?;
        Ok(read)
    }

    /// One player's row, the id and the total as they stood at one moment; one round trip. `None` where the
    /// leaderboard doesn't exist.
    pub async fn read_row_atomically(
        &self,
        keys: &BoardKeys,
        player: PlayerId,
    ) -> Result<Option<RowRead>, StoreError> {
        let mut call = script::READ_ENTRY.by_hash(&[&keys.board, &keys.ranking, &keys.entries], 1);
        call.arg(player.as_bytes().as_slice());
        let mut reply = Parts::of(self.connections.script(&script::READ_ENTRY, &call).await?)?;
        let Some(head) = head(&mut reply)? else { return Ok(None) };
        let total = reply.number()?;
        let packed = reply.bytes()?.unwrap_or_default();
        let rank = reply.number()?;
        let row = match packed.as_slice() {
            [] => None,
            packed => Some(Row { entry: packed::unpack_entry(player, packed)?.1, rank }),
        };
        Ok(Some(RowRead { order: head.order, id: head.id, total, row }))
    }

    /// The last ids of several leaderboards, of whatever accounts, `None` for each that doesn't exist; one round trip
    /// to each server. Each fails for itself.
    pub async fn last_ids(&self, boards: &[BoardKeys]) -> Vec<Result<Option<EventId>, StoreError>> {
        let question = |keys: &BoardKeys| redis::cmd("HGET").arg(&keys.board).arg("head").to_owned();
        let questions: Vec<_> = boards.iter().map(question).collect();
        let answers = self.connections.each(&questions).await.into_iter();
        let id = |answer| Ok(head(&mut Parts::of(Value::Array(vec![answer?]))?)?.map(|head| head.id));
        answers.map(id).collect()
    }

    /// Sends a pipeline with the charge in front of it; leaves the pipeline's own answers.
    pub(super) async fn charged(
        &self,
        keys: &BoardKeys,
        pipeline: Pipeline,
        take: Option<Take>,
        taken: &mut Option<Taken>,
    ) -> Result<Vec<Value>, StoreError> {
        let Some(take) = take else { return self.connections.pipeline(&pipeline).await };
        if self.connections.confirms() {
            let call = self.take_call(&keys.usage, take);
            let answer = self.connections.charge(&script::TAKE, &call).await?;
            *taken = Some(Taken::parse(&mut Parts::of(answer)?)?);
            return self.connections.pipeline(&pipeline).await;
        }
        let mut whole = pipe();
        whole.add_command(self.take_call(&keys.usage, take));
        for command in pipeline.cmd_iter() {
            whole.add_command(command.clone());
        }
        let mut answers = self.pipeline_with_take(&whole).await?;
        *taken = Some(Taken::parse(&mut Parts::of(answers.next()?)?)?);
        Ok(answers.rest())
    }
}

/// The head that comes next; `None` where the leaderboard doesn't exist.
fn head(parts: &mut Parts) -> Result<Option<Head>, StoreError> {
    if parts.remaining() == 0 {
        return Ok(None);
    }
    parts.bytes()?.map(|packed| Head::unpack(&packed)).transpose()
}

fn score(text: Option<String>) -> Result<Score, StoreError> {
    text.and_then(|text| Score::from_redis(&text)).ok_or(StoreError::Unexpected("a stored score"))
}
