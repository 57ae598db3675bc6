//! Pages of the list are kept for five seconds: what a caller sees of it, and what Redis is spared.

use std::time::{Duration, Instant};

use rankora::domain::leaderboard::{Policy, SortOrder};
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    PATIENCE,
    api::{Api, Reply},
    eventually, many_sockets,
    redis::Server,
    world::World,
};

const PATH: &str = "/leaderboard/entries";

async fn with_tag(api: &Api, path: &str, tag: &str) -> Reply {
    Reply::of(api.request(Method::GET, path).header("if-none-match", tag)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_missed_once_and_then_hit_with_the_same_bytes() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let api = here.api(&board.secret);
    api.submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    for (path, cache_control) in [
        (PATH.to_owned(), "private, max-age=5, stale-while-revalidate=30"),
        (format!("{PATH}?limit=3&offset=1&order=asc"), "private, max-age=5, stale-while-revalidate=30"),
    ] {
        let (miss, hit) = (api.get(&path).await, api.get(&path).await);
        assert_eq!((miss.header("x-cache"), hit.header("x-cache")), ("MISS", "HIT"), "{path}");
        assert_eq!(miss.text, hit.text);
        for answer in [miss, hit] {
            assert_eq!(answer.header("cache-control"), cache_control);
            assert_eq!(answer.header("vary"), "Authorization, Origin");
            assert_eq!(answer.header("content-type"), "application/json");
            let tag = answer.header("etag");
            assert!(tag.starts_with("W/\"") && tag.ends_with('"') && tag.len() > 4, "{tag}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_public_where_the_key_is_in_the_url_and_private_where_it_is_in_a_header() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let api = here.api(&board.publishable);
    let path = format!("{PATH}?key={}", board.publishable);
    let cache_control = "public, max-age=5, stale-while-revalidate=30";
    for expected in ["MISS", "HIT"] {
        let answer = Reply::of(api.anonymous(Method::GET, &path)).await;
        answer.ok();
        assert_eq!((answer.header("cache-control"), answer.header("x-cache")), (cache_control, expected));
        assert_eq!(answer.header("vary"), "Authorization, Origin");
    }
    for answer in [api.get(PATH).await, here.api(&board.secret).get(&path).await] {
        answer.ok();
        assert_eq!(answer.header("cache-control"), cache_control.replace("public", "private"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_kept_for_five_seconds_and_then_shows_what_another_replica_wrote() {
    let world = World::new();
    let (here, there) = (world.replica().await, world.replica().await);
    let board = here.board("unlimited").await;
    let api = here.api(&board.publishable);
    let asked = Instant::now();
    assert_eq!(api.get(PATH).await.header("x-cache"), "MISS");
    let answered = Instant::now();
    there.api(&board.secret).submit(Uuid::new_v4(), "Ada", 1.0).await.ok();

    let fresh = eventually("the page is read anew", async || {
        let asked = Instant::now();
        let answer = api.get(PATH).await;
        if answer.header("x-cache") == "HIT" {
            assert!(asked.duration_since(answered) < Duration::from_secs(5), "it was kept for too long");
            return None;
        }
        Some(answer)
    });
    assert_eq!(fresh.await.ok()["pagination"]["total"], 1);
    assert!(asked.elapsed() >= Duration::from_secs(5), "it was kept for {:?} only", asked.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_replica_never_answers_with_less_than_what_was_written_through_it() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let writers = (0..8).map(|writer| {
        let api = here.api(&board.secret);
        tokio::spawn(async move {
            let player = Uuid::new_v4();
            let row = async || {
                let list = api.get(&format!("{PATH}?limit=50&player_id={player}")).await.ok();
                let rows = list["entries"].as_array().expect("rows").clone();
                rows.into_iter().find(|row| row["is_current_player"] == true)
            };
            for round in 0..40 {
                let name = format!("Writer {writer} {round}");
                api.submit(player, &name, f64::from(round)).await.ok();
                assert_eq!(row().await.expect("the row")["name"], name);
                if round % 8 == 7 {
                    api.delete(&format!("{PATH}/{player}")).await.ok();
                    assert_eq!(row().await, None);
                }
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("it reads what it wrote");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_and_a_deletion_by_management_show_at_once_on_their_replica() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let (api, management) = (here.api(&board.secret), here.api(&board.account.management));
    api.submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    assert_eq!(api.get(PATH).await.ok()["pagination"]["total"], 1);
    management.post(&format!("/leaderboards/{}/reset", board.id), &json!({})).await.ok();
    assert_eq!(api.get(PATH).await.ok()["pagination"]["total"], 0);
    management.delete(&format!("/leaderboards/{}", board.id)).await.ok();
    api.get(PATH).await.is_error(401, "unauthorized", None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_callers_who_miss_at_once_cost_redis_one_read() {
    many_sockets();
    let redis = Server::start(&[]);
    let world = World::on(&redis);
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let api = here.api(&board.secret);
    api.submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    let before = redis.calls("zrevrange").await;

    // While Redis pauses, whoever asks has to wait for the one read.
    let mut connection = redis.connection().await;
    let pause = redis::cmd("CLIENT").arg("PAUSE").arg(400).to_owned();
    let _: () = pause.query_async(&mut connection).await.expect("a pause");
    let callers: Vec<_> = (0..1000)
        .map(|_| {
            let api = api.clone();
            tokio::spawn(async move { api.get(PATH).await })
        })
        .collect();
    let (mut misses, mut texts) = (0, Vec::new());
    for caller in callers {
        let answer = caller.await.expect("an answer");
        answer.ok();
        misses += u32::from(answer.header("x-cache") == "MISS");
        texts.push(answer.text);
    }
    texts.dedup();
    assert_eq!(texts.len(), 1);
    assert!(misses > 1, "nobody missed together with another");
    assert_eq!(redis.calls("zrevrange").await - before, 1, "{misses} misses");
}

#[tokio::test(flavor = "multi_thread")]
async fn marking_the_asking_players_row_needs_no_second_read() {
    let redis = Server::start(&[]);
    let world = World::on(&redis);
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    let players = [Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4()];
    for player in players {
        api.submit(player, "Ada", 1.0).await.ok();
    }
    let before = redis.calls("zrevrange").await;
    api.get(PATH).await.ok();
    for (index, player) in players.into_iter().enumerate() {
        let answer = api.get(&format!("{PATH}?player_id={player}")).await;
        assert_eq!(answer.ok()["entries"][index]["is_current_player"], true);
        assert_eq!(answer.header("x-cache"), "HIT");
    }
    assert_eq!(redis.calls("zrevrange").await - before, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_names_the_tag_of_the_page_gets_304_without_a_body() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    let player = Uuid::new_v4();
    api.submit(player, "Ada", 1.0).await.ok();
    for path in [PATH.to_owned(), format!("{PATH}?player_id={player}"), format!("{PATH}?limit=1&order=asc")] {
        let answer = api.get(&path).await;
        let tag = answer.header("etag");
        for named in
            [tag.to_owned(), tag.replace("W/", ""), format!("\"x\", {tag} , W/\"y\""), "*".to_owned()]
        {
            let known = with_tag(&api, &path, &named).await;
            assert_eq!((known.status.as_u16(), known.text.as_str()), (304, ""), "{named}");
            for header in ["etag", "cache-control", "vary"] {
                assert_eq!(known.header(header), answer.header(header), "{header}");
            }
            assert_eq!(known.header("x-cache"), "HIT");
            assert_eq!(known.header("access-control-allow-origin"), "*");
            assert!(!known.header("x-request-id").is_empty());
            assert!(matches!(known.header("content-length"), "" | "0"), "{}", known.header("content-length"));
        }
        for other in ["", "\"x\"", "W/\"x\"", "W/", "\"", &tag[..tag.len() - 2], "\u{1f600}"] {
            assert_eq!(with_tag(&api, &path, other).await.ok(), answer.ok(), "{other}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_changes_with_all_that_the_page_shows_and_with_nothing_else() {
    let world = World::new();
    let (here, there) = (world.replica().await, world.replica().await);
    let account = here.account("unlimited").await;
    let board = here.board_of(&account, SortOrder::Desc, Policy::Latest).await;
    let other = here.board_of(&account, SortOrder::Desc, Policy::Latest).await;
    let (api, remote, elsewhere) =
        (here.api(&board.secret), there.api(&board.secret), here.api(&other.secret));
    let tag =
        async |api: &Api, query: &str| api.get(&format!("{PATH}{query}")).await.header("etag").to_owned();
    assert_ne!(tag(&api, "").await, tag(&elsewhere, "").await, "two empty leaderboards");

    let player = Uuid::new_v4();
    let submit = async |name: &str, score: i32, level: i32| {
        let body = json!({"name": name, "score": score, "player_id": player, "metadata": {"level": level}});
        api.post(PATH, &body).await.ok();
        tag(&api, "").await
    };
    let mut seen = vec![tag(&api, "").await];
    for (name, score, level) in [("Ada", 1, 1), ("Eva", 1, 1), ("Eva", 2, 1), ("Eva", 2, 2)] {
        let next = submit(name, score, level).await;
        assert!(!seen.contains(&next), "{name} {score} {level}");
        seen.push(next);
    }
    let last = seen.last().expect("a tag").clone();
    assert_eq!(submit("Eva", 2, 2).await, last, "nothing has changed");
    assert_eq!(tag(&remote, "").await, last, "the other replica shows the same");
    assert_eq!(here.api(&board.publishable).get(PATH).await.header("etag"), last);
    assert_eq!(tag(&api, &format!("?player_id={}", Uuid::new_v4())).await, last, "no row is marked");

    let marked = tag(&api, &format!("?player_id={player}")).await;
    assert_ne!(marked, last);
    assert_ne!(tag(&api, "?limit=4").await, last);
    assert_ne!(tag(&api, "?offset=1").await, last);
    for _ in 0..6 {
        api.submit(Uuid::new_v4(), "Bob", 9.0).await.ok();
    }
    let five = tag(&api, "").await;
    api.submit(Uuid::new_v4(), "Bob", 1.0).await.ok();
    assert_ne!(tag(&api, "").await, five, "the total has changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_pages_with_different_rows_marked_have_different_tags() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    let players: Vec<_> = (0..3).map(|_| Uuid::new_v4()).collect();
    for player in &players {
        api.submit(*player, "Ada", 1.0).await.ok();
    }
    let mut tags = vec![api.get(PATH).await.header("etag").to_owned()];
    for player in &players {
        tags.push(api.get(&format!("{PATH}?player_id={player}")).await.header("etag").to_owned());
    }
    for tag in &tags {
        assert_eq!(tags.iter().filter(|other| *other == tag).count(), 1, "{tags:?}");
    }
    let path = format!("{PATH}?player_id={}", players[0]);
    assert_eq!(with_tag(&api, &path, &tags[2]).await.ok()["entries"][0]["is_current_player"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_different_leaderboards_are_kept_apart() {
    let world = World::new();
    let here = world.replica().await;
    let (one, two) = (here.board("unlimited").await, here.board("unlimited").await);
    let (one, two) = (here.api(&one.secret), here.api(&two.secret));
    one.submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    two.submit(Uuid::new_v4(), "Bob", 1.0).await.ok();
    for _ in 0..2 {
        assert_eq!(one.get(PATH).await.ok()["entries"][0]["name"], "Ada");
        assert_eq!(two.get(PATH).await.ok()["entries"][0]["name"], "Bob");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hit_needs_no_redis() {
    let redis = Server::start(&[]);
    let world = World::on(&redis);
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    api.get(PATH).await.ok();
    // A lease for requests that need no Redis has been taken after a few of them.
    for _ in 0..20 {
        api.get(PATH).await.ok();
    }
    redis.signal(nix::sys::signal::Signal::SIGSTOP);
    let answer = tokio::time::timeout(PATIENCE, api.get(PATH)).await.expect("an answer");
    redis.signal(nix::sys::signal::Signal::SIGCONT);
    answer.ok();
    assert_eq!(answer.header("x-cache"), "HIT");
}
