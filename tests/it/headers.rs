//! What stands around the bodies: request ids, CORS, HEAD.

use std::collections::HashSet;

use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    api::{Api, Reply},
    raw::exchange,
    world::World,
};

const EXPOSED: [&str; 7] = [
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-request-id",
    "x-cache",
    "etag",
    "retry-after",
];

fn words(list: &str) -> HashSet<String> {
    list.split(',').map(|word| word.trim().to_lowercase()).collect()
}

/// The paths of all GET routes but the stream, for a leaderboard with an entry.
async fn reads(api: &Api, player: Uuid) -> Vec<String> {
    api.submit(player, "Ada", 1.0).await.ok();
    ["/usage", "/leaderboard", "/leaderboard/entries", &format!("/leaderboard/entries/{player}")]
        .map(str::to_owned)
        .to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_a_request_id_of_its_own_and_may_be_read_by_any_origin() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    let mut answers = Vec::new();
    for path in reads(&api, Uuid::new_v4()).await {
        answers.push(api.get(&path).await);
    }
    answers.push(api.post("/leaderboard/entries", &json!({"name": "Ada", "score": 1})).await);
    answers.push(api.post("/leaderboard/entries", &json!({})).await);
    answers.push(api.get("/nothing").await);
    answers.push(api.patch("/usage", &json!({})).await);
    answers.push(here.api("nonsense").get("/usage").await);
    for path in ["/", "/healthz", "/readyz", "/nothing", "/api/v1/openapi.json"] {
        answers.push(exchange(&here.origin(), &format!("GET {path}"), &[], "").await.expect("an answer"));
    }
    let mut ids = HashSet::new();
    for answer in answers {
        let id = answer.header("x-request-id").to_owned();
        assert!(id.len() >= 16 && ids.insert(id.clone()), "{id:?} {}", answer.text);
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(answer.header("access-control-allow-credentials"), "");
        assert_eq!(words(answer.header("access-control-expose-headers")), EXPOSED.map(String::from).into());
        assert_eq!(answer.header("set-cookie"), "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preflight_passes_for_each_header_and_method_on_every_path() {
    let world = World::new();
    let here = world.replica().await;
    let id = Uuid::new_v4();
    for path in
        ["/leaderboard/entries", &format!("/leaderboard/entries/{id}"), "/realtime", "/leaderboards", "/x"]
    {
        for method in ["GET", "POST", "DELETE", "PATCH"] {
            for header in
                ["authorization", "content-type", "last-event-id", "idempotency-key", "if-none-match"]
            {
                let line = format!("OPTIONS /api/v1{path}");
                let asked = format!("Access-Control-Request-Method: {method}");
                let with = format!("Access-Control-Request-Headers: {header}");
                let answer =
                    exchange(&here.origin(), &line, &["Origin: https://example.org", &asked, &with], "")
                        .await;
                let answer = answer.expect("an answer");
                assert!(answer.status.is_success(), "{line} {}", answer.text);
                assert_eq!(answer.header("access-control-allow-origin"), "*");
                assert_eq!(answer.header("access-control-allow-credentials"), "");
                assert!(words(answer.header("access-control-allow-headers")).contains(header), "{header}");
                assert!(
                    words(answer.header("access-control-allow-methods")).contains(&method.to_lowercase())
                );
                assert_eq!(answer.header("access-control-max-age"), "86400");
                assert!(!answer.header("x-request-id").is_empty());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_answers_as_get_does_without_the_body() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let api = here.api(&board.secret);
    let mut paths = reads(&api, Uuid::new_v4()).await;
    paths.extend(["/nothing", "/leaderboard/entries/x", "/leaderboard/entries?limit=0"].map(str::to_owned));
    for path in paths {
        let (get, head) = (api.get(&path).await, Reply::of(api.request(Method::HEAD, &path)).await);
        assert_eq!((head.status, head.text.as_str()), (get.status, ""), "{path}");
        for header in ["content-type", "content-length", "etag", "cache-control", "vary"] {
            assert_eq!(head.header(header), get.header(header), "{path} {header}");
        }
    }
    for path in ["/leaderboard", "/leaderboard/entries"] {
        let path = format!("{path}?key={}", board.publishable);
        assert_eq!(Reply::of(api.anonymous(Method::HEAD, &path)).await.status.as_u16(), 200);
    }
    let head = Reply::of(here.api("nonsense").request(Method::HEAD, "/usage")).await;
    assert_eq!((head.status.as_u16(), head.header("www-authenticate")), (401, "Bearer"));
    let head = Reply::of(api.request(Method::HEAD, "/realtime")).await;
    assert_eq!((head.status.as_u16(), head.header("content-type")), (200, "text/event-stream"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_lists_may_be_kept_by_caches() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let (api, management) = (here.api(&board.secret), here.api(&board.account.management));
    let player = Uuid::new_v4();
    for path in reads(&api, player).await {
        let answer = api.get(&path).await;
        let expected = match path.as_str() {
            "/leaderboard/entries" => "private, max-age=5, stale-while-revalidate=30",
            _ => "no-store",
        };
        assert_eq!(answer.header("cache-control"), expected, "{path}");
    }
    let public = format!("/leaderboard/entries/{player}?key={}", board.publishable);
    let keys = format!("/leaderboards/{}/keys", board.id);
    for answer in [
        Reply::of(api.anonymous(Method::GET, &public)).await,
        api.submit(player, "Ada", 1.0).await,
        api.get("/leaderboard/entries?limit=0").await,
        api.get("/nothing").await,
        management.get("/leaderboards").await,
        management.get(&keys).await,
        management.post(&keys, &json!({"kind": "secret"})).await,
    ] {
        assert_eq!(answer.header("cache-control"), "no-store", "{}", answer.text);
    }
}
