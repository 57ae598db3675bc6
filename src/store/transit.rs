//! Accounts in transit: being restored or removed. Meanwhile an account has no record, so that nothing of it serves,
//! and each write proves that nobody else has taken the account over since.

use redis::Cmd;
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
    ///
    /// # Errors
    /// Where it was reserved already when that happened, the next attempt removes what there is.
    pub async fn begin_restore(&self, id: AccountId, email: &str) -> Result<RestoreStart, TransitError> {
        let transit = self.transit(id, email);
        let mut call = script::BEGIN_RESTORE.by_hash(&[&transit.keys.record, &transit.keys.transit], 2);
        call.arg(&transit.token).arg(email);
        loop {
            if let Some(account) = self.read_account(id).await? {
                return Ok(RestoreStart::There(account));
            }
            if let Some(holder) = self.find_account(email).await?
                && let Some(account) = self.read_account(holder).await?
            {
                return Ok(RestoreStart::There(account));
            }
            if number(&self.connections.write(&script::BEGIN_RESTORE, call.clone()).await?)? == 1 {
                break;
            }
            // It came to be in between.
        }
        let refusal = match self.claim_email(email, id).await? {
            Claim::Granted => {
                self.clear(&transit, false).await?;
                return Ok(RestoreStart::Begun(transit));
            }
            Claim::HeldBy(account) => RestoreStart::There(account),
            Claim::InTransit => RestoreStart::EmailInTransit,
        };
        self.discard(&transit).await?;
        Ok(refusal)
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
        self.publish_control(ControlMessage::AccountChanged(id)).await?;
        Ok(Some(transit))
    }

    fn transit(&self, id: AccountId, email: &str) -> Transit {
        let token = Uuid::new_v4().simple().to_string();
        Transit { keys: self.keys.account(id), token, email: email.to_owned() }
    }

    /// Removes all of an account in transit, its claim to the e-mail address last.
    pub async fn discard(&self, transit: &Transit) -> Result<(), TransitError> {
        let account = transit.keys.account;
        self.clear(transit, true).await?;
        self.unlist_account(account).await?;
        self.release_email(&transit.email, account).await?;
        Ok(self.publish_control(ControlMessage::AccountChanged(account)).await?)
    }

    /// Removes what is stored under an account's tag and what leads to its keys; with `end`, its transit too.
    async fn clear(&self, transit: &Transit, end: bool) -> Result<(), TransitError> {
        let keys = &transit.keys;
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
                self.connections.write_command(forget).await?;
            }
        }
        let mut names = vec![&*keys.leaderboards, &keys.api_keys, &keys.usage, &keys.streams];
        names.extend(end.then_some(&*keys.transit));
        let call = transit.call(&script::DISCARD_ACCOUNT, &names);
        self.write_in_transit(&script::DISCARD_ACCOUNT, call).await
    }

    /// Removes what is stored of a leaderboard.
    pub async fn discard_leaderboard(
        &self,
        transit: &Transit,
        board: &BoardKeys,
    ) -> Result<(), TransitError> {
        let keys = &transit.keys;
        let BoardKeys { board, ranking, pending, entries, leaderboard, .. } = board;
        let names = [&*keys.leaderboards, &keys.usage, board, ranking, pending, entries];
        let mut call = transit.call(&script::DISCARD_LEADERBOARD, &names);
        call.arg(leaderboard.to_string());
        self.write_in_transit(&script::DISCARD_LEADERBOARD, call).await
    }

    /// A script that writes in transit, as [`Transit::call`] calls it.
    pub(super) async fn write_in_transit(
        &self,
        script: &'static Script,
        call: Cmd,
    ) -> Result<(), TransitError> {
        match number(&self.connections.write(script, call).await?)? {
            1 => Ok(()),
            _ => Err(TransitError::TakenOver),
        }
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
