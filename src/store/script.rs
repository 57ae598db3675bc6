//! The scripts: one file per atomic operation, sent by hash.

use std::sync::LazyLock;

use redis::{Cmd, cmd};

/// A Lua script and the hash under which Redis knows it.
pub(super) struct Script {
    source: String,
    hash: String,
}

impl Script {
    fn new(parts: &[&str]) -> Self {
        let source = parts.concat();
        let hash = redis::Script::new(&source).get_hash().to_owned();
        Self { source, hash }
    }

    /// The call by hash: Redis answers NOSCRIPT where it doesn't know it.
    pub(super) fn by_hash(&self, keys: &[&str], room: usize) -> Cmd {
        self.call("EVALSHA", &self.hash, keys, room)
    }

    /// The same call with the whole text in place of the hash, which makes Redis know it.
    pub(super) fn by_text(&self, call: &Cmd) -> Cmd {
        let mut whole = cmd("EVAL");
        whole.arg(&self.source);
        for argument in call.args_iter().skip(2) {
            if let redis::Arg::Simple(bytes) = argument {
                whole.arg(bytes);
            }
        }
        whole
    }

    fn call(&self, command: &str, script: &str, keys: &[&str], room: usize) -> Cmd {
        let mut call = Cmd::with_capacity(3 + keys.len() + room, 512);
        call.arg(command).arg(script).arg(keys.len());
        for key in keys {
            call.arg(key);
        }
        call
    }
}

macro_rules! script {
    ($name:ident = $($file:literal)+) => {
        pub(super) static $name: LazyLock<Script> =
            LazyLock::new(|| Script::new(&[$(include_str!(concat!("scripts/", $file))),+]));
    };
}

script!(SUBMIT = "shared/clock.lua" "shared/quota.lua" "shared/member.lua" "shared/policy.lua" "submit.lua");
script!(DELETE_ENTRY = "shared/allow_oom.lua" "shared/clock.lua" "shared/quota.lua" "shared/member.lua" "shared/rank.lua" "shared/head.lua" "shared/event.lua" "delete_entry.lua");
script!(EDIT_ENTRY = "shared/clock.lua" "shared/member.lua" "shared/rank.lua" "shared/head.lua" "shared/event.lua" "edit_entry.lua");
script!(REMOVE_ENTRIES = "shared/clock.lua" "shared/member.lua" "shared/rank.lua" "shared/head.lua" "shared/event.lua" "remove_entries.lua");
script!(RESTORE_REMOVED = "shared/clock.lua" "shared/member.lua" "shared/rank.lua" "shared/head.lua" "shared/event.lua" "restore_removed.lua");
script!(COUNT_DAY = "count_day.lua");
script!(COUNT_KEYS = "count_keys.lua");
script!(NOTE_HISTORY = "shared/clock.lua" "note_history.lua");
script!(TAKE = "shared/allow_oom.lua" "shared/clock.lua" "shared/quota.lua" "take.lua");
script!(GIVE_BACK = "shared/allow_oom.lua" "give_back.lua");
script!(STREAM_PLACES = "shared/allow_oom.lua" "shared/clock.lua" "stream_places.lua");
script!(READ_PAGE = "shared/head.lua" "read_page.lua");
script!(READ_ENTRY = "shared/member.lua" "shared/rank.lua" "shared/head.lua" "read_entry.lua");
script!(CLAIM_EMAIL = "shared/allow_oom.lua" "claim_email.lua");
script!(SET_PLAN = "set_plan.lua");
script!(CREATE_KEY = "create_key.lua");
script!(CHANGE_ACCOUNT = "change_account.lua");
script!(TAKE_LINK = "shared/allow_oom.lua" "take_link.lua");
script!(COUNT_ATTEMPT = "shared/clock.lua" "count_attempt.lua");
script!(CREATE_LEADERBOARD = "shared/clock.lua" "create_leaderboard.lua");
script!(SET_FIELDS = "set_fields.lua");
script!(UPDATE_LEADERBOARD = "shared/head.lua" "update_leaderboard.lua");
script!(SORT_CHUNK = "shared/clock.lua" "shared/member.lua" "shared/head.lua" "shared/event.lua" "sort_chunk.lua");
script!(RESET_LEADERBOARD = "shared/allow_oom.lua" "shared/clock.lua" "shared/head.lua" "shared/event.lua" "reset_leaderboard.lua");
script!(DELETE_LEADERBOARD = "shared/allow_oom.lua" "shared/clock.lua" "shared/head.lua" "shared/event.lua" "delete_leaderboard.lua");
script!(WALK_RANKING = "shared/head.lua" "walk_ranking.lua");
script!(READ_BOARD = "read_board.lua");
script!(BEGIN_RESTORE = "begin_restore.lua");
script!(BEGIN_REMOVAL = "shared/allow_oom.lua" "begin_removal.lua");
script!(RESTORE_ENTRIES = "shared/member.lua" "restore_entries.lua");
script!(RESTORE_FIELDS = "restore_fields.lua");
script!(RESTORE_ACCOUNT = "restore_account.lua");
script!(DISCARD_LEADERBOARD = "shared/allow_oom.lua" "discard_leaderboard.lua");
script!(DISCARD_ACCOUNT = "shared/allow_oom.lua" "discard_account.lua");
