//! `GET /leaderboard/entries`: the page, its parameters, what it shows of players.

use rankora::domain::leaderboard::{Policy, SortOrder};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    api::{Api, ENTRY_TIME, fields, has_form},
    world::World,
};

const PATH: &str = "/leaderboard/entries";

/// Submits `n` players, "Player 1" with the score 1 and so on.
async fn fill(api: &Api, n: u32) -> Vec<Uuid> {
    let mut players = Vec::new();
    for index in 1..=n {
        let player = Uuid::new_v4();
        api.submit(player, &format!("Player {index}"), f64::from(index)).await.ok();
        players.push(player);
    }
    players
}

fn names(list: &Value) -> Vec<&str> {
    list["entries"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["name"].as_str().expect("a name"))
        .collect()
}

fn ranks(list: &Value) -> Vec<u64> {
    list["entries"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["rank"].as_u64().expect("a rank"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_has_every_field_in_its_form() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    let body = json!({"name": "Ada", "score": 7, "metadata": {"level": 1}});
    api.post(PATH, &body).await.ok();
    api.submit(Uuid::new_v4(), "Bob", 5.5).await.ok();

    let answer = api.get(PATH).await;
    let list = answer.ok();
    assert_eq!(fields(&list), ["entries", "pagination", "success"]);
    assert_eq!(list["success"], true);
    assert_eq!(list["pagination"], json!({"limit": 5, "offset": 0, "total": 2}));
    for row in list["entries"].as_array().expect("rows") {
        assert_eq!(fields(row), ["id", "metadata", "name", "rank", "score", "updated_at"]);
        assert!(has_form(&row["updated_at"], ENTRY_TIME), "{row}");
    }
    assert_eq!(list["entries"][0]["metadata"], json!({"level": 1}));
    assert_eq!(list["entries"][1]["metadata"], Value::Null);
    assert_eq!((names(&list), ranks(&list)), (vec!["Ada", "Bob"], vec![1, 2]));
    assert!(
        answer.text.contains("\"score\":7,") && answer.text.contains("\"score\":5.5,"),
        "{}",
        answer.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_leaderboard_is_an_empty_list() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.publishable);
    let expected =
        json!({"success": true, "entries": [], "pagination": {"limit": 5, "offset": 0, "total": 0}});
    assert_eq!(api.get(PATH).await.ok(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_without_gap_or_overlap() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let api = here.api(&board.secret);
    fill(&api, 12).await;
    let mut seen = Vec::new();
    for offset in [0, 5, 10] {
        let list = api.get(&format!("{PATH}?limit=5&offset={offset}")).await.ok();
        assert_eq!(list["pagination"], json!({"limit": 5, "offset": offset, "total": 12}));
        seen.extend(names(&list).into_iter().map(str::to_owned));
        let expected: Vec<u64> = (offset + 1..=12).take(5).collect();
        assert_eq!(ranks(&list), expected);
    }
    let expected: Vec<String> = (1..=12).rev().map(|index| format!("Player {index}")).collect();
    assert_eq!(seen, expected);
    for offset in ["12", "13", "9007199254740991"] {
        let list = api.get(&format!("{PATH}?offset={offset}&limit=50")).await.ok();
        assert_eq!((&list["entries"], &list["pagination"]["total"]), (&json!([]), &json!(12)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_is_the_leaderboards_own_unless_another_is_asked_for() {
    let world = World::new();
    let here = world.replica().await;
    let account = here.account("unlimited").await;
    for order in [SortOrder::Desc, SortOrder::Asc] {
        let api = here.api(&here.board_of(&account, order, Policy::Latest).await.secret);
        fill(&api, 3).await;
        let (up, down) = (["Player 1", "Player 2", "Player 3"], ["Player 3", "Player 2", "Player 1"]);
        let own = if order == SortOrder::Asc { up } else { down };
        for (query, expected) in [("", own), ("?order=asc", up), ("?order=desc", down)] {
            let list = api.get(&format!("{PATH}{query}")).await.ok();
            assert_eq!(names(&list), expected, "{order:?} {query}");
            assert_eq!(
                ranks(&list),
                [1, 2, 3],
                "{order:?} {query}: ranks count from 1 in the order asked for"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_out_of_range_are_refused_with_their_name_and_range() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    for (field, range, values) in [
        (
            "limit",
            "1 to 50",
            &["0", "51", "-1", "5.0", "1e1", "five", "", "%205", "+5", "%2B5", "0x5", "5,5"][..],
        ),
        ("limit", "1 to 50", &["18446744073709551617", "%ff", "%F0%9F%98%80", "%D9%A3"]),
        ("offset", "0 to 9007199254740991", &["-1", "0.5", "1e3", "x", "", "9007199254740992", "%00"]),
        ("order", "asc or desc", &["", "ASC", "up", "asc%20", "asc,desc"]),
    ] {
        for value in values {
            for route in [PATH, "/realtime"] {
                let answer = api.get(&format!("{route}?{field}={value}")).await;
                answer.is_error(400, &format!("invalid_{field}"), Some(field));
                let sentence = answer.json()["error"].as_str().expect("a sentence").to_owned();
                assert!(sentence.to_lowercase().contains(field), "{sentence}");
                assert!(sentence.contains(range), "{sentence}");
            }
        }
    }
    for query in
        ["?limit=1", "?limit=50", "?limit=007", "?offset=9007199254740991", "?order=asc&limit=2&offset=3"]
    {
        api.get(&format!("{PATH}{query}")).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_repeated_parameter_the_first_counts_and_unknown_ones_are_ignored() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    fill(&api, 3).await;
    for (query, rows) in [
        ("?limit=1&limit=1000", 1),
        ("?limit=2&unknown=1&unknown=2&&=&a", 2),
        ("?Limit=0&LIMIT=x&limit[]=9", 3),
        ("?l%69mit=1", 1),
        ("?", 3),
        ("?%ff=%ff", 3),
    ] {
        assert_eq!(names(&api.get(&format!("{PATH}{query}")).await.ok()).len(), rows, "{query}");
    }
    api.get(&format!("{PATH}?limit=1000&limit=1")).await.is_error(400, "invalid_limit", Some("limit"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_asking_players_own_entry_is_marked() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    let players = fill(&api, 7).await;
    let marked = async |query: String| {
        let list = api.get(&format!("{PATH}{query}")).await.ok();
        let rows = list["entries"].as_array().expect("rows").clone();
        let marked: Vec<_> =
            rows.iter().filter(|row| row.get("is_current_player").is_some()).cloned().collect();
        assert!(marked.iter().all(|row| row["is_current_player"] == true), "{marked:?}");
        marked.iter().map(|row| row["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    let third = players[2];
    for spelling in [third.to_string(), third.to_string().to_uppercase(), third.simple().to_string()] {
        assert_eq!(marked(format!("?player_id={spelling}")).await, ["Player 3"]);
    }
    let first = players[0];
    assert!(marked(format!("?player_id={first}")).await.is_empty(), "it isn't on this page");
    assert_eq!(marked(format!("?player_id={first}&offset=5")).await, ["Player 1"]);
    assert_eq!(marked(format!("?player_id={first}&order=asc")).await, ["Player 1"]);
    for nobody in [String::new(), "?player_id=".to_owned(), format!("?player_id={}", Uuid::new_v4())] {
        assert!(marked(nobody).await.is_empty());
    }
    for wrong in ["x", "null", "%20", "{}"] {
        let answer = api.get(&format!("{PATH}?player_id={wrong}")).await;
        answer.is_error(400, "invalid_player_id", Some("player_id"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handle_stays_the_same_for_a_player_on_a_leaderboard_and_is_another_elsewhere() {
    let world = World::new();
    let (here, there) = (world.replica().await, world.replica().await);
    let account = here.account("unlimited").await;
    let board = here.board_of(&account, SortOrder::Desc, Policy::Latest).await;
    let other = here.board_of(&account, SortOrder::Desc, Policy::Latest).await;
    let player = Uuid::new_v4();
    let handle = async |api: &Api| {
        let list = api.get(&format!("{PATH}?player_id={player}")).await.ok();
        let row = list["entries"]
            .as_array()
            .and_then(|rows| rows.iter().find(|row| row["is_current_player"] == true));
        row.expect("the player's row")["id"].as_str().expect("a handle").to_owned()
    };
    let (api, remote, elsewhere) =
        (here.api(&board.secret), there.api(&board.publishable), here.api(&other.secret));
    api.submit(player, "Ada", 1.0).await.ok();
    elsewhere.submit(player, "Ada", 1.0).await.ok();

    let first = handle(&api).await;
    assert_eq!(first.len(), 22);
    assert!(first.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')), "{first}");
    assert_ne!(handle(&elsewhere).await, first);
    assert_eq!(handle(&remote).await, first);

    api.submit(player, "Eva", 2.0).await.ok();
    assert_eq!(handle(&api).await, first);
    api.delete(&format!("{PATH}/{player}")).await.ok();
    api.submit(player, "Ada", 3.0).await.ok();
    assert_eq!(handle(&api).await, first);
    here.api(&account.management).post(&format!("/leaderboards/{}/reset", board.id), &json!({})).await.ok();
    api.submit(player, "Ada", 3.0).await.ok();
    assert_eq!(handle(&api).await, first);

    // No two players share one, and none says who it is.
    fill(&api, 20).await;
    let list = api.get(&format!("{PATH}?limit=50")).await.ok();
    let mut handles: Vec<_> =
        list["entries"].as_array().expect("rows").iter().map(|row| row["id"].to_string()).collect();
    handles.sort();
    handles.dedup();
    assert_eq!(handles.len(), 21);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_never_shows_a_player_id() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let api = here.api(&board.secret);
    let players = fill(&api, 5).await;
    for query in ["".to_owned(), format!("?player_id={}", players[0]), "?order=asc&limit=50".to_owned()] {
        let answer = api.get(&format!("{PATH}{query}")).await;
        answer.ok();
        let seen = format!("{} {:?}", answer.text, answer.headers).to_lowercase();
        for player in &players {
            assert!(!seen.contains(&player.hyphenated().to_string()), "{seen}");
            assert!(!seen.contains(&player.simple().to_string()), "{seen}");
        }
    }
}
