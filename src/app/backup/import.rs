//! Restoring a backup: nothing serves before all of it is there, and what fails leaves nothing behind.

use std::{
    collections::{HashMap, HashSet},
    io::BufRead,
    time::{Duration, Instant},
};

use tokio::time::sleep;

use super::{
    BackupError, Counts,
    line::{EndLine, EntryLine, KeyLine, LeaderboardEndLine, LeaderboardLine, Line, MonthLine},
    reader::Reader,
};
use crate::{
    app::{App, AppError, accounts},
    domain::{
        api_key::{ApiKey, KeyKind},
        appearance::Appearance,
        entry::Entry,
        event::EventId,
        ids::{KeyId, LeaderboardId, PlayerId},
        leaderboard::Settings,
        score_display::ScoreDisplay,
    },
    store::{
        LAST_SEQ, StoreError, Used,
        accounts::Account,
        api_keys::KeyRecord,
        restore::RestoredBoard,
        transit::{RestoreStart, Transit, TransitError},
    },
};

/// Entries restored at once: some two milliseconds of Redis.
const BATCH: usize = 250;
/// Keys restored at once.
const KEY_BATCH: usize = 100;
/// The longest pause between two batches.
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// What was restored.
#[derive(Debug)]
pub struct Restored {
    /// The account.
    pub account: Account,
    /// What it has; an entry that came twice is counted once.
    pub counts: Counts,
}

impl App {
    /// Restores an account that isn't there from a backup.
    ///
    /// Its ids, public ids, keys, ranks and times are those of the backup. It serves from the moment in which this
    /// returns.
    ///
    /// # Errors
    /// Then nothing was changed, unless it is [`BackupError::Left`].
    pub async fn import_account(&self, input: impl BufRead) -> Result<Restored, BackupError> {
        let mut reader = Reader::new(input);
        let line = reader.account()?;
        let email = accounts::parse_email(&line.email).map_err(|error| reader.wrong(error.to_string()))?;
        let account = Account { id: line.id, email, plan: line.plan, created_at: line.created_at };
        let start = self.store.begin_restore(account.id, &account.email).await.map_err(AppError::from)?;
        let transit = match start {
            RestoreStart::Begun(transit) => transit,
            RestoreStart::There(there) if there.id == account.id => return Err(ACCOUNT_THERE.into()),
            RestoreStart::There(_) => return Err(accounts::EMAIL_TAKEN.into()),
            RestoreStart::EmailInTransit => return Err(accounts::EMAIL_IN_TRANSIT.into()),
        };
        let mut import = Import {
            app: self,
            transit: &transit,
            reader,
            counts: Counts::default(),
            leaderboards: HashSet::new(),
            keys: HashSet::new(),
        };
        let restored = async {
            let month = import.lines().await?;
            self.store.finish_restore(&transit, &account, month).await.map_err(AppError::from)?;
            Ok(import.counts)
        };
        match restored.await {
            Ok(counts) => Ok(Restored { account, counts }),
            Err(first) => Err(self.discard(&transit, first).await),
        }
    }

    /// Removes what was restored, and returns why.
    async fn discard(&self, transit: &Transit, first: BackupError) -> BackupError {
        match self.store.discard(transit).await {
            // It is somebody else's now; or it is gone, and Redis' replicas will hear of that later.
            Ok(()) | Err(TransitError::TakenOver | TransitError::Store(StoreError::NotConfirmed)) => first,
            Err(then) => BackupError::Left { first: Box::new(first), then: then.into() },
        }
    }
}

const ACCOUNT_THERE: AppError = AppError::Conflict("The account is there already");

struct Import<'a, R> {
    app: &'a App,
    transit: &'a Transit,
    reader: Reader<R>,
    counts: Counts,
    leaderboards: HashSet<LeaderboardId>,
    keys: HashSet<KeyId>,
}

impl<R: BufRead> Import<'_, R> {
    /// Restores what all lines but the first say; returns the month's count.
    async fn lines(&mut self) -> Result<Option<Used>, BackupError> {
        let mut keys = Vec::new();
        let mut month = None;
        // As they are counted in the backup: with an entry that comes twice as two.
        let mut lines = 0;
        loop {
            match self.reader.next()? {
                Line::Leaderboard(line) if self.keys.is_empty() && month.is_none() => {
                    lines += self.leaderboard(line).await?;
                }
                Line::Key(line) if month.is_none() => {
                    keys.push(self.key(line)?);
                    if keys.len() == KEY_BATCH {
                        self.flush_keys(&mut keys).await?;
                    }
                }
                Line::Month(MonthLine { requests, resets_at }) if month.is_none() => {
                    let resets = u64::try_from(resets_at.unix_seconds()).unwrap_or_default();
                    if requests > LAST_SEQ {
                        return Err(self.reader.wrong("nobody can count to that many requests"));
                    }
                    month = Some(Used { requests, resets });
                }
                Line::End(EndLine { leaderboards, entries, keys: expected }) => {
                    self.flush_keys(&mut keys).await?;
                    let Counts { leaderboards: found, keys, .. } = self.counts;
                    if (found, lines, keys) != (leaderboards, entries, expected) {
                        return Err(self.reader.wrong("the end line counts what is not there"));
                    }
                    self.reader.end()?;
                    return Ok(month);
                }
                _ => return Err(self.reader.wrong("this line doesn't belong here")),
            }
        }
    }

    /// Restores a leaderboard; returns how many lines its entries have.
    async fn leaderboard(&mut self, line: LeaderboardLine) -> Result<u64, BackupError> {
        if self.leaderboards.contains(&line.id) {
            return Err(self.reader.wrong("this leaderboard came before"));
        }
        let decimals = line.decimals.map(|decimals| decimals.to_string()).unwrap_or_default();
        let display = ScoreDisplay::parse(&decimals, &line.unit)
            .map_err(|_| self.reader.wrong("scores can't be shown like that"))?;
        let board = RestoredBoard {
            keys: self.transit.keys.leaderboard(line.id),
            settings: Settings {
                name: line.name,
                sort_order: line.sort_order,
                score_format: line.score_format,
                display,
                policy: line.policy,
            },
            created_at: line.created_at,
            secret: line.handle_secret,
            appearance: Appearance { css: line.css, sites: line.sites },
        };
        let (mut lines, mut added, mut last) = (0, 0, 0);
        let mut batch = HashMap::with_capacity(BATCH);
        loop {
            match self.reader.next()? {
                Line::Entry(line) => {
                    lines += 1;
                    last = last.max(self.entry(line, &mut batch)?);
                    if batch.len() == BATCH {
                        added += self.flush_entries(&board, &mut batch).await?;
                    }
                }
                Line::LeaderboardVoid(_) => {
                    self.app
                        .store
                        .discard_leaderboard(self.transit, &board.keys)
                        .await
                        .map_err(AppError::from)?;
                    return Ok(0);
                }
                Line::LeaderboardEnd(LeaderboardEndLine { seq, entries }) => {
                    if entries != lines {
                        return Err(self.reader.wrong(format!("there are {lines} entries, not {entries}")));
                    }
                    if seq >= LAST_SEQ {
                        return Err(self.reader.wrong("nobody can count to that seq"));
                    }
                    added += self.flush_entries(&board, &mut batch).await?;
                    self.end_leaderboard(&board, last.max(seq) + 1, added).await?;
                    return Ok(lines);
                }
                _ => return Err(self.reader.wrong("this line doesn't belong to a leaderboard")),
            }
        }
    }

    /// Puts an entry into the batch, of two of the same player the later one; returns its sequence number.
    fn entry(
        &self,
        line: EntryLine,
        batch: &mut HashMap<PlayerId, (u64, Entry)>,
    ) -> Result<u64, BackupError> {
        let EntryLine { player_id: player, name, score, metadata, created_at, updated_at, seq } = line;
        if seq >= LAST_SEQ {
            return Err(self.reader.wrong("nobody can count to that seq"));
        }
        let is_later = |(known, entry): &(u64, Entry)| (*known, entry.updated_at) > (seq, updated_at);
        if !batch.get(&player).is_some_and(is_later) {
            let entry = Entry { player, name, score, metadata, created_at, updated_at };
            batch.insert(player, (seq, entry));
        }
        Ok(seq)
    }

    /// Restores a batch; returns how many of its players are new. Redis then rests as long as it took.
    async fn flush_entries(
        &self,
        board: &RestoredBoard,
        batch: &mut HashMap<PlayerId, (u64, Entry)>,
    ) -> Result<u64, BackupError> {
        let entries: Vec<_> = batch.drain().map(|(_, entry)| entry).collect();
        let begun = Instant::now();
        let store = &self.app.store;
        let added = store.restore_entries(self.transit, board, &entries).await.map_err(AppError::from)?;
        sleep(begun.elapsed().min(LONGEST_PAUSE)).await;
        Ok(added)
    }

    async fn end_leaderboard(
        &mut self,
        board: &RestoredBoard,
        seq: u64,
        added: u64,
    ) -> Result<(), BackupError> {
        // A number and a time of its own: no client may take this state for the one that it knows by the last number.
        let last = EventId { seq, at: self.app.clock.now() };
        let store = &self.app.store;
        let counted = store.restore_leaderboard(self.transit, board, last).await.map_err(AppError::from)?;
        if counted != (added, added) {
            return Err(
                AppError::Conflict("Redis has lost entries that were just restored; try again").into()
            );
        }
        self.leaderboards.insert(board.keys.leaderboard);
        self.counts.leaderboards += 1;
        self.counts.entries += added;
        Ok(())
    }

    fn key(&mut self, line: KeyLine) -> Result<KeyRecord, BackupError> {
        let KeyLine { id, kind, leaderboard, label, hash, key, created_at } = line;
        if leaderboard.is_none() != (kind == KeyKind::Management) {
            return Err(self.reader.wrong("a management key is the account's, all others a leaderboard's"));
        }
        if leaderboard.is_some_and(|leaderboard| !self.leaderboards.contains(&leaderboard)) {
            return Err(self.reader.wrong("the key's leaderboard is not in the backup"));
        }
        let text = key.as_deref().map(ApiKey::parse).transpose();
        let text = text.map_err(|error| self.reader.wrong(error.to_string()))?;
        let public = (kind == KeyKind::Publishable).then_some((kind, hash));
        if text.map(|text| (text.kind(), text.hash())) != public {
            return Err(self.reader.wrong("a publishable key has its text, and no other key has one"));
        }
        if !self.keys.insert(id) {
            return Err(self.reader.wrong("this key came before"));
        }
        self.counts.keys += 1;
        Ok(KeyRecord { id, kind, leaderboard, label, hash, public_text: key, created_at, expires_at: None })
    }

    async fn flush_keys(&self, keys: &mut Vec<KeyRecord>) -> Result<(), BackupError> {
        let refused = self.app.store.restore_api_keys(self.transit, keys).await.map_err(AppError::from)?;
        keys.clear();
        match refused {
            Some(id) => {
                Err(self.reader.wrong(format!("key {id}, in this line or before, is another account's here")))
            }
            None => Ok(()),
        }
    }
}
