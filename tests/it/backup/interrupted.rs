//! Restorations that are cut short. Backups come through a pipe, so that the tests decide how far each has come.

use std::{fs::File, io::Write};

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::{Pipe, directory, export, import, is_failure, output};
use crate::support::{
    eventually, load,
    process::Process,
    redis::Server,
    world::{Board, Replica, World},
};

const MANY: usize = 2_000;

/// A backup with entries of which some are restored.
struct HeldImport {
    process: Process,
    writer: File,
    rest: String,
    _directory: tempfile::TempDir,
}

impl HeldImport {
    /// Starts to restore a backup, and holds it once entries have arrived.
    async fn start(world: &World, board: &Board, backup: &str) -> Self {
        Self::start_with(world, board, backup, &[]).await
    }

    /// The same, with further options of `rankora admin`.
    async fn start_with(world: &World, board: &Board, backup: &str, options: &[&str]) -> Self {
        let directory = directory();
        let pipe = Pipe::new(&directory);
        let process = world.admin(options).args(&["import", "--json", "--input", pipe.path()]).start();
        let path = pipe.path().to_owned();
        let file = tokio::task::spawn_blocking(move || File::create(path)).await.expect("a thread");
        let mut writer = file.expect("a pipe");
        let middle = backup.match_indices('\n').nth(MANY / 2).expect("a line").0 + 1;
        let (begin, rest) = backup.split_at(middle);
        let begin = begin.to_owned();
        let mut writer = tokio::task::spawn_blocking(move || {
            writer.write_all(begin.as_bytes()).expect("a reader");
            writer
        })
        .await
        .expect("a thread");
        writer.flush().expect("a reader");
        let keys = world.keys(board);
        eventually("the first entries", async || {
            let mut redis = world.redis().await;
            let entries: usize = redis::cmd("HLEN").arg(&keys.entries).query_async(&mut redis).await.ok()?;
            (entries > 0).then_some(())
        })
        .await;
        Self { process, writer, rest: rest.to_owned(), _directory: directory }
    }

    /// Lets it go on to its end.
    async fn finish(mut self) -> (Process, String) {
        let rest = self.rest;
        let written = tokio::task::spawn_blocking(move || self.writer.write_all(rest.as_bytes()));
        // Who has given up reads no more.
        let _ = written.await.expect("a thread");
        self.process.ended().await;
        let log = self.process.log();
        (self.process, log)
    }
}

async fn backup_of(world: &World) -> (Replica, Board, String) {
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    load::fill(world, &board, &load::players(MANY), "{\"level\":1}").await;
    let backup = export(world, &board.account).await;
    (replica, board, backup)
}

async fn email_of(replica: &Replica, board: &Board) -> String {
    replica.app().account(board.account.id).await.expect("an account").email
}

/// The claim, the index and the account's own keys, and nothing else.
async fn serves_nothing(there: &Replica, other: &World, board: &Board, email: &str) {
    for key in [&board.secret, &board.publishable] {
        there.api(key).get("/leaderboard").await.is_error(401, "unauthorized", None);
    }
    there.api(&board.account.management).get("/usage").await.is_error(401, "unauthorized", None);
    assert_eq!(output(other.admin(&["account", "list", "--json"]).run().await), "{\"accounts\":[]}\n");
    let find = ["leaderboard", "list", "--account", email];
    is_failure(&other.admin(&find).run().await, "Account not found");
    let create = ["account", "create", "--email", email];
    let reason = "An account with this e-mail address is being restored or removed";
    is_failure(&other.admin(&create).run().await, reason);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restoration_that_was_killed_serves_nothing_and_can_be_repeated_or_removed() {
    let (world, other) = (World::new(), World::new());
    let (here, board, backup) = backup_of(&world).await;
    let there = other.replica().await;
    let email = email_of(&here, &board).await;
    for repeat in [true, false] {
        let held = HeldImport::start(&other, &board, &backup).await;
        serves_nothing(&there, &other, &board, &email).await;
        held.process.signal(Signal::SIGKILL);
        held.process.ended().await;
        serves_nothing(&there, &other, &board, &email).await;
        if repeat {
            let answer: Value = serde_json::from_str(&output(import(&other, &backup).await)).expect("JSON");
            assert_eq!(answer["imported"]["entries"], MANY);
            let usage = there.api(&board.account.management).get("/usage").await.ok();
            assert_eq!(usage["currentEntries"], MANY);
            assert_eq!(there.api(&board.secret).get("/leaderboard").await.ok()["total_entries"], MANY);
        }
        output(other.admin(&["account", "delete", "--account", &email]).run().await);
        assert_eq!(other.stored().await.len(), 0, "{:?}", other.stored().await.keys());
    }
    output(other.admin(&["account", "create", "--email", &email]).run().await);
    here.stop().await;
    there.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_restorations_the_later_one_goes_through() {
    let (world, other) = (World::new(), World::new());
    let (here, board, backup) = backup_of(&world).await;
    let held = HeldImport::start(&other, &board, &backup).await;
    output(import(&other, &backup).await);
    let there = other.replica().await;
    let api = there.api(&board.secret);
    let player = uuid::Uuid::new_v4();
    api.submit(player, "Newcomer", 1.0).await.ok();
    let before = other.stored().await;
    let (_, log) = held.finish().await;
    assert_eq!(log, "rankora: Somebody else has begun to restore or to delete this account");
    let mut after = other.stored().await;
    after.retain(|key, _| !key.ends_with(":usage"));
    for (key, fields) in &after {
        assert_eq!(fields, &before[key], "{key}");
    }
    assert_eq!(api.get("/leaderboard").await.ok()["total_entries"], MANY + 1);
    here.stop().await;
    there.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_deleted_while_it_is_restored_stays_deleted() {
    let (world, other) = (World::new(), World::new());
    let (here, board, backup) = backup_of(&world).await;
    let email = email_of(&here, &board).await;
    let held = HeldImport::start(&other, &board, &backup).await;
    output(other.admin(&["account", "delete", "--account", &email]).run().await);
    let (_, log) = held.finish().await;
    assert_eq!(log, "rankora: Somebody else has begun to restore or to delete this account");
    assert_eq!(other.stored().await.len(), 0, "{:?}", other.stored().await.keys());
    here.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_redis_keeps_nothing_of_what_it_can_not_take_whole() {
    let world = World::new();
    let (here, board, backup) = backup_of(&world).await;
    let small = Server::start(&["--maxmemory", "1mb"]);
    let mut redis = small.connection().await;
    let used: String = redis::cmd("INFO").arg("memory").query_async(&mut redis).await.expect("memory");
    let used = used.lines().find_map(|line| line.strip_prefix("used_memory:")).expect("a number");
    let room = used.parse::<u64>().expect("a number") + 400_000;
    let set = ["SET", "maxmemory", &room.to_string()].map(str::to_owned);
    redis::cmd("CONFIG").arg(&set).exec_async(&mut redis).await.expect("a limit");
    let other = World::on(&small);
    let refused = import(&other, &backup).await;
    assert!(refused.log.starts_with("rankora: the store failed: Redis is out of memory"), "{refused:?}");
    assert_eq!(other.stored().await.len(), 0, "{:?}", other.stored().await.keys());

    redis::cmd("CONFIG").arg(&["SET", "maxmemory", "0"]).exec_async(&mut redis).await.expect("no limit");
    output(import(&other, &backup).await);
    let there = other.replica().await;
    assert_eq!(there.api(&board.secret).get("/leaderboard").await.ok()["total_entries"], json!(MANY));
    here.stop().await;
    there.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_redis_replicas_do_not_confirm_is_not_restored() {
    let (primary, copy) = Server::start_replicated().await;
    let (world, other) = (World::new(), World::on(&primary));
    let (here, board, backup) = backup_of(&world).await;
    let options = ["--write-replicas", "1", "--write-replicas-ms", "200"];
    let held = HeldImport::start_with(&other, &board, &backup, &options).await;
    copy.signal(Signal::SIGSTOP);
    let (process, log) = held.finish().await;
    assert!(!process.ended().await.success());
    assert_eq!(log, "rankora: the store failed: the write was not confirmed by enough replicas");
    assert_eq!(other.stored().await.len(), 0, "{:?}", other.stored().await.keys());
    copy.signal(Signal::SIGCONT);
    let held = HeldImport::start_with(&other, &board, &backup, &options).await;
    let (process, log) = held.finish().await;
    assert!(process.ended().await.success(), "{log}");
    let there = other.replica().await;
    assert_eq!(there.api(&board.secret).get("/leaderboard").await.ok()["total_entries"], json!(MANY));
    here.stop().await;
    there.stop().await;
}
