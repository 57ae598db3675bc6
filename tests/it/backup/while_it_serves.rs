//! Backups of accounts that are written to meanwhile. Exports go into a pipe, so that the tests decide how far each
//! has come when something happens.

use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    io::{BufRead, BufReader},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rankora::domain::leaderboard::{Policy, SortOrder};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Pipe, directory, export, import, lines, output};
use crate::support::{
    eventually, load,
    model::Player,
    process::Process,
    redis::Server,
    world::{Account, Board, World},
};

/// Entries: several scans.
const MANY: usize = 5_000;

/// So much of each entry that what one scan brings is more than a pipe and all buffers hold.
fn metadata() -> String {
    let pairs: Vec<_> = (0..8).map(|n| format!("\"k{n}\":\"{}\"", "x".repeat(64))).collect();
    format!("{{{}}}", pairs.join(","))
}

/// An export that is held in the middle of its first leaderboard.
struct HeldExport {
    process: Process,
    reader: BufReader<File>,
    text: String,
    _directory: tempfile::TempDir,
}

impl HeldExport {
    async fn start(world: &World, account: &Account) -> Self {
        let directory = directory();
        let pipe = Pipe::new(&directory);
        let account = account.id.to_string();
        let args = ["export", "--account", &account, "--output", pipe.path(), "--log", "info"];
        let process = world.admin(&args).start();
        let path = pipe.path().to_owned();
        // Opening waits for the one who writes.
        let file = tokio::task::spawn_blocking(move || File::open(path)).await.expect("a thread");
        let mut reader = BufReader::new(file.expect("a pipe"));
        let mut text = String::new();
        for _ in 0..3 {
            reader.read_line(&mut text).expect("a line");
        }
        assert_eq!(lines(&text, "entry").len(), 1, "{text}");
        Self { process, reader, text, _directory: directory }
    }

    /// Lets it go on to its end.
    async fn finish(self) -> String {
        let Self { process, mut reader, mut text, _directory } = self;
        let text = tokio::task::spawn_blocking(move || {
            std::io::Read::read_to_string(&mut reader, &mut text).expect("the rest");
            text
        });
        let text = text.await.expect("a thread");
        assert!(process.ended().await.success(), "{}", process.log());
        text
    }
}

/// A leaderboard with many entries.
async fn stage(world: &World) -> (crate::support::world::Replica, Board, Vec<Player>) {
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let players = load::players(MANY);
    load::fill(world, &board, &players, &metadata()).await;
    (replica, board, players)
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_that_are_left_alone_are_restored_in_their_order_while_others_change() {
    for order in [SortOrder::Desc, SortOrder::Asc] {
        let (world, other) = (World::new(), World::new());
        let replica = world.replica().await;
        let board = replica.board_of(&replica.account("unlimited").await, order, Policy::Latest).await;
        let players = load::players(MANY);
        load::fill(&world, &board, &players, &metadata()).await;
        let (busy, quiet) = players.split_at(MANY / 10);
        let stop = Arc::new(AtomicBool::new(false));
        let mut writers = Vec::new();
        for part in busy.chunks(busy.len().div_ceil(4)) {
            let (api, part, stop) = (replica.api(&board.secret), part.to_vec(), stop.clone());
            writers.push(tokio::spawn(async move {
                let mut round = 0.0;
                while !stop.load(Ordering::Relaxed) {
                    for player in &part {
                        round += 1.0;
                        match round as u64 % 5 {
                            0 => drop(api.delete(&format!("/leaderboard/entries/{}", player.id)).await),
                            1 => drop(api.submit(Uuid::new_v4(), "Newcomer", round).await.ok()),
                            _ => drop(api.submit(player.id, &player.name, round % 50.0).await.ok()),
                        }
                    }
                }
            }));
        }
        let held = HeldExport::start(&world, &board.account).await;
        let before = replica.api(&board.secret).get("/leaderboard").await.ok()["total_entries"].clone();
        eventually("further writes", async || {
            let now = replica.api(&board.secret).get("/leaderboard").await.ok();
            (now["total_entries"].as_u64() > before.as_u64().map(|before| before + 50)).then_some(())
        })
        .await;
        let backup = held.finish().await;
        stop.store(true, Ordering::Relaxed);
        for writer in writers {
            writer.await.expect("a writer");
        }
        output(import(&other, &backup).await);

        let there = other.replica().await;
        let restored = ranking(&there, &board).await;
        let (here, quiet): (Vec<_>, HashMap<_, _>) =
            (ranking(&replica, &board).await, quiet.iter().map(|player| (player.id, player)).collect());
        let still = |rows: &[(Uuid, f64)]| -> Vec<(Uuid, f64)> {
            rows.iter().filter(|(player, _)| quiet.contains_key(player)).copied().collect()
        };
        assert_eq!(still(&restored).len(), quiet.len(), "none is missing");
        assert_eq!(still(&restored), still(&here), "in the same order");
        for pair in restored.windows(2) {
            let in_order =
                if order == SortOrder::Desc { pair[0].1 >= pair[1].1 } else { pair[0].1 <= pair[1].1 };
            assert!(in_order, "{pair:?}");
        }
        let usage = there.api(&board.account.management).get("/usage").await.ok();
        assert_eq!(usage["currentEntries"], restored.len());
        replica.stop().await;
        there.stop().await;
    }
}

async fn ranking(replica: &crate::support::world::Replica, board: &Board) -> Vec<(Uuid, f64)> {
    let mut walk = Default::default();
    let mut ranking = Vec::new();
    loop {
        let rows = replica.app().next_rows(board.account.id, board.id, &mut walk).await.expect("rows");
        if rows.is_empty() {
            return ranking;
        }
        ranking.extend(
            rows.iter().map(|row| (Uuid::from_bytes(*row.entry.player.as_bytes()), row.entry.score.get())),
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_meanwhile_leaves_no_entry_from_before_it() {
    let (world, other) = (World::new(), World::new());
    let (replica, board, _) = stage(&world).await;
    let held = HeldExport::start(&world, &board.account).await;
    let management = replica.api(&board.account.management);
    management.post(&format!("/leaderboards/{}/reset", board.id), &json!({})).await.ok();
    let after = load::players(30);
    load::fill(&world, &board, &after, "").await;
    let backup = held.finish().await;
    assert_eq!(lines(&backup, "leaderboard_void").len(), 1);
    output(import(&other, &backup).await);
    let there = other.replica().await;
    assert_eq!(ranking(&there, &board).await, ranking(&replica, &board).await);
    assert_eq!(there.api(&board.account.management).get("/usage").await.ok()["currentEntries"], 30);
    replica.stop().await;
    there.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_change_meanwhile_are_restored_with_ranks_that_fit_them() {
    let (world, other) = (World::new(), World::new());
    let (replica, board, _) = stage(&world).await;
    let held = HeldExport::start(&world, &board.account).await;
    let management = replica.api(&board.account.management);
    let path = format!("/leaderboards/{}", board.id);
    management.patch(&path, &json!({"sort_order": "asc", "policy": "best"})).await.ok();
    eventually("the switch", async || {
        (management.get(&path).await.ok()["sort_order"] == "asc").then_some(())
    })
    .await;
    let backup = held.finish().await;
    output(import(&other, &backup).await);
    let there = other.replica().await;
    let restored = there.api(&board.account.management).get(&path).await.ok();
    assert_eq!((&restored["sort_order"], &restored["policy"]), (&json!("asc"), &json!("best")));
    assert_eq!(ranking(&there, &board).await, ranking(&replica, &board).await);
    replica.stop().await;
    there.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_sort_order_that_goes_on_is_not_restored() {
    let (world, other) = (World::new(), World::new());
    let (replica, board, _) = stage(&world).await;
    let mut redis = world.redis().await;
    let key = world.keys(&board).board;
    load::begin_ascending(&mut redis, &key).await;
    let fields = [("cursor", "0"), ("runner", "somebody"), ("lapses", "9007199254740991")];
    let () = redis::AsyncCommands::hset_multiple(&mut redis, key, &fields).await.expect("a change");
    output(import(&other, &export(&world, &board.account).await).await);
    let there = other.replica().await;
    let path = format!("/leaderboards/{}", board.id);
    let restored = there.api(&board.account.management).get(&path).await.ok();
    assert_eq!((&restored["sort_order"], &restored["pending_sort_order"]), (&json!("desc"), &Value::Null));
    assert_eq!(ranking(&there, &board).await, ranking(&replica, &board).await);
    replica.stop().await;
    there.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_or_revoked_meanwhile_is_not_restored() {
    let (world, other) = (World::new(), World::new());
    let (replica, board, _) = stage(&world).await;
    let kept = replica.board_of(&board.account, SortOrder::Desc, Policy::Latest).await;
    let gone = replica.board_of(&board.account, SortOrder::Desc, Policy::Latest).await;
    let held = HeldExport::start(&world, &board.account).await;
    let management = replica.api(&board.account.management);
    for board in [&board, &gone] {
        management.delete(&format!("/leaderboards/{}", board.id)).await.ok();
    }
    let keys = management.get(&format!("/leaderboards/{}/keys", kept.id)).await.ok();
    let revoked = keys["keys"].as_array().expect("keys").iter().find(|key| key["kind"] == "secret");
    let revoked = revoked.expect("a secret key")["id"].as_str().expect("an id");
    management.delete(&format!("/leaderboards/{}/keys/{revoked}", kept.id)).await.ok();
    // New ones come with the next backup, and so do their keys.
    let late = replica.board_of(&board.account, SortOrder::Desc, Policy::Latest).await;
    let backup = held.finish().await;
    let answer: Value = serde_json::from_str(&output(import(&other, &backup).await)).expect("JSON");
    assert_eq!((&answer["imported"]["leaderboards"], &answer["imported"]["keys"]), (&json!(1), &json!(2)));
    let there = other.replica().await;
    let usage = there.api(&board.account.management).get("/usage").await.ok();
    assert_eq!((&usage["currentEntries"], &usage["currentLeaderboards"]), (&json!(0), &json!(1)));
    there.api(&kept.publishable).get("/leaderboard").await.ok();
    for key in [&kept.secret, &board.secret, &gone.publishable, &late.secret] {
        there.api(key).get("/leaderboard").await.is_error(401, "unauthorized", None);
    }
    assert!(other.stored().await.keys().all(|key| !key.contains(&board.id.to_string())));
    replica.stop().await;
    there.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_deleted_meanwhile_gives_no_backup() {
    let world = World::new();
    let (replica, board, _) = stage(&world).await;
    let mut held = HeldExport::start(&world, &board.account).await;
    replica.app().delete_account(&board.account.id.to_string()).await.expect("its end");
    std::io::Read::read_to_string(&mut held.reader, &mut held.text).expect("the rest");
    assert!(!held.process.ended().await.success());
    assert!(held.process.log().ends_with("rankora: Account not found"), "{}", held.process.log());
    assert_eq!(lines(&held.text, "end").len(), 0);
    replica.stop().await;
}

// A scan's cursor is worth nothing on another server: entries would be missing, and nobody would know.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_redis_in_the_middle_loses_no_entry() {
    let server = Server::start(&["--appendonly", "yes", "--appendfsync", "always"]);
    let (world, other) = (World::on(&server), World::new());
    let (replica, board, players) = stage(&world).await;
    let held = HeldExport::start(&world, &board.account).await;
    server.kill();
    let server = server.restart();
    eventually("the second connection", async || {
        (held.process.log().matches("Redis is ready").count() > 1).then_some(())
    })
    .await;
    let backup = held.finish().await;
    assert_eq!(lines(&backup, "leaderboard_void").len(), 1);
    output(import(&other, &backup).await);
    let there = other.replica().await;
    let scores: BTreeMap<_, _> = players.iter().map(|player| (player.id, player.score.to_bits())).collect();
    let restored = ranking(&there, &board).await;
    assert_eq!(
        restored.iter().map(|(player, score)| (*player, score.to_bits())).collect::<BTreeMap<_, _>>(),
        scores
    );
    replica.stop().await;
    there.stop().await;
    drop(server);
}
