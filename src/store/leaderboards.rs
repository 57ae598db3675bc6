//! Leaderboards: settings, and what happens to one as a whole.

use std::time::Duration;

use redis::Value;

use super::{
    Store,
    error::StoreError,
    keys::{AccountKeys, BoardKeys},
    packed::{self, Head},
    quota::{Take, limit_text},
    reads::Read,
    reply::{Parts, bytes, number, text},
    script,
};
use crate::domain::{
    ids::{AccountId, HandleSecret, KeyId, LeaderboardId},
    leaderboard::{Leaderboard, ScoreFormat, Settings, SettingsPatch, SortOrder},
    name::LeaderboardName,
    score_display::{ScoreDisplay, Unit},
    timestamp::Timestamp,
};

const SETTINGS: [&str; 6] = ["name", "format", "created", "head", "decimals", "unit"];

/// What became of a creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateOutcome {
    /// It is there.
    Created,
    /// The plan's limit is reached.
    Full,
    /// There is no such account.
    NoAccount,
}

/// What became of a change of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateOutcome {
    /// It is done; another sort order has begun to be built.
    Updated,
    /// There is no such leaderboard.
    Missing,
    /// A change of the sort order is going on already; nothing was changed.
    Busy,
}

/// Where a change of the sort order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortProgress {
    /// There are more entries.
    More,
    /// The new order is in force.
    Switched,
    /// There is nothing to do.
    Nothing,
    /// Another replica is at it.
    Busy,
}

impl Store {
    /// Creates a leaderboard.
    pub async fn create_leaderboard(
        &self,
        account: &AccountKeys,
        id: LeaderboardId,
        settings: &Settings,
        secret: &HandleSecret,
        limit: Option<u64>,
    ) -> Result<CreateOutcome, StoreError> {
        let keys = account.leaderboard(id);
        let names = [&*keys.board, &account.leaderboards, &account.record];
        let mut call = script::CREATE_LEADERBOARD.by_hash(&names, 9);
        call.arg(self.clock.for_scripts())
            .arg(limit_text(limit))
            .arg(id.to_string())
            .arg(settings.name.as_str())
            .arg(settings.score_format.as_str())
            .arg(secret.expose().as_slice())
            .arg([packed::order_code(settings.sort_order), packed::policy_code(settings.policy)].concat())
            .arg(settings.display.decimals_text())
            .arg(settings.display.unit());
        match self.connections.write(&script::CREATE_LEADERBOARD, call).await? {
            Value::Int(1) => Ok(CreateOutcome::Created),
            Value::Int(0) => Ok(CreateOutcome::Full),
            Value::Int(-1) => Ok(CreateOutcome::NoAccount),
            _ => Err(StoreError::Unexpected("the answer to a creation")),
        }
    }

    /// Reads one leaderboard, charging `take` in the same round trip.
    pub async fn read_leaderboard(
        &self,
        keys: &BoardKeys,
        take: Option<Take>,
    ) -> Result<Read<Leaderboard>, StoreError> {
        let mut pipeline = redis::pipe();
        pipeline.cmd("HMGET").arg(&keys.board).arg(&SETTINGS);
        pipeline.cmd("ZCARD").arg(&keys.ranking);
        let mut taken = None;
        let answers = self.charged(keys, pipeline, take, &mut taken).await?;
        let mut answers = Parts::of(Value::Array(answers))?;
        let value = leaderboard(keys.leaderboard, &mut answers)?;
        Ok(Read { taken, value })
    }

    /// The secret of a leaderboard's public handles and its own sort order; `None` where it doesn't exist.
    pub async fn read_identity(
        &self,
        keys: &BoardKeys,
    ) -> Result<Option<(HandleSecret, SortOrder)>, StoreError> {
        let mut command = redis::cmd("HMGET");
        command.arg(&keys.board).arg(&["secret", "head"]);
        let mut answer = Parts::of(self.connections.command(&command).await?)?;
        let Some(secret) = answer.bytes()? else { return Ok(None) };
        let secret = secret.try_into().map_err(|_| StoreError::Unexpected("a stored secret"))?;
        let order = Head::unpack(&answer.bytes()?.unwrap_or_default())?.order;
        Ok(Some((HandleSecret::from_bytes(secret), order)))
    }

    /// An account's leaderboards from `offset` on, oldest first, and how many there are; two round trips.
    pub async fn list_leaderboards(
        &self,
        account: &AccountKeys,
        offset: u64,
        limit: u32,
    ) -> Result<(Vec<Leaderboard>, u64), StoreError> {
        let mut pipeline = redis::pipe();
        pipeline.cmd("ZCARD").arg(&account.leaderboards);
        pipeline.cmd("ZRANGE").arg(&account.leaderboards).arg(offset).arg(offset + u64::from(limit) - 1);
        let mut answers = Parts::of(Value::Array(self.connections.pipeline(&pipeline).await?))?;
        let total = answers.number()?;
        let mut ids = Parts::of(answers.next()?)?;
        let mut boards = Vec::with_capacity(ids.remaining());
        while let Some(id) = (ids.remaining() > 0).then(|| ids.text()).transpose()?.flatten() {
            let id = LeaderboardId::parse(&id).map_err(|_| StoreError::Unexpected("a stored id"))?;
            boards.push(account.leaderboard(id));
        }
        if boards.is_empty() {
            return Ok((Vec::new(), total));
        }
        let mut pipeline = redis::pipe();
        for keys in &boards {
            pipeline.cmd("HMGET").arg(&keys.board).arg(&SETTINGS);
            pipeline.cmd("ZCARD").arg(&keys.ranking);
        }
        let mut answers = Parts::of(Value::Array(self.connections.pipeline(&pipeline).await?))?;
        let mut leaderboards = Vec::with_capacity(boards.len());
        for keys in &boards {
            leaderboards.extend(leaderboard(keys.leaderboard, &mut answers)?);
        }
        Ok((leaderboards, total))
    }

    /// Changes settings. Another sort order is only noted: [`Self::advance_sort_change`] carries it out.
    pub async fn update_leaderboard(
        &self,
        keys: &BoardKeys,
        patch: &SettingsPatch,
    ) -> Result<UpdateOutcome, StoreError> {
        if patch.sort_order.is_some() {
            // Else anybody could fill the list of all accounts' jobs with what isn't there.
            if !self.is_there(keys).await? {
                return Ok(UpdateOutcome::Missing);
            }
            // Noted before it begins, so that no replica's death can leave it unnoticed.
            self.note_sort_change(keys).await?;
        }
        let mut call = script::UPDATE_LEADERBOARD.by_hash(&[&keys.board], 6);
        let decimals =
            patch.decimals.map(|decimals| decimals.map(|n| n.get().to_string()).unwrap_or_default());
        // An empty one says something, so what is said begins with a mark.
        let marked = |text: Option<&str>| text.map_or_else(String::new, |text| format!("={text}"));
        call.arg(patch.name.as_ref().map_or("", |name| name.as_str()))
            .arg(patch.score_format.map_or("", ScoreFormat::as_str))
            .arg(patch.policy.map_or("", packed::policy_code))
            .arg(patch.sort_order.map_or("", packed::order_code))
            .arg(marked(decimals.as_deref()))
            .arg(marked(patch.unit.as_ref().map(Unit::as_str)));
        match text(self.connections.write(&script::UPDATE_LEADERBOARD, call).await?)?.as_deref() {
            Some("ok") => {
                if patch.sort_order.is_some() {
                    // Again: the end of the change before may have been forgotten in between.
                    self.note_sort_change(keys).await?;
                }
                Ok(UpdateOutcome::Updated)
            }
            Some("gone") => Ok(UpdateOutcome::Missing),
            Some("conflict") => Ok(UpdateOutcome::Busy),
            _ => Err(StoreError::Unexpected("the outcome of an update")),
        }
    }

    /// Sets fields that a leaderboard can be without, an empty one to nothing; `false` where it isn't there.
    pub(super) async fn set_fields(
        &self,
        keys: &BoardKeys,
        fields: [(&str, &str); 2],
    ) -> Result<bool, StoreError> {
        let mut call = script::SET_FIELDS.by_hash(&[&keys.board], 2 * fields.len());
        for (field, text) in fields {
            call.arg(field).arg(text);
        }
        Ok(number(&self.connections.write(&script::SET_FIELDS, call).await?)? == 1)
    }

    async fn is_there(&self, keys: &BoardKeys) -> Result<bool, StoreError> {
        Ok(number(&self.connections.command(redis::cmd("EXISTS").arg(&keys.board)).await?)? == 1)
    }

    async fn note_sort_change(&self, keys: &BoardKeys) -> Result<(), StoreError> {
        let mut command = redis::cmd("SADD");
        command.arg(self.keys.sort_jobs()).arg(format!("{} {}", keys.account, keys.leaderboard));
        self.connections.command(&command).await?;
        Ok(())
    }

    /// The leaderboards whose sort order is being changed.
    pub async fn sort_changes(&self) -> Result<Vec<BoardKeys>, StoreError> {
        let mut command = redis::cmd("SMEMBERS");
        command.arg(self.keys.sort_jobs());
        let mut jobs = Parts::of(self.connections.command(&command).await?)?;
        let mut boards = Vec::new();
        while jobs.remaining() > 0 {
            let job = jobs.text()?.unwrap_or_default();
            let ids = job.split_once(' ').and_then(|(account, board)| {
                Some((AccountId::parse(account).ok()?, LeaderboardId::parse(board).ok()?))
            });
            let (account, board) = ids.ok_or(StoreError::Unexpected("a noted change of order"))?;
            boards.push(self.keys.account(account).leaderboard(board));
        }
        Ok(boards)
    }

    /// Forgets a change of the sort order that is done, unless the next one has begun.
    pub async fn forget_sort_change(&self, keys: &BoardKeys) -> Result<(), StoreError> {
        let mut command = redis::cmd("SREM");
        command.arg(self.keys.sort_jobs()).arg(format!("{} {}", keys.account, keys.leaderboard));
        self.connections.command(&command).await?;
        // Looked at afterwards: a change that begins later is noted after it has begun, and so after this.
        let mut command = redis::cmd("HGET");
        command.arg(&keys.board).arg("head");
        match bytes(self.connections.command(&command).await?)? {
            Some(head) if Head::unpack(&head)?.pending.is_some() => self.note_sort_change(keys).await,
            _ => Ok(()),
        }
    }

    /// Brings about `entries` more entries into the new order; holds the job for `lease` against other replicas.
    pub async fn advance_sort_change(
        &self,
        keys: &BoardKeys,
        entries: u32,
        replica: &str,
        lease: Duration,
    ) -> Result<SortProgress, StoreError> {
        let names = [&*keys.board, &keys.ranking, &keys.pending, &keys.entries];
        let mut call = script::SORT_CHUNK.by_hash(&names, 5);
        call.arg(self.clock.for_scripts())
            .arg(&keys.channel)
            .arg(entries)
            .arg(replica)
            .arg(u64::try_from(lease.as_millis()).unwrap_or(u64::MAX));
        match text(self.connections.script_apart(&script::SORT_CHUNK, &call).await?)?.as_deref() {
            Some("more") => Ok(SortProgress::More),
            Some("switched") => Ok(SortProgress::Switched),
            Some("none") => Ok(SortProgress::Nothing),
            Some("busy") => Ok(SortProgress::Busy),
            _ => Err(StoreError::Unexpected("the outcome of a change of order")),
        }
    }

    /// Removes all entries and says how many there were; `None` where the leaderboard doesn't exist.
    pub async fn reset_leaderboard(&self, keys: &BoardKeys) -> Result<Option<u64>, StoreError> {
        let names = [&*keys.board, &keys.ranking, &keys.pending, &keys.entries, &keys.usage];
        let mut call = script::RESET_LEADERBOARD.by_hash(&names, 2);
        call.arg(self.clock.for_scripts()).arg(&keys.channel);
        match self.connections.write(&script::RESET_LEADERBOARD, call).await? {
            Value::Int(removed) => Ok(u64::try_from(removed).ok()),
            _ => Err(StoreError::Unexpected("the outcome of a reset")),
        }
    }

    /// Removes a leaderboard and the records of its keys; `false` where there is none.
    pub async fn delete_leaderboard(
        &self,
        account: &AccountKeys,
        id: LeaderboardId,
        api_keys: &[KeyId],
    ) -> Result<bool, StoreError> {
        let keys = account.leaderboard(id);
        let names = [
            &*keys.board,
            &keys.ranking,
            &keys.pending,
            &keys.entries,
            &keys.usage,
            &account.leaderboards,
            &account.api_keys,
            &keys.history,
        ];
        let mut call = script::DELETE_LEADERBOARD.by_hash(&names, 3 + api_keys.len());
        call.arg(self.clock.for_scripts()).arg(&keys.channel).arg(id.to_string());
        for key in api_keys {
            call.arg(key.to_string());
        }
        Ok(number(&self.connections.write(&script::DELETE_LEADERBOARD, call).await?)? == 1)
    }
}

/// A leaderboard from the answers to HMGET and ZCARD.
fn leaderboard(id: LeaderboardId, answers: &mut Parts) -> Result<Option<Leaderboard>, StoreError> {
    const BAD: StoreError = StoreError::Unexpected("a stored setting");
    let mut fields = Parts::of(answers.next()?)?;
    let total_entries = answers.number()?;
    let Some(name) = fields.text()? else { return Ok(None) };
    let format = fields.text()?.and_then(|text| ScoreFormat::parse(&text)).ok_or(BAD)?;
    let created = i64::try_from(fields.number()?).map_err(|_| BAD)?;
    let head = Head::unpack(&fields.bytes()?.unwrap_or_default())?;
    let [decimals, unit] = [fields.text()?, fields.text()?].map(Option::unwrap_or_default);
    Ok(Some(Leaderboard {
        id,
        settings: Settings {
            name: LeaderboardName::from_stored(name),
            sort_order: head.order,
            score_format: format,
            display: ScoreDisplay::from_stored(&decimals, unit).map_err(|_| BAD)?,
            policy: head.policy,
        },
        pending_sort_order: head.pending,
        total_entries,
        created_at: Timestamp::from_micros(created),
    }))
}
