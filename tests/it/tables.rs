//! One leaderboard's entries as CSV.

use std::{collections::HashMap, fs, path::Path};

use rankora::{
    domain::leaderboard::{Policy, SortOrder},
    store::walk::Walk,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    api::Api,
    eventually, load,
    process::Ended,
    world::{Board, Replica, World},
};

/// The options that name a leaderboard.
fn place(board: &Board) -> Vec<String> {
    ["--account", &board.account.id.to_string(), "--leaderboard", &board.id.to_string()]
        .map(str::to_owned)
        .into()
}

async fn run(world: &World, command: &str, board: &Board, args: &[&str]) -> Ended {
    let mut line = vec!["leaderboard".to_owned(), command.to_owned()];
    line.extend(place(board));
    line.extend(args.iter().map(|&arg| arg.to_owned()));
    world.admin(&line.iter().map(String::as_str).collect::<Vec<_>>()).run().await
}

async fn export(world: &World, board: &Board) -> String {
    let ended = run(world, "export", board, &[]).await;
    assert!(ended.status.success() && ended.log.is_empty(), "{ended:?}");
    ended.output
}

async fn import(world: &World, board: &Board, table: impl AsRef<[u8]>) -> Ended {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("table.csv");
    fs::write(&path, table).expect("a file");
    import_file(world, board, &path).await
}

async fn import_file(world: &World, board: &Board, path: &Path) -> Ended {
    run(world, "import", board, &["--json", "--input", path.to_str().expect("a path")]).await
}

#[track_caller]
fn imported(ended: &Ended, rows: u64) {
    assert!(ended.status.success() && ended.log.is_empty(), "{ended:?}");
    let answer: Value = serde_json::from_str(&ended.output).expect("JSON");
    assert_eq!(answer["imported"]["rows"], rows);
}

#[track_caller]
fn is_failure(ended: &Ended, lines: &[&str]) {
    assert_eq!((ended.status.code(), ended.output.as_str()), (Some(1), ""), "{ended:?}");
    assert_eq!(ended.log.lines().collect::<Vec<_>>(), lines);
}

async fn top(api: &Api) -> Vec<(String, Value, Value)> {
    // Void what was read before: it may stay in a cache for five seconds.
    let page = eventually("a page", async || {
        let page = api.get("/leaderboard/entries?limit=50").await;
        (page.header("x-cache") == "MISS").then(|| page.ok())
    })
    .await;
    let rows = page["entries"].as_array().expect("rows");
    let row = |row: &Value| {
        (row["name"].as_str().expect("a name").to_owned(), row["score"].clone(), row["metadata"].clone())
    };
    rows.iter().map(row).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_has_all_entries_by_rank_and_brings_them_back() {
    for order in [SortOrder::Desc, SortOrder::Asc] {
        let (world, other) = (World::new(), World::new());
        let (here, there) = (world.replica().await, other.replica().await);
        let board = here.board_of(&here.account("unlimited").await, order, Policy::Latest).await;
        let target = there.board_of(&there.account("unlimited").await, order, Policy::Latest).await;
        let api = here.api(&board.secret);
        let metadata = json!({"level": 12, "quote": "\",\n😀", "won": true});
        for (name, score) in [("Zoë", 5.0), ("Ada", 5.0), ("Bob", -0.1), ("Cyd", 1e300), ("Dan", 5.0)] {
            let body = json!({"name": name, "score": score, "metadata": if score > 4.0 { &metadata } else { &Value::Null }});
            api.post("/leaderboard/entries", &body).await.ok();
        }
        let table = export(&world, &board).await;
        let mut lines = table.lines();
        assert_eq!(lines.next(), Some("rank,player_id,name,score,metadata,created_at,updated_at"));
        let first = lines.next().expect("a row");
        let (name, metadata) = match order {
            SortOrder::Desc => {
                ("Cyd", "\"{\"\"level\"\":12,\"\"quote\"\":\"\"\\\"\",\\n😀\"\",\"\"won\"\":true}\"")
            }
            SortOrder::Asc => ("Bob", ""),
        };
        assert!(first.starts_with("1,") && first.contains(&format!(",{name},")), "{first}");
        assert!(first.contains(&format!(",{metadata},20")) && first.ends_with("+00:00"), "{first}");

        imported(&import(&other, &target, &table).await, 5);
        assert_eq!(top(&api).await, top(&there.api(&target.secret)).await);
        let without_times = |table: &str| -> Vec<String> {
            table.lines().map(|line| line.rsplitn(3, ',').last().expect("a row").to_owned()).collect()
        };
        assert_eq!(without_times(&export(&other, &target).await), without_times(&table));
        // Once more is no other state.
        imported(&import(&other, &target, &table).await, 5);
        assert_eq!(without_times(&export(&other, &target).await), without_times(&table));
        here.stop().await;
        there.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_rows_are_named_and_keep_no_other_row_out() {
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let player = Uuid::new_v4();
    let mut table = format!(
        "\u{feff}player_id,score,comment,name,metadata\r\n\
         {player},7,first,Ada,\"{{\"\"level\"\": 1}}\"\r\n\
         nobody,7,,Bob,\r\n\
         ,,,Cyd,\r\n\
         ,1e999,,Dan,\r\n\
         ,9007199254740993,,Eve,\r\n\
         ,\"1,5\",,Fay,\r\n\
         ,7,,Al,\r\n\
         ,7,,A<b>c,\r\n\
         ,7,,Gus,[1]\r\n\
         ,7,,Hal,\"{{\r\n \"\"level\"\": 2 }}\"\r\n\
         \r\n\
         ,7,,Ida,{{}},more\r\n\
         ,7\r\n\
         , 8.5 ,, Jan , \r\n"
    )
    .into_bytes();
    table.extend(b",7,,K\xff\xffm,\r\n,9,last,Lea,\r\n");
    is_failure(
        &import(&world, &board, &table).await,
        &[
            "line 3: the player_id must be a UUID",
            "line 4: the score is missing",
            "line 5: the score must be a finite number",
            "line 6: the score is an integer beyond ±2^53 that can't be kept exactly",
            "line 7: the score must be a number",
            "line 8: the name must have 3 to 50 characters",
            "line 9: the name may have letters, digits, spaces, `_` and `-` only, not U+003C",
            "line 10: the metadata must be an object",
            "line 14: The row has more fields than there are columns",
            "line 15: the name must have 3 to 50 characters",
            "line 17: The name is no UTF-8",
            "rankora: rows refused: 11; rows accepted: 4",
        ],
    );
    let rows = top(&replica.api(&board.secret)).await;
    let expected = [
        ("Lea", json!(9), Value::Null),
        ("Jan", json!(8.5), Value::Null),
        ("Ada", json!(7), json!({"level": 1})),
        ("Hal", json!(7), json!({"level": 2})),
    ];
    assert_eq!(rows, expected.map(|(name, score, metadata)| (name.to_owned(), score, metadata)));
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_go_by_the_rules_of_the_api() {
    let plans = "[[plan]]\nname = \"tiny\"\nrequests_per_month = 3\nentries = 2\nmetadata = false\n";
    let world = World::new().with_plans(plans).with_options(&["--default-plan", "tiny"]);
    let file = std::env::temp_dir().join(format!("{}.toml", world.prefix()));
    let replica = world.replica().await;
    let board = replica.board("tiny").await;
    let api = replica.api(&board.secret);
    let players = [Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4()];
    for _ in 0..3 {
        api.submit(players[0], "Ada", 1.0).await.ok();
    }
    api.submit(players[0], "Ada", 1.0).await.is_error(429, "quota_exceeded", None);
    let [a, b, c] = players;
    let table = format!(
        "player_id,name,score,metadata\n{a},Ada,2,\n{b},Bob,3,{{}}\n{c},Cyd,4,\n{b},Bob,5,\"{{\"\"level\"\":1}}\"\n{b},Bob,6,\n"
    );
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("table.csv");
    fs::write(&path, table).expect("a file");
    let mut line = vec!["--plans-file", file.to_str().expect("a path"), "--default-plan", "tiny"];
    let place = place(&board);
    line.extend(["leaderboard", "import"]);
    line.extend(place.iter().map(String::as_str));
    line.extend(["--input", path.to_str().expect("a path")]);
    is_failure(
        &world.admin(&line).run().await,
        &[
            "line 4: The plan has no room for another entry",
            "line 5: The plan has no metadata",
            "rankora: rows refused: 2; rows accepted: 3",
        ],
    );
    // They are no requests.
    let usage = api.get("/usage").await.ok();
    assert_eq!((&usage["currentRequests"], &usage["currentEntries"]), (&json!(3), &json!(2)));
    let table = export(&world, &board).await;
    let ranks: Vec<_> =
        table.lines().skip(1).map(|line| line.split(',').take(4).collect::<Vec<_>>()).collect();
    let (a, b) = (a.to_string(), b.to_string());
    assert_eq!(ranks, [["1", &b, "Bob", "6"], ["2", &a, "Ada", "2"]]);
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn listeners_hear_of_rows_that_are_imported() {
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let mut stream = replica.api(&board.publishable).stream("").await;
    stream.begin().await;
    imported(&import(&world, &board, "name,score\nAda,5\n").await, 1);
    let update = stream.expect("update").await;
    assert_eq!(update.data["payload"]["new"]["name"], "Ada");
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_table_is_refused_before_any_row() {
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    for (table, reason) in [
        ("", "line 1: the column name is missing; columns are separated by commas"),
        ("name\nAda\n", "line 1: the column score is missing; columns are separated by commas"),
        ("name;score\nAda;5\n", "line 1: the column name is missing; columns are separated by commas"),
        ("name,score,name\nAda,5,Bob\n", "line 1: the column name is there twice"),
        ("name,score,metadata,metadata\n", "line 1: the column metadata is there twice"),
    ] {
        is_failure(&import(&world, &board, table).await, &[&format!("rankora: {reason}")]);
    }
    imported(&import(&world, &board, "name,score\n").await, 0);
    let unfinished = import(&world, &board, "\n\nname,score\n\nAl,5").await;
    let refused = "rankora: rows refused: 1; rows accepted: 0";
    is_failure(&unfinished, &["line 5: the name must have 3 to 50 characters", refused]);
    let open = import(&world, &board, "name,score\n\"Bob,6\n").await;
    is_failure(
        &open,
        &["line 2: the name may have letters, digits, spaces, `_` and `-` only, not U+002C", refused],
    );
    // A quote that is never closed would make one row of all that follows.
    let mut table = "name,score\nAda,5\n\"Bob,6\n".to_owned();
    table.extend((0..40_000).map(|n| format!("Player{n},{n}\n")));
    let open = import(&world, &board, &table).await;
    let reason = "rankora: stopped at line 3; rows accepted before it: 1: the table can't be read or written: \
                  a row is longer than 256 KiB: is a quote left open?";
    is_failure(&open, &[reason]);

    let nobody = Board { id: rankora::domain::ids::LeaderboardId::new_v4(), ..board.clone() };
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("table.csv");
    for args in [&["export", "--output", path.to_str().expect("a path")][..], &["import"]] {
        let missing = run(&world, args[0], &nobody, &args[1..]).await;
        is_failure(&missing, &["rankora: Leaderboard not found"]);
    }
    assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 0, "no part of a file is left");
    assert_eq!(replica.api(&board.secret).get("/leaderboard").await.ok()["total_entries"], 1);
    replica.stop().await;
}

/// Walks through a ranking; between two steps, `meanwhile` happens.
async fn walk(replica: &Replica, board: &Board, mut meanwhile: impl AsyncFnMut(usize)) -> Vec<Uuid> {
    let (mut walk, mut players) = (Walk::default(), Vec::new());
    for step in 0.. {
        let rows = replica.app().next_rows(board.account.id, board.id, &mut walk).await.expect("rows");
        if rows.is_empty() {
            break;
        }
        players.extend(rows.iter().map(|row| Uuid::from_bytes(*row.entry.player.as_bytes())));
        meanwhile(step).await;
    }
    players
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_keeps_their_score_is_in_a_table_once_however_others_move() {
    for order in [SortOrder::Desc, SortOrder::Asc] {
        let world = World::new();
        let replica = world.replica().await;
        let board = replica.board_of(&replica.account("unlimited").await, order, Policy::Latest).await;
        let players = load::players(1_000);
        load::fill(&world, &board, &players, "").await;
        let api = replica.api(&board.secret);
        let before = walk(&replica, &board, async |_| {}).await;
        assert_eq!(before.len(), 1_000);
        // Of each step's rows, some of the last move, leave or change their name; others come in front and behind.
        let busy: Vec<_> = (0..5).flat_map(|step| before[step * 200 + 150..][..50].to_vec()).collect();
        let after = walk(&replica, &board, async |step| {
            for (index, player) in busy.iter().enumerate().skip(step * 50).take(50) {
                match index % 3 {
                    0 => drop(api.delete(&format!("/leaderboard/entries/{player}")).await.ok()),
                    _ => {
                        drop(api.submit(*player, "Moved", if index % 2 == 0 { 1e6 } else { -1e6 }).await.ok())
                    }
                }
            }
            for score in [1e6, -1e6, 25.0] {
                api.submit(Uuid::new_v4(), "Newcomer", score).await.ok();
            }
        })
        .await;
        let quiet: Vec<_> = before.iter().filter(|player| !busy.contains(player)).collect();
        let mut times = HashMap::new();
        after.iter().for_each(|player| *times.entry(player).or_insert(0) += 1);
        assert!(quiet.iter().all(|player| times.get(player) == Some(&1)), "once");
        let still: Vec<_> = after.iter().filter(|player| quiet.contains(player)).collect();
        assert_eq!(still, quiet, "in their order");
        replica.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_says_where_it_can_not_go_on() {
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    load::fill(&world, &board, &load::players(400), "").await;
    let mut walk = Walk::default();
    let app = replica.app();
    let next = async |walk: &mut Walk| app.next_rows(board.account.id, board.id, walk).await;
    assert_eq!(next(&mut walk).await.expect("rows").len(), 200);
    let management = replica.api(&board.account.management);
    let path = format!("/leaderboards/{}", board.id);
    management.patch(&path, &json!({"sort_order": "asc"})).await.ok();
    let reason = "The leaderboard was reset or re-sorted meanwhile; begin again";
    assert_eq!(next(&mut walk).await.expect_err("no way on").to_string(), reason);
    let mut walk = Walk::default();
    next(&mut walk).await.expect("rows");
    management.post(&format!("{path}/reset"), &json!({})).await.ok();
    assert_eq!(next(&mut walk).await.expect_err("no way on").to_string(), reason);
    assert_eq!(next(&mut Walk::default()).await.expect("rows").len(), 0);
    management.delete(&path).await.ok();
    assert_eq!(next(&mut Walk::default()).await.expect_err("nothing").to_string(), "Leaderboard not found");
    replica.stop().await;
}
