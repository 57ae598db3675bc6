//! API keys. Of a secret or management key only the hash is stored; a publishable key can be read again.

use redis::Value;
use serde::{Deserialize, Serialize};

use super::{
    Store,
    control::ControlMessage,
    error::StoreError,
    keys::AccountKeys,
    reply::{Parts, number, text},
    script,
};
use crate::domain::{
    api_key::{KeyHash, KeyKind},
    ids::{AccountId, KeyId, LeaderboardId},
    name::Label,
    plan::PlanName,
    timestamp::Timestamp,
};

/// An API key as it is stored.
#[derive(Clone, Debug)]
pub struct KeyRecord {
    /// Its id, by which it is listed and revoked.
    pub id: KeyId,
    /// What it may do.
    pub kind: KeyKind,
    /// The leaderboard it belongs to; `None` for a management key.
    pub leaderboard: Option<LeaderboardId>,
    /// What its owner calls it.
    pub label: Label,
    /// What it is looked up by.
    pub hash: KeyHash,
    /// The text of a publishable key.
    pub public_text: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working, where that is settled already.
    pub expires_at: Option<Timestamp>,
}

/// A key that was found, with its account's plan.
#[derive(Clone, Debug)]
pub struct ResolvedKey {
    /// Whose key it is.
    pub account: AccountId,
    /// The account's plan.
    pub plan: PlanName,
    /// Whether the account's keys are refused.
    pub is_suspended: bool,
    /// The key.
    pub key: KeyRecord,
}

/// The record's form in Redis, under the key's id.
#[derive(Serialize, Deserialize)]
struct Stored {
    kind: String,
    leaderboard: Option<String>,
    label: String,
    hash: String,
    text: Option<String>,
    created: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<i64>,
}

impl Store {
    /// Stores a new key. It works from the moment in which this returns; `false` where the account or leaderboard that
    /// it is for isn't there.
    pub async fn create_api_key(&self, account: &AccountKeys, key: &KeyRecord) -> Result<bool, StoreError> {
        // First what leads to the record: who finds that one, to revoke the key or to delete what it is for, leaves
        // nothing behind.
        let name = self.keys.key_lookup(&key.hash);
        let mut lookup = redis::cmd("SET");
        lookup.arg(&name).arg(place(account, key.id));
        self.connections.write_command(lookup).await?;
        let board = key.leaderboard.map(|id| account.leaderboard(id).board);
        let names: Vec<&str> =
            [&account.api_keys, &account.record].into_iter().chain(&board).map(String::as_str).collect();
        let mut call = script::CREATE_KEY.by_hash(&names, 2);
        call.arg(key.id.to_string()).arg(stored(key)?);
        let is_there = number(&self.connections.write(&script::CREATE_KEY, call).await?)? == 1;
        if !is_there {
            let mut lookup = redis::cmd("DEL");
            lookup.arg(&name);
            self.connections.command(&lookup).await?;
        }
        // A replica may have cached that this hash is unknown.
        self.publish_control(account, ControlMessage::KeyChanged { id: key.id, hash: key.hash }).await?;
        Ok(is_there)
    }

    /// Finds a key by its hash; two round trips, or one where it is known whose it is and under which id.
    pub async fn resolve_api_key(
        &self,
        hash: &KeyHash,
        place: Option<(AccountId, KeyId)>,
    ) -> Result<Option<ResolvedKey>, StoreError> {
        let place = match place {
            Some(place) => Some(place),
            None => self.look_up(hash).await?,
        };
        let Some((account, id)) = place else { return Ok(None) };
        let names = self.keys.account(account);
        let mut pipeline = redis::pipe();
        pipeline.cmd("HGET").arg(&names.api_keys).arg(id.to_string());
        pipeline.cmd("HMGET").arg(&names.record).arg(&["plan", "suspended"]);
        let mut answers = Parts::of(Value::Array(self.connections.pipeline(&pipeline).await?))?;
        let stored = answers.text()?;
        let mut account_fields = Parts::of(answers.next()?)?;
        let (Some(stored), Some(plan)) = (stored, account_fields.text()?) else { return Ok(None) };
        let is_suspended = account_fields.text()?.is_some();
        let key = record(id, &stored)?;
        let plan = PlanName::parse(&plan).map_err(|_| StoreError::Unexpected("a stored plan"))?;
        let has_expired = key.expires_at.is_some_and(|end| end <= self.clock.now());
        Ok((key.hash == *hash && !has_expired).then_some(ResolvedKey { account, plan, is_suspended, key }))
    }

    async fn look_up(&self, hash: &KeyHash) -> Result<Option<(AccountId, KeyId)>, StoreError> {
        let mut lookup = redis::cmd("GET");
        lookup.arg(self.keys.key_lookup(hash));
        let Some(found) = text(self.connections.command(&lookup).await?)? else { return Ok(None) };
        let ids = found
            .split_once(' ')
            .and_then(|(account, key)| Some((AccountId::parse(account).ok()?, KeyId::parse(key).ok()?)));
        ids.map(Some).ok_or(StoreError::Unexpected("a stored key lookup"))
    }

    /// All keys of an account, oldest first.
    pub async fn list_api_keys(&self, account: &AccountKeys) -> Result<Vec<KeyRecord>, StoreError> {
        let mut command = redis::cmd("HGETALL");
        command.arg(&account.api_keys);
        let mut answer = Parts::of(self.connections.command(&command).await?)?;
        let mut keys = Vec::with_capacity(answer.remaining() / 2);
        while answer.remaining() > 0 {
            let id = answer.text()?.unwrap_or_default();
            let id = KeyId::parse(&id).map_err(|_| StoreError::Unexpected("a stored id"))?;
            keys.push(record(id, &answer.text()?.unwrap_or_default())?);
        }
        keys.sort_by_key(|key| (key.created_at, key.id));
        Ok(keys)
    }

    /// Settles when a key stops working.
    pub async fn expire_api_key(
        &self,
        account: &AccountKeys,
        key: &KeyRecord,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let key = KeyRecord { expires_at: Some(at), ..key.clone() };
        let mut record = redis::cmd("HSET");
        record.arg(&account.api_keys).arg(key.id.to_string()).arg(stored(&key)?);
        self.connections.write_command(record).await?;
        self.announce_api_key(account, &key).await
    }

    /// Tells all replicas that what they know of a key is old.
    pub async fn announce_api_key(&self, account: &AccountKeys, key: &KeyRecord) -> Result<(), StoreError> {
        self.publish_control(account, ControlMessage::KeyChanged { id: key.id, hash: key.hash }).await
    }

    /// Makes a key unknown, and tells all replicas. The record goes last: while it is there, what failed half way can
    /// be repeated.
    pub async fn revoke_api_key(&self, account: &AccountKeys, key: &KeyRecord) -> Result<(), StoreError> {
        let mut lookup = redis::cmd("DEL");
        lookup.arg(self.keys.key_lookup(&key.hash));
        self.connections.write_command(lookup).await?;
        self.announce_api_key(account, key).await?;
        let mut record = redis::cmd("HDEL");
        record.arg(&account.api_keys).arg(key.id.to_string());
        self.connections.write_command(record).await?;
        // After the record: without it, nobody adds to this.
        let mut uses = redis::cmd("HDEL");
        uses.arg(account.key_uses()).arg(key.id.to_string());
        self.connections.command(&uses).await?;
        Ok(())
    }
}

/// What a key's hash leads to.
pub(super) fn place(account: &AccountKeys, id: KeyId) -> String {
    format!("{} {id}", account.account)
}

/// A key's record as it is stored.
pub(super) fn stored(key: &KeyRecord) -> Result<String, StoreError> {
    let stored = Stored {
        kind: key.kind.as_str().to_owned(),
        leaderboard: key.leaderboard.map(|id| id.to_string()),
        label: key.label.as_str().to_owned(),
        hash: key.hash.to_string(),
        text: key.public_text.clone(),
        created: key.created_at.micros(),
        expires: key.expires_at.map(Timestamp::micros),
    };
    serde_json::to_string(&stored).map_err(|_| StoreError::Unexpected("a key's record"))
}

fn record(id: KeyId, stored: &str) -> Result<KeyRecord, StoreError> {
    const BAD: StoreError = StoreError::Unexpected("a key's record");
    let stored: Stored = serde_json::from_str(stored).map_err(|_| BAD)?;
    let leaderboard = stored.leaderboard.map(|id| LeaderboardId::parse(&id)).transpose().map_err(|_| BAD)?;
    Ok(KeyRecord {
        id,
        kind: KeyKind::from_name(&stored.kind).ok_or(BAD)?,
        leaderboard,
        label: Label::from_stored(stored.label),
        hash: KeyHash::from_hex(&stored.hash).ok_or(BAD)?,
        public_text: stored.text,
        created_at: Timestamp::from_micros(stored.created),
        expires_at: stored.expires.map(Timestamp::from_micros),
    })
}
