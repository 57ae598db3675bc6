//! Writing an account as a whole, while it is in transit.

use redis::Value;

use super::{
    Store,
    accounts::{Account, Claim},
    api_keys::{self, KeyRecord},
    control::ControlMessage,
    keys::BoardKeys,
    packed::{self, Head},
    quota::Used,
    reply::{Parts, number, text},
    script,
    transit::{Transit, TransitError},
};
use crate::domain::{
    appearance::{Appearance, Site},
    entry::Entry,
    event::EventId,
    ids::{HandleSecret, KeyId},
    leaderboard::Settings,
    timestamp::Timestamp,
};

/// A leaderboard to which entries are restored.
#[derive(Clone, Debug)]
pub struct RestoredBoard {
    /// Its names.
    pub keys: BoardKeys,
    /// Its settings.
    pub settings: Settings,
    /// When it was made.
    pub created_at: Timestamp,
    /// Makes its players' public handles.
    pub secret: HandleSecret,
    /// How its page for frames looks, and who may show it.
    pub appearance: Appearance,
}

impl Store {
    /// Puts entries, each with its sequence number, on a leaderboard; returns how many are new. Of a player's states
    /// the later one stays, in whichever order they come. May be repeated.
    pub async fn restore_entries(
        &self,
        transit: &Transit,
        board: &RestoredBoard,
        entries: &[(u64, Entry)],
    ) -> Result<u64, TransitError> {
        let keys = &transit.keys;
        let BoardKeys { ranking, entries: hash, leaderboard, .. } = &board.keys;
        let names = [&*keys.leaderboards, ranking, hash, &keys.usage];
        let mut call = transit.call(&script::RESTORE_ENTRIES, &names);
        call.arg(leaderboard.to_string())
            .arg(board.created_at.micros())
            .arg(packed::order_code(board.settings.sort_order));
        for (seq, entry) in entries {
            call.arg(entry.player.as_bytes().as_slice())
                .arg(packed::pack_entry(*seq, entry))
                .arg(packed::pack_member(board.settings.sort_order, *seq, entry.player).as_slice())
                .arg(format!("{:e}", entry.score.get()));
        }
        match self.connections.write(&script::RESTORE_ENTRIES, call).await? {
            Value::Int(-1) => Err(TransitError::TakenOver),
            added => Ok(number(&added)?),
        }
    }

    /// Ends a leaderboard, with `last` as its last change; returns how many entries it has, and how many places its
    /// ranking.
    pub async fn restore_leaderboard(
        &self,
        transit: &Transit,
        board: &RestoredBoard,
        last: EventId,
    ) -> Result<(u64, u64), TransitError> {
        let RestoredBoard { keys, settings, created_at, secret, appearance } = board;
        let head = Head { id: last, order: settings.sort_order, policy: settings.policy, pending: None };
        let mut fields = transit.call(&script::RESTORE_FIELDS, &[&keys.board]);
        fields
            .arg(&["name", settings.name.as_str(), "format", settings.score_format.as_str()])
            .arg("secret")
            .arg(secret.expose().as_slice())
            .arg(&["created", &created_at.micros().to_string()])
            .arg("head")
            .arg(head.pack());
        let optional = [
            ("css", appearance.css.as_str()),
            ("sites", &Site::join(&appearance.sites)),
            ("decimals", &settings.display.decimals_text()),
            ("unit", settings.display.unit()),
        ];
        for (field, text) in optional {
            if !text.is_empty() {
                fields.arg(field).arg(text);
            }
        }
        self.write_in_transit(&script::RESTORE_FIELDS, fields).await?;
        let mut counts = redis::pipe();
        counts.cmd("HLEN").arg(&keys.entries);
        counts.cmd("ZCARD").arg(&keys.ranking);
        let mut counts = Parts::of(Value::Array(self.connections.pipeline(&counts).await?))?;
        Ok((counts.number()?, counts.number()?))
    }

    /// Restores keys; returns the first that is another key's place already, where there is one.
    pub async fn restore_api_keys(
        &self,
        transit: &Transit,
        api_keys: &[KeyRecord],
    ) -> Result<Option<KeyId>, TransitError> {
        if api_keys.is_empty() {
            return Ok(None);
        }
        let mut records = transit.call(&script::RESTORE_FIELDS, &[&transit.keys.api_keys]);
        for key in api_keys {
            records.arg(key.id.to_string()).arg(api_keys::stored(key)?);
        }
        // First the records: by them, what leads to the keys is found again and removed.
        self.write_in_transit(&script::RESTORE_FIELDS, records).await?;
        for key in api_keys {
            let place = api_keys::place(&transit.keys, key.id);
            let mut lookup = redis::cmd("SET");
            lookup.arg(self.keys.key_lookup(&key.hash)).arg(&place).arg("NX").arg("GET");
            let found = text(self.connections.write_command(lookup).await?)?;
            if found.is_some_and(|found| found != place) {
                return Ok(Some(key.id));
            }
        }
        Ok(None)
    }

    /// Ends a restoration: the account serves from now on.
    pub async fn finish_restore(
        &self,
        transit: &Transit,
        account: &Account,
        month: Option<Used>,
    ) -> Result<(), TransitError> {
        if let Some(Used { requests, resets }) = month {
            let mut fields = transit.call(&script::RESTORE_FIELDS, &[&transit.keys.usage]);
            fields.arg(resets).arg(requests);
            self.write_in_transit(&script::RESTORE_FIELDS, fields).await?;
        }
        // Again: whoever was removing the account when this began may have given it up late.
        let Claim::Granted = self.claim_email(&account.email, account.id).await? else {
            return Err(TransitError::TakenOver);
        };
        self.list_account(account.id, account.created_at).await?;
        let mut record = transit.call(&script::RESTORE_ACCOUNT, &[&transit.keys.record]);
        record
            .arg(&["email", account.email.as_str(), "plan", account.plan.as_str()])
            .arg(&["created", &account.created_at.micros().to_string()]);
        self.write_in_transit(&script::RESTORE_ACCOUNT, record).await?;
        // Replicas may have cached that its keys are unknown.
        Ok(self
            .publish_control(&self.keys.account(account.id), ControlMessage::AccountChanged(account.id))
            .await?)
    }
}
