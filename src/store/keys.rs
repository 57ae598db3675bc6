//! The names of all keys and channels. Everything of one account shares one hash tag, so that one script can
//! touch it at once on a Redis Cluster too; outside lie only lookups.

use crate::domain::{
    api_key::KeyHash,
    ids::{AccountId, LeaderboardId, RemovalId},
    token::TokenHash,
};

/// Makes names under one prefix.
#[derive(Clone, Debug)]
pub struct Keys {
    prefix: String,
}

impl Keys {
    /// Names that begin with `prefix` and a colon.
    pub fn new(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into() }
    }

    /// Key hash → account and key id.
    pub fn key_lookup(&self, hash: &KeyHash) -> String {
        format!("{}:key:{hash}", self.prefix)
    }

    /// E-mail address → account id.
    pub fn email(&self, email: &str) -> String {
        format!("{}:email:{email}", self.prefix)
    }

    /// A session: whose it is.
    pub fn session(&self, hash: &TokenHash) -> String {
        format!("{}:session:{hash}", self.prefix)
    }

    /// A one-time link: what it is for.
    pub fn link(&self, hash: &TokenHash) -> String {
        format!("{}:link:{hash}", self.prefix)
    }

    /// The link with which the first account of an installation is made.
    pub fn setup(&self) -> String {
        format!("{}:setup", self.prefix)
    }

    /// Attempts of one kind by, or at, one subject, which the caller has hashed.
    pub fn attempts(&self, kind: &str, subject: &str) -> String {
        format!("{}:attempts:{kind}:{subject}", self.prefix)
    }

    /// The index of all accounts by their time of creation.
    pub fn accounts(&self) -> String {
        format!("{}:accounts", self.prefix)
    }

    /// Changes of a sort order that are going on: `account leaderboard`.
    pub fn sort_jobs(&self) -> String {
        format!("{}:sort-jobs", self.prefix)
    }

    /// The channel on which replicas tell each other what to forget.
    pub fn control_channel(&self) -> String {
        format!("{}:control", self.prefix)
    }

    /// The sharded channel on which one replica makes sure that it hears a server that has this tag.
    pub fn pulse_channel(&self, tag: &str, replica: &str) -> String {
        format!("{}:{{{tag}}}:pulse:{replica}", self.prefix)
    }

    /// The names of one account.
    pub fn account(&self, account: AccountId) -> AccountKeys {
        let tag = format!("{}:{{{account}}}", self.prefix);
        AccountKeys {
            account,
            record: format!("{tag}:account"),
            transit: format!("{tag}:transit"),
            usage: format!("{tag}:usage"),
            leaderboards: format!("{tag}:leaderboards"),
            api_keys: format!("{tag}:keys"),
            streams: format!("{tag}:streams"),
            days: format!("{tag}:days"),
            tag,
        }
    }
}

/// The names of one account.
#[derive(Clone, Debug)]
pub struct AccountKeys {
    /// Whose names these are.
    pub account: AccountId,
    /// Hash: e-mail, plan, times. Without it nothing of the account serves.
    pub record: String,
    /// Hash: who is at it, e-mail; there while the account is being restored or removed.
    pub transit: String,
    /// Hash: requests of the month, its end, entries.
    pub usage: String,
    /// Sorted set: leaderboard ids by their time of creation.
    pub leaderboards: String,
    /// Hash: key id → record.
    pub api_keys: String,
    /// Hash: replica → open streams and when the count lapses.
    pub streams: String,
    /// Hash: day and kind → what happened then.
    pub days: String,
    tag: String,
}

impl AccountKeys {
    /// HyperLogLog: who submitted on a day, counted from the epoch.
    pub fn players(&self, day: u32) -> String {
        format!("{}:players:{day}", self.tag)
    }

    /// Hash: key id → when and how often it was used.
    pub fn key_uses(&self) -> String {
        format!("{}:key-uses", self.tag)
    }

    /// The names of one leaderboard of this account.
    pub fn leaderboard(&self, leaderboard: LeaderboardId) -> BoardKeys {
        let board = format!("{}:b:{leaderboard}", self.tag);
        BoardKeys {
            account: self.account,
            leaderboard,
            ranking: format!("{board}:ranking"),
            pending: format!("{board}:pending"),
            entries: format!("{board}:entries"),
            channel: format!("{board}:events"),
            history: format!("{board}:history"),
            usage: self.usage.clone(),
            board,
        }
    }
}

/// The names of one leaderboard.
#[derive(Clone, Debug)]
pub struct BoardKeys {
    /// Whose leaderboard it is.
    pub account: AccountId,
    /// Which one.
    pub leaderboard: LeaderboardId,
    /// Hash: settings, sequence number, secret.
    pub board: String,
    /// Sorted set: the ranking.
    pub ranking: String,
    /// Sorted set: the ranking in the order that the leaderboard is being changed to.
    pub pending: String,
    /// Hash: player → packed entry.
    pub entries: String,
    /// Sorted set: what was changed by whom, by its time.
    pub history: String,
    /// Channel of its events.
    pub channel: String,
    /// The account's usage hash.
    pub usage: String,
}

impl BoardKeys {
    /// Hash: player → packed entry, of those that were removed together.
    pub fn removed(&self, removal: RemovalId) -> String {
        format!("{}:removed:{removal}", self.board)
    }

    /// The answer that was given under an `Idempotency-Key`.
    pub fn kept_answer(&self, key: &str) -> String {
        format!("{}:answer:{key}", self.board)
    }
}
