//! What is restored is what was there: to clients, and to the byte.

use std::collections::BTreeMap;

use rankora::{
    clock::Clock,
    domain::{
        leaderboard::{Policy, SortOrder},
        timestamp::Timestamp,
    },
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{directory, export, import, lines, output};
use crate::support::{
    api::Api,
    redis::Server,
    topology::{cluster::Cluster, sentinel::Sentinels},
    world::{Board, Replica, Stored, World},
};

const ORDERS: [SortOrder; 2] = [SortOrder::Desc, SortOrder::Asc];
const POLICIES: [Policy; 3] = [Policy::Latest, Policy::Best, Policy::Sum];

/// An account with a leaderboard of each kind, each with entries that are unlike each other.
async fn rich_account(replica: &Replica) -> Vec<Board> {
    let account = replica.account("unlimited").await;
    let mut boards = Vec::new();
    for (order, policy) in ORDERS.into_iter().flat_map(|order| POLICIES.map(|policy| (order, policy))) {
        let board = replica.board_of(&account, order, policy).await;
        fill(&replica.api(&board.secret)).await;
        boards.push(board);
    }
    let management = replica.api(&account.management);
    let path = format!("/leaderboards/{}", boards[0].id);
    management
        .patch(&path, &json!({"name": "Höhe ☃ \"1\"", "score_format": "time", "decimals": 2, "unit": "m"}))
        .await
        .ok();
    // One without an entry.
    boards.push(replica.board_of(&account, SortOrder::Desc, Policy::Latest).await);
    boards
}

async fn fill(api: &Api) {
    let metadata =
        json!({"level": 12, "id": 9007199254740993_u64, "quote": "\"\\\n😀", "won": true, "π": 3.25});
    let players: Vec<_> = (0..12).map(|_| Uuid::new_v4()).collect();
    let names = ["Ada", "नमस्ते", "Zoë_-9", "สวัสดี", "𝒜𝒷𝒸", "aaa"];
    let scores =
        ["5", "5", "5", "-0.1", "1e300", "5e-324", "9007199254740992", "-1e22", "12.020123", "0", "5", "5"];
    for (index, (player, score)) in players.iter().zip(scores).enumerate() {
        let name = names[index % names.len()];
        let metadata = if index % 2 == 0 { metadata.to_string() } else { "null".to_owned() };
        let body =
            format!(r#"{{"player_id":"{player}","name":"{name}","score":{score},"metadata":{metadata}}}"#);
        api.post_text("/leaderboard/entries", body).await.ok();
    }
    // Those who come back to the same score are behind the others; those who only change their name are not.
    for (player, score) in [(players[1], 7.0), (players[1], 5.0), (players[0], 5.0)] {
        api.submit(player, "Renamed", score).await.ok();
    }
    api.delete(&format!("/leaderboard/entries/{}", players[10])).await.ok();
}

/// All that the API says of a leaderboard.
async fn seen(replica: &Replica, board: &Board) -> Value {
    let (api, reader) = (replica.api(&board.secret), replica.api(&board.publishable));
    let page = reader.get("/leaderboard/entries?limit=50").await.ok();
    let mut players = BTreeMap::new();
    for player in backed_up_players(replica, board).await {
        players.insert(player.clone(), api.get(&format!("/leaderboard/entries/{player}")).await.ok());
    }
    let management = replica.api(&board.account.management);
    json!({
        "page": page,
        "players": players,
        "leaderboard": api.get("/leaderboard").await.ok(),
        "managed": management.get(&format!("/leaderboards/{}", board.id)).await.ok(),
        "keys": management.get(&format!("/leaderboards/{}/keys", board.id)).await.ok(),
    })
}

async fn backed_up_players(replica: &Replica, board: &Board) -> Vec<String> {
    let mut walk = Default::default();
    let app = replica.app();
    let rows = app.next_rows(board.account.id, board.id, &mut walk).await.expect("rows");
    rows.iter().map(|row| row.entry.player.to_string()).collect()
}

/// What is stored, without what a restored leaderboard has anew: the number and the time of its last change.
fn lasting(mut stored: Stored) -> Stored {
    for (key, fields) in &mut stored {
        if key.contains(":b:") && fields.contains_key(&b"secret"[..]) {
            fields.get_mut(&b"head"[..]).expect("a head").drain(..16);
        }
    }
    stored
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_account_is_the_same_to_its_clients() {
    let (world, other) = (World::new(), World::new());
    let (here, there) = (world.replica().await, other.replica().await);
    let boards = rich_account(&here).await;
    let backup = export(&world, &boards[0].account).await;
    let answer: Value = serde_json::from_str(&output(import(&other, &backup).await)).expect("JSON");
    assert_eq!(answer["imported"]["leaderboards"], 7);
    assert_eq!(answer["imported"]["entries"], 66);
    assert_eq!(answer["imported"]["keys"], 15);
    for board in &boards {
        assert_eq!(seen(&here, board).await, seen(&there, board).await);
    }
    let management = there.api(&boards[0].account.management);
    let list = "/leaderboards";
    assert_eq!(here.api(&boards[0].account.management).get(list).await.ok(), management.get(list).await.ok());
    let usage = management.get("/usage").await.ok();
    assert_eq!((&usage["currentEntries"], &usage["currentLeaderboards"]), (&json!(66), &json!(7)));
    // It goes on as ever, also where many have reached a score before.
    for board in &boards {
        let player = Uuid::new_v4();
        let submit =
            async |replica: &Replica| replica.api(&board.secret).submit(player, "New", 5.0).await.ok();
        assert_eq!(submit(&here).await, submit(&there).await);
    }
    here.stop().await;
    there.stop().await;
}

// Also where somebody stores something new and forgets that it belongs into a backup.
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_account_is_stored_as_it_was() {
    let (world, other) = (World::new(), World::new());
    let here = world.replica().await;
    let boards = rich_account(&here).await;
    let management = here.api(&boards[0].account.management);
    management.post(&format!("/leaderboards/{}/reset", boards[5].id), &json!({})).await.ok();
    here.api(&boards[5].secret).submit(Uuid::new_v4(), "After", 1.0).await.ok();
    // Leases go back first.
    here.stop().await;
    let backup = export(&world, &boards[0].account).await;
    output(import(&other, &backup).await);
    let (mut before, after) = (lasting(world.stored().await), lasting(other.stored().await));
    for fields in before.values_mut() {
        fields.remove(&b"cleared"[..]);
    }
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    for (key, fields) in &before {
        assert_eq!(fields, &after[key], "{key}");
    }
    // The backup of the backup is the same too.
    let again = export(&other, &boards[0].account).await;
    for kind in ["leaderboard", "entry", "key", "month", "end"] {
        let sorted = |backup: &str| {
            let mut lines: Vec<_> = lines(backup, kind).iter().map(Value::to_string).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&backup), sorted(&again), "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_can_go_through_a_pipe() {
    let (world, other) = (World::new(), World::new());
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    fill(&replica.api(&board.secret)).await;
    replica.stop().await;
    let program = env!("CARGO_BIN_EXE_rankora");
    let script = format!(
        "{program} admin export --account {} | RANKORA_KEY_PREFIX={} {program} admin import",
        board.account.id,
        other.prefix()
    );
    let mut shell = tokio::process::Command::new("sh");
    shell.args(["-c", &script]).env("RANKORA_REDIS_URL", world.redis_url());
    let ended = shell.env("RANKORA_KEY_PREFIX", world.prefix()).output().await.expect("a shell");
    assert!(ended.status.success() && ended.stderr.is_empty(), "{ended:?}");
    assert_eq!(lasting(world.stored().await), lasting(other.stored().await));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_moves_from_one_server_to_a_cluster_and_on_to_sentinels() {
    let server = Server::start(&[]);
    let (cluster, sentinels) = tokio::join!(Cluster::start(3, 0), Sentinels::start(1, 1));
    let [first, second, third] = [World::on(&server), World::at(cluster.url()), World::at(sentinels.url())];
    let here = first.replica().await;
    let boards = rich_account(&here).await;
    let before = seen(&here, &boards[3]).await;
    let mut backup = export(&first, &boards[0].account).await;
    for world in [&second, &third] {
        let there = world.replica().await;
        output(import(world, &backup).await);
        assert_eq!(seen(&there, &boards[3]).await, before);
        there.api(&boards[6].secret).submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
        backup = export(world, &boards[0].account).await;
        there.stop().await;
        let account = boards[0].account.id.to_string();
        output(world.admin(&["account", "delete", "--account", &account]).run().await);
        assert_eq!(world.stored().await, Stored::new());
    }
    assert_eq!(lines(&backup, "end")[0]["entries"], 66 + 2);
    here.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_has_its_name_once_it_is_whole_and_only_its_owner_reads_it() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let directory = directory();
    let path = directory.path().join("backup");
    let account = board.account.id.to_string();
    let args = ["export", "--account", &account, "--output", path.to_str().expect("a path"), "--json"];
    let answer: Value = serde_json::from_str(&output(world.admin(&args).run().await)).expect("JSON");
    assert_eq!((&answer["exported"]["leaderboards"], &answer["exported"]["keys"]), (&json!(1), &json!(3)));
    assert_eq!(path.metadata().expect("a file").permissions().mode() & 0o777, 0o600);
    let files = || std::fs::read_dir(directory.path()).expect("a directory").count();
    assert_eq!(files(), 1);
    let whole = std::fs::read(&path).expect("a file");

    let missing = Uuid::new_v4().to_string();
    let args = ["export", "--account", &missing, "--output", path.to_str().expect("a path")];
    super::is_failure(&world.admin(&args).run().await, "Account not found");
    let args = ["export", "--account", &account, "--output", "/nowhere/backup"];
    super::is_failure(
        &world.admin(&args).run().await,
        "/nowhere/backup: No such file or directory (os error 2)",
    );
    let args = ["export", "--account", &account, "--output", "/dev/full"];
    let full = "the backup can't be written: No space left on device (os error 28)";
    super::is_failure(&world.admin(&args).run().await, full);
    assert_eq!((std::fs::read(&path).expect("a file"), files()), (whole, 1), "the one before stays");
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_months_requests_come_along_while_the_month_lasts() {
    let plans = "[[plan]]\nname = \"tiny\"\nrequests_per_month = 5\nmetadata = true\n";
    let now = Timestamp::parse_entry_text("2025-07-21T19:22:47.782875+00:00").expect("a time");
    let (clock, later) = (Clock::manual(now), Clock::manual(now));
    let world = World::new().with_plans(plans).with_options(&["--default-plan", "tiny"]).with_clock(clock);
    let other = World::new().with_plans(plans).with_options(&["--default-plan", "tiny"]);
    let other = other.with_clock(later.clone());
    let (here, there) = (world.replica().await, other.replica().await);
    let board = here.board("tiny").await;
    let api = here.api(&board.secret);
    for _ in 0..5 {
        api.submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    }
    api.submit(Uuid::new_v4(), "Ada", 1.0).await.is_error(429, "quota_exceeded", None);
    let backup = export(&world, &board.account).await;
    assert_eq!(
        lines(&backup, "month"),
        [json!({"requests": 5, "resets_at": "2025-08-01T00:00:00.000000+00:00"})]
    );
    output(import(&other, &backup).await);
    let api = there.api(&board.secret);
    api.submit(Uuid::new_v4(), "Ada", 1.0).await.is_error(429, "quota_exceeded", None);
    later.set(Timestamp::parse_entry_text("2025-08-01T00:00:00.000000+00:00").expect("a time"));
    assert_eq!(api.submit(Uuid::new_v4(), "Ada", 1.0).await.ok()["total_entries"], 6);
    here.stop().await;
    there.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_comes_back_to_a_restored_leaderboard_reads_it_anew() {
    let (world, other) = (World::new(), World::new());
    let (here, there) = (world.replica().await, other.replica().await);
    let board = here.board("unlimited").await;
    here.api(&board.secret).submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    let mut stream = here.api(&board.secret).stream("").await;
    let known = stream.begin().await.id;
    output(import(&other, &export(&world, &board.account).await).await);
    // Nothing had changed, so it would miss nothing; but the leaderboard doesn't know that.
    let initial = there.api(&board.secret).stream_from("", Some(&known)).await.begin().await;
    assert_eq!(initial.data["pagination"]["total"], 1);
    assert_ne!(initial.id, known);
    here.stop().await;
    there.stop().await;
}
