//! Writing a backup, entry by entry, while the account serves.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use tokio::time::sleep;

use super::{
    BackupError, Counts,
    line::{
        AccountLine, EndLine, EntryLine, KeyLine, LeaderboardEndLine, LeaderboardLine, Line, MonthLine,
        VERSION, VoidLine,
    },
};
use crate::{
    app::{App, AppError},
    domain::{
        entry::Entry,
        ids::{AccountId, LeaderboardId},
        timestamp::Timestamp,
    },
    store::{BoardKeys, Store, StoreError, api_keys::KeyRecord, export::BoardState},
};

/// How often a leaderboard is begun anew at the most, because what was read of it became void.
const ATTEMPTS: usize = 10;
/// How long Redis may be away: a failover takes seconds.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two attempts to ask it.
const PAUSE: Duration = Duration::from_millis(100);

impl App {
    /// Writes all of an account to `out`, and flushes it.
    ///
    /// Each entry is written as it stood at some moment meanwhile; one that was there all the time is not missing.
    /// Leaderboards, keys and the month's requests are those of the end.
    pub async fn export_account(
        &self,
        id: AccountId,
        out: &mut (impl Write + ?Sized),
    ) -> Result<Counts, BackupError> {
        let account = self.account(id).await?;
        let mut export = Export { store: &self.store, out, counts: Counts::default() };
        export.write(&Line::RankoraAccount(AccountLine {
            version: VERSION,
            exported_at: self.clock.now(),
            id: account.id,
            email: account.email,
            plan: account.plan,
            created_at: account.created_at,
        }))?;
        let keys = self.store.keys().account(id);
        let mut exported = Vec::new();
        for leaderboard in patiently(async || self.store.leaderboard_ids(&keys).await).await? {
            if export.leaderboard(&keys.leaderboard(leaderboard)).await? {
                exported.push(leaderboard);
            }
        }
        // Last: a key that was revoked meanwhile must not come back.
        exported.sort_unstable();
        for key in patiently(async || self.store.list_api_keys(&keys).await).await? {
            // One that was rotated would have no end where it is restored.
            if key.expires_at.is_some() {
                continue;
            }
            export.key(key, &exported)?;
        }
        if let Some(month) = patiently(async || self.store.month(&keys).await).await? {
            let resets = i64::try_from(month.resets).unwrap_or(i64::MAX).saturating_mul(1_000_000);
            let resets_at = Timestamp::from_micros(resets);
            export.write(&Line::Month(MonthLine { requests: month.requests, resets_at }))?;
        }
        // Deleted meanwhile, half of it may be missing.
        let there = patiently(async || self.store.read_account(id).await).await?;
        there.ok_or(AppError::NotFound("Account"))?;
        export.end()
    }
}

/// Reads, and asks again for a while where Redis can't be reached: a failover is no reason to begin anew.
async fn patiently<T>(read: impl AsyncFn() -> Result<T, StoreError>) -> Result<T, AppError> {
    let begun = Instant::now();
    loop {
        match read().await {
            Err(error) if error.is_passing() && begun.elapsed() < PATIENCE => sleep(PAUSE).await,
            result => return Ok(result?),
        }
    }
}

struct Export<'a, W: ?Sized> {
    store: &'a Store,
    out: &'a mut W,
    counts: Counts,
}

impl<W: Write + ?Sized> Export<'_, W> {
    fn write(&mut self, line: &Line) -> Result<(), BackupError> {
        serde_json::to_writer(&mut self.out, line).map_err(|error| BackupError::Write(error.into()))?;
        self.out.write_all(b"\n").map_err(BackupError::Write)
    }

    /// Writes a leaderboard with its entries; false where it is gone.
    async fn leaderboard(&mut self, keys: &BoardKeys) -> Result<bool, BackupError> {
        let store = self.store;
        let state = async || patiently(async || store.board_state(keys).await).await;
        let mut next = state().await?;
        let mut attempts = 0;
        while let Some(before) = next {
            if attempts == ATTEMPTS {
                let why = "A leaderboard is reset or set up otherwise again and again; try again later";
                return Err(AppError::Conflict(why).into());
            }
            attempts += 1;
            self.write(&Line::Leaderboard(leaderboard_line(keys.leaderboard, &before)))?;
            let entries = self.entries(keys).await?;
            next = state().await?;
            if let Some(after) = next.as_ref().filter(|after| after.allows_scan_since(&before)) {
                self.write(&Line::LeaderboardEnd(LeaderboardEndLine { seq: after.last.seq, entries }))?;
                self.counts.leaderboards += 1;
                self.counts.entries += entries;
                return Ok(true);
            }
            // It was reset, set up otherwise or deleted, or Redis is another server now.
            self.write(&Line::LeaderboardVoid(VoidLine {}))?;
        }
        Ok(false)
    }

    /// Writes a leaderboard's entries, and returns how many lines that were.
    async fn entries(&mut self, keys: &BoardKeys) -> Result<u64, BackupError> {
        let mut lines = 0;
        let mut cursor = Some(0);
        while let Some(from) = cursor {
            let chunk = patiently(async || self.store.scan_entries(keys, from).await).await?;
            for (seq, entry) in chunk.entries {
                let Entry { player, name, score, metadata, created_at, updated_at } = entry;
                let line =
                    EntryLine { player_id: player, name, score, metadata, created_at, updated_at, seq };
                self.write(&Line::Entry(line))?;
                lines += 1;
            }
            cursor = chunk.next;
        }
        Ok(lines)
    }

    /// Writes a key, unless it belongs to a leaderboard that is not in the backup.
    fn key(&mut self, key: KeyRecord, exported: &[LeaderboardId]) -> Result<(), BackupError> {
        if key.leaderboard.is_some_and(|leaderboard| exported.binary_search(&leaderboard).is_err()) {
            return Ok(());
        }
        let KeyRecord { id, kind, leaderboard, label, hash, public_text, created_at, .. } = key;
        self.counts.keys += 1;
        self.write(&Line::Key(KeyLine { id, kind, leaderboard, label, hash, key: public_text, created_at }))
    }

    fn end(mut self) -> Result<Counts, BackupError> {
        let Counts { leaderboards, entries, keys } = self.counts;
        self.write(&Line::End(EndLine { leaderboards, entries, keys }))?;
        self.out.flush().map_err(BackupError::Write)?;
        Ok(self.counts)
    }
}

fn leaderboard_line(id: LeaderboardId, state: &BoardState) -> LeaderboardLine {
    LeaderboardLine {
        id,
        name: state.settings.name.clone(),
        sort_order: state.settings.sort_order,
        score_format: state.settings.score_format,
        policy: state.settings.policy,
        created_at: state.created_at,
        handle_secret: state.secret.clone(),
        decimals: state.settings.display.decimals(),
        unit: state.settings.display.unit().to_owned(),
        css: state.appearance.css.clone(),
        sites: state.appearance.sites.clone(),
    }
}
