//! What is no whole backup is refused with the line that is to blame, and changes nothing.

use rankora::domain::leaderboard::{Policy, SortOrder};
use serde_json::json;
use uuid::Uuid;

use super::{directory, export, import, import_file, is_failure, lines, output};
use crate::support::world::{Board, Replica, World};

/// A small backup, and the world in which nothing of it is.
async fn small_backup(world: &World) -> (Replica, Board, String) {
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let api = replica.api(&board.secret);
    for (name, score) in [("Ada", 3.0), ("Bob", 2.0)] {
        let body = json!({"name": name, "score": score, "metadata": {"level": 1}});
        api.post("/leaderboard/entries", &body).await.ok();
    }
    replica.board_of(&board.account, SortOrder::Asc, Policy::Sum).await;
    let backup = export(world, &board.account).await;
    (replica, board, backup)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_was_cut_off_anywhere_changes_nothing() {
    let (world, other) = (World::new(), World::new());
    let (replica, _, backup) = small_backup(&world).await;
    let count = backup.lines().count();
    for kept in 0..count {
        let part: String = backup.split_inclusive('\n').take(kept).collect();
        let reason = match kept {
            0 => "line 1: the backup is empty".to_owned(),
            _ => format!("line {}: the backup ends before its end line: it was cut off", kept + 1),
        };
        is_failure(&import(&other, &part).await, &reason);
        assert_eq!(other.stored().await, Default::default(), "{kept} lines");
    }
    // In the middle of a line.
    for cut in [2, 20] {
        let refused = import(&other, &backup[..backup.len() - cut]).await;
        is_failure(&refused, &format!("line {count}: the line ends in the middle: the backup was cut off"));
        assert_eq!(other.stored().await, Default::default());
    }
    output(import(&other, backup.trim_end()).await);
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_with_its_line() {
    let (world, other) = (World::new(), World::new());
    let (replica, board, backup) = small_backup(&world).await;
    let text: Vec<_> = backup.lines().collect();
    assert_eq!(text.len(), 1 + 4 + 2 + 5 + 1 + 1, "{backup}");
    let entry = &lines(&backup, "entry")[0];
    let (player, at) =
        (entry["player_id"].as_str().expect("an id"), entry["created_at"].as_str().expect("a time"));
    let key = lines(&backup, "key")[2].clone();
    let publishable = key["key"].as_str().expect("a publishable key");
    let board_id = board.id.to_string();
    let long = format!("{{\"entry\":\"{}\"}}", "a".repeat(70_000));
    // Line, what to replace in it, with what, what is said.
    let replaced: &[(usize, &str, &str, &str)] = &[
        (1, text[0], "", "this is no backup of an account: it doesn't begin with rankora_account"),
        (
            1,
            text[0],
            "rank,player_id",
            "this is no backup of an account: it doesn't begin with rankora_account",
        ),
        (
            1,
            text[0],
            "\u{1f}\u{8b}",
            "this is no backup of an account: it doesn't begin with rankora_account",
        ),
        (1, "\"version\":1", "\"version\":2", "the backup has version 2; this Rankora reads version 1"),
        (1, "\"plan\"", "\"plans\"", "unknown field `plans`"),
        (1, "@", "", "This is no e-mail address"),
        (1, &board.account.id.to_string(), "me", "an account's id must be a UUID"),
        (2, text[1], "nonsense", "expected value, at column 1"),
        (2, text[1], text[0], "this line doesn't belong here"),
        (2, text[1], "{\"player\":{}}", "unknown variant `player`"),
        (2, text[1], text[2], "this line doesn't belong here"),
        (2, &board_id, "{}", "a leaderboard's id must be a UUID"),
        (2, "\"desc\"", "\"up\"", "the sort_order must be desc or asc"),
        (2, "\"latest\"", "\"first\"", "the policy must be latest, best or sum"),
        (2, "\"number\"", "\"text\"", "the score_format must be number or time"),
        (2, "Test board", "", "this is no leaderboard's name"),
        (
            2,
            "\"handle_secret\":\"",
            "\"handle_secret\":\"z",
            "the handle_secret must have 64 hexadecimal digits",
        ),
        (3, player, "nobody", "a player's id must be a UUID"),
        (3, "\"name\":\"", "\"name\":\"\\u001b[0m", "this is no player's name"),
        (3, "\"name\":\"", &format!("\"name\":\"{}", "a".repeat(50)), "this is no player's name"),
        (3, "\"score\":", "\"score\":1e999,\"x\":", "the score must be a finite number"),
        (3, "\"score\":", "\"score\":\"7\",\"x\":", "the score must be a number"),
        (3, "{\"level\":1}", "[1]", "the metadata must be an object"),
        (3, at, "yesterday", "a time must look like 2025-07-21T19:22:47.782875+00:00"),
        (3, "\"seq\":", "\"seq\":9007199254740991,\"x\":", "unknown field `x`"),
        (3, "\"seq\":", "\"seq\":-", "invalid value: integer `-"),
        (3, text[2], "{\"entry\":{}}", "missing field `player_id`"),
        (3, text[2], &long, "the line is longer than 64 KiB"),
        (3, text[2], text[8], "this line doesn't belong to a leaderboard"),
        (5, "\"entries\":2", "\"entries\":3", "there are 2 entries, not 3"),
        (5, "\"seq\":2", "\"seq\":9007199254740991", "nobody can count to that seq"),
        (6, text[5], text[1], "this leaderboard came before"),
        (9, "\"secret\"", "\"admin\"", "the kind must be secret, publishable or management"),
        (9, "\"secret\"", "\"management\"", "a management key is the account's, all others a leaderboard's"),
        (
            9,
            &format!("\"{board_id}\""),
            "null",
            "a management key is the account's, all others a leaderboard's",
        ),
        (9, &board_id, &Uuid::new_v4().to_string(), "the key's leaderboard is not in the backup"),
        (9, "\"hash\":\"", "\"hash\":\"0", "a key's hash must have 64 hexadecimal digits"),
        (10, publishable, "rk_pub_nonsense", "an API key has"),
        (10, publishable, &board.secret, "a publishable key has its text, and no other key has one"),
        (
            10,
            &format!(",\"key\":\"{publishable}\""),
            "",
            "a publishable key has its text, and no other key has one",
        ),
        (10, text[9], text[8], "this key came before"),
        (13, "\"requests\":", "\"requests\":1e3,\"x\":", "invalid type"),
        (14, "\"keys\":5", "\"keys\":4", "the end line counts what is not there"),
        (14, "\"entries\":2", "\"entries\":1", "the end line counts what is not there"),
        (14, "\"leaderboards\":2", "\"leaderboards\":3", "the end line counts what is not there"),
        (14, text[13], text[12], "this line doesn't belong here"),
        (15, "", "{}", "something follows the end line"),
    ];
    for (line, old, new, reason) in replaced {
        let mut changed: Vec<_> = text.iter().map(|&line| line.to_owned()).collect();
        changed.resize(text.len().max(*line), String::new());
        let place = &mut changed[line - 1];
        let with = if old.is_empty() { (*new).to_owned() } else { place.replacen(old, new, 1) };
        assert_ne!(*place, with, "nothing was changed: {old} {new}");
        *place = with;
        let refused = import(&other, &changed.join("\n")).await;
        let said = format!("rankora: line {line}: {reason}");
        assert!(refused.log.starts_with(&said) && refused.output.is_empty(), "{said}\n{refused:?}");
        assert_eq!((refused.log.lines().count(), refused.status.code()), (1, Some(1)), "{refused:?}");
        assert_eq!(other.stored().await, Default::default(), "{reason}");
    }
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_text_are_refused() {
    let (world, other) = (World::new(), World::new());
    let (replica, _, backup) = small_backup(&world).await;
    let directory = directory();
    let path = directory.path().join("backup");
    for (place, line) in [("Ada", 0), ("\"end\"", 14)] {
        let mut bytes = backup.clone().into_bytes();
        bytes[backup.find(place).expect("a place") + 1] = 0xff;
        std::fs::write(&path, &bytes).expect("a file");
        let refused = import_file(&other, &path).await;
        assert!(refused.log.starts_with("rankora: line "), "{refused:?}");
        assert!(line == 0 || refused.log.contains(&format!("line {line}:")), "{refused:?}");
        assert_eq!(other.stored().await, Default::default());
    }
    std::fs::remove_file(&path).expect("a file");
    let missing = format!("{}: No such file or directory (os error 2)", path.display());
    is_failure(&import_file(&other, &path).await, &missing);
    let folder = import_file(&other, directory.path()).await;
    is_failure(&folder, "the backup can't be read: Is a directory (os error 21)");
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_there_is_not_touched() {
    let (world, other) = (World::new(), World::new());
    let (replica, board, backup) = small_backup(&world).await;
    let before = world.stored().await;
    let email = replica.app().account(board.account.id).await.expect("an account").email;
    for backup in [backup.clone(), backup.replace(&email, "other@example.org")] {
        is_failure(&import(&world, &backup).await, "The account is there already");
        assert_eq!(world.stored().await, before);
    }

    // Somebody else has its address.
    output(other.admin(&["account", "create", "--email", &email.to_uppercase()]).run().await);
    let before = other.stored().await;
    is_failure(&import(&other, &backup).await, "There is an account with this e-mail address");
    assert_eq!(other.stored().await, before);

    // Another account has one of its keys.
    let id = board.account.id.to_string();
    let copy = backup.replace(&id, &Uuid::new_v4().to_string()).replace(&email, "copy@example.org");
    let before = world.stored().await;
    let refused = import(&world, &copy).await;
    let (key, line) = (&lines(&backup, "key")[0]["id"], backup.lines().count());
    let key = key.as_str().expect("an id");
    let reason = format!("line {line}: key {key}, in this line or before, is another account's here");
    is_failure(&refused, &reason);
    assert_eq!(world.stored().await, before);
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_entry_that_comes_twice_the_later_state_is_restored() {
    let (world, other) = (World::new(), World::new());
    let (replica, board, backup) = small_backup(&world).await;
    let text: Vec<_> = backup.lines().collect();
    let (place, ada) = text
        .iter()
        .enumerate()
        .find(|(_, line)| line.contains("\"name\":\"Ada\""))
        .map(|(index, line)| (index, (*line).to_owned()))
        .expect("an entry");
    let seq = lines(&ada, "entry")[0]["seq"].as_u64().expect("a number");
    let at = lines(&ada, "entry")[0]["updated_at"].as_str().expect("a time").to_owned();
    let later = ada
        .replace("Ada", "Better")
        .replace("\"score\":3", "\"score\":1")
        .replace(&format!("\"seq\":{seq}"), "\"seq\":7");
    let renamed = later
        .replace("Better", "Renamed")
        .replace(&format!("\"updated_at\":\"{at}\""), "\"updated_at\":\"2999-01-01T00:00:00.000000+00:00\"");
    // Also where many others lie between them, which are restored at once.
    let others: Vec<_> = (0..600)
        .map(|n| {
            let player = format!("\"player_id\":\"{}\"", Uuid::new_v4());
            let own = format!(
                "\"player_id\":\"{}\"",
                lines(&ada, "entry")[0]["player_id"].as_str().expect("an id")
            );
            ada.replace(&own, &player)
                .replace("\"score\":3", "\"score\":2")
                .replace("Ada", &format!("Other{n}"))
        })
        .collect();
    for order in [[&ada, &later, &renamed], [&renamed, &later, &ada], [&later, &renamed, &ada]] {
        for between in [&others[..], &[]] {
            let mut changed: Vec<String> = text.iter().map(|&line| line.to_owned()).collect();
            let mut entries = Vec::new();
            for line in order {
                entries.push(line.clone());
                entries.extend(between.iter().cloned());
            }
            let count = entries.len() + 1;
            changed.splice(place..=place, entries);
            let changed = changed.join("\n").replace("\"entries\":2", &format!("\"entries\":{count}"));
            output(import(&other, &changed).await);
            let there = other.replica().await;
            let total = between.len() + 2;
            let api = there.api(&board.secret);
            let last = api.get(&format!("/leaderboard/entries?limit=1&offset={}", total - 1)).await.ok();
            assert_eq!(last["pagination"]["total"], total);
            let row = &last["entries"][0];
            assert_eq!(
                (&row["name"], &row["score"], &row["rank"]),
                (&json!("Renamed"), &json!(1), &json!(total))
            );
            let usage = there.api(&board.account.management).get("/usage").await.ok();
            assert_eq!(usage["currentEntries"], total);
            // The number that the leaderboard counts on from is beyond all of them.
            let added = api.submit(Uuid::new_v4(), "Last", 1.0).await.ok();
            assert_eq!(added["rank"], total + 1);
            there.stop().await;
            output(
                other.admin(&["account", "delete", "--account", &board.account.id.to_string()]).run().await,
            );
        }
    }
    replica.stop().await;
}
