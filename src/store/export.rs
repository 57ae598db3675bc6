//! Reading all of an account while it serves. No command takes longer the more entries there are.

use super::{
    Store, appearance,
    error::StoreError,
    keys::{AccountKeys, BoardKeys},
    packed::{self, Head},
    quota::Used,
    reply::Parts,
    script,
};
use crate::domain::{
    appearance::Appearance,
    entry::Entry,
    event::EventId,
    ids::{HandleSecret, LeaderboardId, PlayerId},
    leaderboard::{ScoreFormat, Settings},
    name::LeaderboardName,
    score_display::ScoreDisplay,
    timestamp::Timestamp,
};

/// Entries that a scan asks for at once: a fraction of a millisecond of Redis. A little more may come.
const CHUNK: u32 = 500;
const FIELDS: [&str; 10] =
    ["name", "format", "created", "secret", "head", "cleared", "css", "sites", "decimals", "unit"];

/// A leaderboard without its entries, as it stood at one moment.
#[derive(Clone, Debug)]
pub struct BoardState {
    /// Its settings as they were in force.
    pub settings: Settings,
    /// When it was made.
    pub created_at: Timestamp,
    /// Makes its players' public handles.
    pub secret: HandleSecret,
    /// How its page for frames looks, and who may show it.
    pub appearance: Appearance,
    /// Its last change.
    pub last: EventId,
    /// The change that last removed all entries at once.
    cleared: Option<u64>,
    /// The server that said so.
    server: String,
}

impl BoardState {
    /// Whether a scan from `before` until now saw each entry that was there all the time, and none that was removed
    /// with all others: it was on one server, and the leaderboard was neither reset nor set up otherwise.
    pub fn allows_scan_since(&self, before: &Self) -> bool {
        self.server == before.server
            && self.cleared == before.cleared
            && self.settings == before.settings
            && self.created_at == before.created_at
    }
}

/// Some entries, each with the sequence number at which its score was reached.
#[derive(Clone, Debug)]
pub struct EntryChunk {
    /// As each was stored when it was read; an entry may come more than once.
    pub entries: Vec<(u64, Entry)>,
    /// Where to go on; `None` at the end.
    pub next: Option<u64>,
}

impl Store {
    /// The account's leaderboards, oldest first.
    pub async fn leaderboard_ids(&self, account: &AccountKeys) -> Result<Vec<LeaderboardId>, StoreError> {
        let mut command = redis::cmd("ZRANGE");
        command.arg(&account.leaderboards).arg(0).arg(-1);
        let mut answer = Parts::of(self.connections.command(&command).await?)?;
        let mut ids = Vec::with_capacity(answer.remaining());
        while answer.remaining() > 0 {
            let id = answer.text()?.unwrap_or_default();
            ids.push(LeaderboardId::parse(&id).map_err(|_| StoreError::Unexpected("a stored id"))?);
        }
        Ok(ids)
    }

    /// A leaderboard's state; `None` where it doesn't exist.
    pub async fn board_state(&self, keys: &BoardKeys) -> Result<Option<BoardState>, StoreError> {
        const BAD: StoreError = StoreError::Unexpected("a stored setting");
        let mut call = script::READ_BOARD.by_hash(&[&keys.board], FIELDS.len());
        call.arg(&FIELDS);
        let mut fields = Parts::of(self.connections.script(&script::READ_BOARD, &call).await?)?;
        let server = fields.text()?.unwrap_or_default();
        let Some(name) = fields.text()? else { return Ok(None) };
        let score_format = fields.text()?.and_then(|text| ScoreFormat::parse(&text)).ok_or(BAD)?;
        let created_at = instant(&mut fields)?;
        let secret = fields.bytes()?.and_then(|secret| secret.try_into().ok());
        let secret = HandleSecret::from_bytes(secret.ok_or(StoreError::Unexpected("a stored secret"))?);
        let head = Head::unpack(&fields.bytes()?.unwrap_or_default())?;
        let name = LeaderboardName::from_stored(name);
        let cleared = fields.text()?.and_then(|seq| seq.parse().ok());
        let appearance = appearance::kept(fields.text()?, fields.text()?)?;
        let [decimals, unit] = [fields.text()?, fields.text()?].map(Option::unwrap_or_default);
        let display = ScoreDisplay::from_stored(&decimals, unit).map_err(|_| BAD)?;
        let settings = Settings { name, sort_order: head.order, score_format, display, policy: head.policy };
        let last = head.id;
        Ok(Some(BoardState { settings, created_at, secret, appearance, last, cleared, server }))
    }

    /// The next entries of a leaderboard, in no order, from the cursor 0 on.
    pub async fn scan_entries(&self, keys: &BoardKeys, cursor: u64) -> Result<EntryChunk, StoreError> {
        let mut command = redis::cmd("HSCAN");
        command.arg(&keys.entries).arg(cursor).arg("COUNT").arg(CHUNK);
        let mut answer = Parts::of(self.connections.command(&command).await?)?;
        let next = answer.number()?;
        let mut fields = Parts::of(answer.next()?)?;
        let mut entries = Vec::with_capacity(fields.remaining() / 2);
        while fields.remaining() > 0 {
            let player = fields.bytes()?.and_then(|player| player.try_into().ok());
            let player = PlayerId::from_bytes(player.ok_or(StoreError::Unexpected("a stored player"))?);
            entries.push(packed::unpack_entry(player, &fields.bytes()?.unwrap_or_default())?);
        }
        Ok(EntryChunk { entries, next: (next > 0).then_some(next) })
    }

    /// The count of the last month in which there was a request; `None` where nothing was ever counted.
    pub async fn month(&self, account: &AccountKeys) -> Result<Option<Used>, StoreError> {
        let mut command = redis::cmd("HGETALL");
        command.arg(&account.usage);
        let mut fields = Parts::of(self.connections.command(&command).await?)?;
        let mut last = None;
        while let Some(field) = (fields.remaining() > 0).then(|| fields.text()).transpose()?.flatten() {
            let requests = fields.number()?;
            if let Ok(resets) = field.parse() {
                last = last.max(Some((resets, requests)));
            }
        }
        Ok(last.map(|(resets, requests)| Used { requests, resets }))
    }
}

fn instant(fields: &mut Parts) -> Result<Timestamp, StoreError> {
    let micros = i64::try_from(fields.number()?).map_err(|_| StoreError::Unexpected("a stored time"))?;
    Ok(Timestamp::from_micros(micros))
}
