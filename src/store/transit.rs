//! Accounts in transit: being restored or removed. Meanwhile an account has no record, so that nothing of it serves,
//! and each write proves that nobody else has taken the account over since.

use redis::{Cmd, Value};
use thiserror::Error;
use uuid::Uuid;

use super::{
    Store,
    accounts::{Account, Claim},
    api_keys,
    control::ControlMessage,
    error::StoreError,
    keys::{AccountKeys, BoardKeys},
    reply::{number, text},
    script::{self, Script},
};
use crate::domain::ids::AccountId;

/// An account that is being restored or removed, by whoever holds this.
#[derive(Clone, Debug)]
pub struct Transit {
    /// The account's names.
    pub keys: AccountKeys,
    token: String,
    email: String,
}

/// Why something wasn't done to an account in transit.
#[derive(Clone, Debug, Error)]
pub enum TransitError {
    /// Somebody else has begun to restore or remove it.
    #[error("the account was taken over")]
    TakenOver,
    /// Redis didn't do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of the wish to restore an account.
#[derive(Debug)]
pub enum RestoreStart {
    /// It is reserved, and empty.
    Begun(Transit),
    /// There is an account with its id or its e-mail address.
    There(Account),
    /// Its e-mail address is the one of another account that is being restored or removed.
    EmailInTransit,
}

impl Store {
    /// Reserves an account that isn't there, and removes what an earlier attempt has left of it.
    pub async fn begin_restore(&self, id: AccountId, email: &str) -> Result<RestoreStart, TransitError> {
        if let Some(account) = self.read_account(id).await? {
            return Ok(RestoreStart::There(account));
        }
        if let Some(holder) = self.find_account(email).await?
            && let Some(account) = self.read_account(holder).await?
        {
            return Ok(RestoreStart::There(account));
        }
        let transit = self.transit(id, email);
        let start = self.reserve(&transit).await;
        if !matches!(start, Ok(RestoreStart::Begun(_))) {
            // Where that fails too, the next attempt does it.
            let _ = self.discard(&transit).await;
        }
        start
    }

    async fn reserve(&self, transit: &Transit) -> Result<RestoreStart, TransitError> {
        let Transit { keys, token, email } = transit;
        let mut call = script::BEGIN_RESTORE.by_hash(&[&keys.record, &keys.transit], 2);
        call.arg(token).arg(email);
        if number(&self.connections.write(&script::BEGIN_RESTORE, call).await?)? == 0 {
            // It came to be in this moment.
            return Err(TransitError::TakenOver);
        }
        match self.claim_email(email, keys.account).await? {
            Claim::Granted => {
                self.clear(transit).await?;
                Ok(RestoreStart::Begun(transit.clone()))
            }
            Claim::HeldBy(account) => Ok(RestoreStart::There(account)),
            Claim::InTransit => Ok(RestoreStart::EmailInTransit),
        }
    }

    /// Takes an account out of service to remove it, also one that somebody began to restore or remove; `None` where
    /// nothing is there.
    pub async fn begin_removal(&self, id: AccountId) -> Result<Option<Transit>, StoreError> {
        let mut transit = self.transit(id, "");
        let mut call = script::BEGIN_REMOVAL.by_hash(&[&transit.keys.record, &transit.keys.transit], 1);
        call.arg(&transit.token);
        let email = text(self.connections.write(&script::BEGIN_REMOVAL, call).await?)?;
        transit.email = email.unwrap_or_default();
        if transit.email.is_empty() {
            return Ok(None);
        }
        self.publish_control(&self.keys.account(id), ControlMessage::AccountChanged(id)).await?;
        Ok(Some(transit))
    }

    fn transit(&self, id: AccountId, email: &str) -> Transit {
        let token = Uuid::new_v4().simple().to_string();
        Transit { keys: self.keys.account(id), token, email: email.to_owned() }
    }

    /// Removes all of an account in transit, its claim to the e-mail address last. Redis' replicas are waited for only
    /// when it is done: whatever they are doing, it is removed.
    pub async fn discard(&self, transit: &Transit) -> Result<(), TransitError> {
        let account = transit.keys.account;
        self.clear(transit).await?;
        let call = transit.call(&script::DISCARD_ACCOUNT, &[&transit.keys.transit]);
        let ended = gone_on(self.write_in_transit(&script::DISCARD_ACCOUNT, call).await)?;
        self.unlist_account(account).await?;
        let released = self.release_email(&transit.email, account).await;
        let released = gone_on(released.map_err(TransitError::from))?;
        self.publish_control(&transit.keys, ControlMessage::AccountChanged(account)).await?;
        Ok(ended.and(released)?)
    }

    /// Removes what is stored under an account's tag, but for its transit, and what leads to its keys.
    async fn clear(&self, transit: &Transit) -> Result<(), TransitError> {
        let keys = &transit.keys;
        // First proves that the account is still ours: of what follows, not everything does.
        let proof = transit.call(&script::DISCARD_ACCOUNT, &[&keys.streams]);
        proven(&self.connections.script(&script::DISCARD_ACCOUNT, &proof).await?)?;
        for id in self.leaderboard_ids(keys).await? {
            self.discard_leaderboard(transit, &keys.leaderboard(id)).await?;
        }
        for key in self.list_api_keys(keys).await? {
            let name = self.keys.key_lookup(&key.hash);
            let mut lookup = redis::cmd("GET");
            lookup.arg(&name);
            let found = text(self.connections.command(&lookup).await?)?;
            if found.is_some_and(|found| found == api_keys::place(keys, key.id)) {
                let mut forget = redis::cmd("DEL");
                forget.arg(&name);
                self.connections.command(&forget).await?;
            }
        }
        let players = self.players_of_days(keys);
        let key_uses = keys.key_uses();
        let mut names = vec![&*keys.leaderboards, &keys.api_keys, &keys.usage, &keys.days, &key_uses];
        names.extend(players.iter().map(String::as_str));
        let call = transit.call(&script::DISCARD_ACCOUNT, &names);
        proven(&self.connections.script(&script::DISCARD_ACCOUNT, &call).await?)
    }

    /// Removes what is stored of a leaderboard.
    pub async fn discard_leaderboard(
        &self,
        transit: &Transit,
        board: &BoardKeys,
    ) -> Result<(), TransitError> {
        let keys = &transit.keys;
        let BoardKeys { board, ranking, pending, entries, history, leaderboard, .. } = board;
        let names = [&*keys.leaderboards, &keys.usage, board, ranking, pending, entries, history];
        let mut call = transit.call(&script::DISCARD_LEADERBOARD, &names);
        call.arg(leaderboard.to_string());
        proven(&self.connections.script(&script::DISCARD_LEADERBOARD, &call).await?)
    }

    /// A script that writes in transit, as [`Transit::call`] calls it.
    pub(super) async fn write_in_transit(
        &self,
        script: &'static Script,
        call: Cmd,
    ) -> Result<(), TransitError> {
        proven(&self.connections.write(script, call).await?)
    }
}

/// What replicas didn't confirm is done all the same: it is gone on from, and told at the end.
fn gone_on(result: Result<(), TransitError>) -> Result<Result<(), StoreError>, TransitError> {
    match result {
        Err(TransitError::Store(error @ StoreError::NotConfirmed)) => Ok(Err(error)),
        result => result.map(Ok),
    }
}

/// What a script in transit returns: 1 where the token was the right one.
fn proven(answer: &Value) -> Result<(), TransitError> {
    match number(answer)? {
        1 => Ok(()),
        _ => Err(TransitError::TakenOver),
    }
}

impl Transit {
    /// A call with the transit and then these keys, and the token as the first argument.
    pub(super) fn call(&self, script: &Script, names: &[&str]) -> Cmd {
        let mut all = vec![&*self.keys.transit];
        all.extend(names);
        let mut call = script.by_hash(&all, 16);
        call.arg(&self.token);
        call
    }
}
