//! One player's entry: read, delete.

use rankora::{
    clock::Clock,
    domain::{
        leaderboard::{Policy, SortOrder},
        timestamp::Timestamp,
    },
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    api::{ENTRY_TIME, UUID, fields, has_form},
    world::World,
};

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_has_every_field_in_its_form() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let api = here.api(&board.secret);
    let player = Uuid::new_v4();
    let body = json!({"name": "Ada", "score": 12.5, "player_id": player, "metadata": {"level": 12}});
    api.post("/leaderboard/entries", &body).await.ok();
    api.submit(Uuid::new_v4(), "Bob", 20.0).await.ok();

    let entry = api.get(&format!("/leaderboard/entries/{player}")).await.ok();
    assert_eq!(
        fields(&entry),
        ["created_at", "leaderboard_id", "metadata", "name", "player_id", "rank", "score", "updated_at"]
    );
    for time in ["created_at", "updated_at"] {
        assert!(has_form(&entry[time], ENTRY_TIME), "{entry}");
    }
    assert_eq!(entry["leaderboard_id"], board.id.to_string());
    assert_eq!(entry["player_id"], player.to_string());
    assert_eq!(entry["metadata"], json!({"level": 12}));
    assert_eq!((&entry["name"], &entry["score"], &entry["rank"]), (&json!("Ada"), &json!(12.5), &json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_without_metadata_says_null() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    let player = Uuid::new_v4();
    api.submit(player, "Ada", 1.0).await.ok();
    let entry = api.get(&format!("/leaderboard/entries/{player}")).await.ok();
    assert_eq!(entry.get("metadata"), Some(&Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_times_of_an_entry_are_those_of_its_first_and_its_last_change() {
    let clock = Clock::manual(Timestamp::from_micros(1_753_125_767_782_875));
    let world = World::new().with_clock(clock.clone());
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    let player = Uuid::new_v4();
    let times = async || {
        let entry = api.get(&format!("/leaderboard/entries/{player}")).await.ok();
        (entry["created_at"].clone(), entry["updated_at"].clone())
    };
    let first = json!("2025-07-21T19:22:47.782875+00:00");

    api.submit(player, "Ada", 1.0).await.ok();
    assert_eq!(times().await, (first.clone(), first.clone()));
    clock.set(Timestamp::from_micros(1_753_125_768_000_000));
    api.submit(player, "Ada", 1.0).await.ok();
    assert_eq!(times().await, (first.clone(), first.clone()), "nothing has changed");
    api.submit(player, "Ada", 2.0).await.ok();
    assert_eq!(times().await, (first, json!("2025-07-21T19:22:48.000000+00:00")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_is_found_under_every_spelling_of_its_player_id() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    let player = Uuid::new_v4();
    api.submit(player, "Ada", 1.0).await.ok();
    for spelling in [
        player.hyphenated().to_string(),
        player.hyphenated().to_string().to_uppercase(),
        player.simple().to_string(),
        player.simple().to_string().to_uppercase(),
        player.hyphenated().to_string().replace('-', "%2d"),
    ] {
        let entry = api.get(&format!("/leaderboard/entries/{spelling}")).await.ok();
        assert_eq!(entry["player_id"], player.to_string(), "{spelling}");
        assert!(has_form(&entry["player_id"], UUID));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_uuid_is_invalid_and_an_unknown_player_is_not_found() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    let known = Uuid::new_v4();
    api.submit(known, "Ada", 1.0).await.ok();
    for wrong in [
        "1".to_owned(),
        "null".to_owned(),
        "undefined".to_owned(),
        format!("{{{known}}}"),
        format!("urn:uuid:{known}"),
        format!("{known}0"),
        format!("%20{known}"),
        format!("{known}%00"),
        "%ff".to_owned(),
        "%zz".to_owned(),
        "%E2%82%AC".to_owned(),
        "..%2f..%2fusage".to_owned(),
    ] {
        let path = format!("/leaderboard/entries/{wrong}");
        api.get(&path).await.is_error(400, "invalid_player_id", Some("player_id"));
        api.delete(&path).await.is_error(400, "invalid_player_id", Some("player_id"));
    }
    let path = format!("/leaderboard/entries/{}", Uuid::new_v4());
    api.get(&path).await.is_error(404, "not_found", None);
    api.delete(&path).await.is_error(404, "not_found", None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_entry_is_gone_on_every_replica_and_the_ranks_close_up() {
    let world = World::new();
    let (here, there) = (world.replica().await, world.replica().await);
    let board = here.board("unlimited").await;
    let (api, remote) = (here.api(&board.secret), there.api(&board.secret));
    let (first, second) = (Uuid::new_v4(), Uuid::new_v4());
    api.submit(first, "Ada", 2.0).await.ok();
    api.submit(second, "Bob", 1.0).await.ok();
    let path = format!("/leaderboard/entries/{first}");

    let answer = api.delete(&path).await;
    assert_eq!((answer.status.as_u16(), answer.ok()), (200, json!({"success": true})));

    remote.get(&path).await.is_error(404, "not_found", None);
    remote.delete(&path).await.is_error(404, "not_found", None);
    let entry = remote.get(&format!("/leaderboard/entries/{second}")).await.ok();
    assert_eq!(entry["rank"], 1);
    assert_eq!(remote.get("/leaderboard").await.ok()["total_entries"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_player_id_in_the_query_of_a_route_that_has_none_is_ignored() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let api = here.api(&board.secret);
    for other in [Uuid::new_v4().to_string(), "no-uuid".to_owned(), String::new()] {
        let player = Uuid::new_v4();
        let query = format!("?player_id={other}&nonsense=1&limit=1000&order=up");
        let body = json!({"name": "Ada", "score": 1, "player_id": player});
        let answer = api.post(&format!("/leaderboard/entries{query}"), &body).await.ok();
        assert_eq!(answer["player_id"], player.to_string());
        api.get(&format!("/leaderboard{query}")).await.ok();
        api.get(&format!("/usage{query}")).await.ok();
        let path = format!("/leaderboard/entries/{player}{query}");
        assert_eq!(api.get(&path).await.ok()["player_id"], player.to_string());
        api.delete(&path).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_on_a_route_that_takes_none_is_ignored() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    let player = Uuid::new_v4();
    api.submit(player, "Ada", 1.0).await.ok();
    let path = format!("/leaderboard/entries/{player}");
    let send = async |method| {
        let request = api.request(method, &path).header("content-type", "text/plain").body("not { json");
        crate::support::api::Reply::of(request).await
    };
    send(reqwest::Method::GET).await.ok();
    send(reqwest::Method::DELETE).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rank_of_an_entry_is_in_the_leaderboards_own_order() {
    let world = World::new();
    let here = world.replica().await;
    let account = here.account("unlimited").await;
    for (order, ranks) in [(SortOrder::Desc, [3, 2, 1]), (SortOrder::Asc, [1, 2, 3])] {
        let api = here.api(&here.board_of(&account, order, Policy::Latest).await.secret);
        let players = [(Uuid::new_v4(), 1.0), (Uuid::new_v4(), 2.0), (Uuid::new_v4(), 3.0)];
        for (player, score) in players {
            api.submit(player, "Ada", score).await.ok();
        }
        for ((player, _), rank) in players.into_iter().zip(ranks) {
            let entry = api.get(&format!("/leaderboard/entries/{player}")).await.ok();
            assert_eq!(entry["rank"], rank, "{order:?}");
        }
    }
}
