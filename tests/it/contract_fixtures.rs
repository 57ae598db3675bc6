//! What SDKs rely on: the requests in `sdks/contract` get the answers that stand there.

use std::collections::BTreeMap;

use rankora::domain::{
    api_key::KeyKind,
    leaderboard::{Policy, ScoreFormat, Settings, SortOrder},
    name::{Label, LeaderboardName},
    score_display::ScoreDisplay,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    api::{Api, Reply},
    contract::{self, LeaderboardOf, Request, Scenario, Step, fits},
    stream::EventStream,
    world::{Replica, World},
};

#[tokio::test(flavor = "multi_thread")]
async fn every_request_of_the_fixtures_gets_the_answer_that_stands_there() {
    let plans = std::fs::read_to_string(contract::directory().join("plans.toml")).expect("plans");
    let world = World::new().with_plans(&plans).with_options(&["--default-plan", "everything"]);
    let replica = world.replica().await;
    let scenarios = contract::scenarios();
    assert!(scenarios.len() > 10, "{} scenarios", scenarios.len());
    for scenario in &scenarios {
        run(&replica, scenario).await;
    }
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_of_the_management_fixtures_gets_the_answer_that_stands_there() {
    let plans = std::fs::read_to_string(contract::directory().join("plans.toml")).expect("plans");
    let world = World::new().with_plans(&plans).with_options(&["--default-plan", "everything"]);
    let replica = world.replica().await;
    let scenarios = contract::management_scenarios();
    assert!(scenarios.len() > 4, "{} scenarios", scenarios.len());
    for scenario in &scenarios {
        let api = replica.api(&replica.account(&scenario.plan).await.management);
        let mut kept = BTreeMap::new();
        for step in &scenario.steps {
            let said = serde_json::to_string(&step.response.body).expect("a body");
            let body = serde_json::from_str(&contract::filled_in(&said, &kept)).expect("a body");
            let path = contract::filled_in(&step.request.path, &kept);
            let reply = manage(&api, &path, &step.request).await;
            let place = format!("{} / {}", scenario.name, step.name);
            check_answer(&place, &reply, step, &body);
            for (name, field) in &step.keep {
                let value = reply.json()[field].as_str().expect("a text").to_owned();
                kept.insert(name.clone(), value);
            }
        }
    }
    replica.stop().await;
}

async fn manage(api: &Api, path: &str, said: &Request) -> Reply {
    let method = Method::from_bytes(said.method.as_bytes()).expect("a method");
    let request = match said.key.as_str() {
        "none" => api.anonymous(method, path),
        _ => api.request(method, path),
    };
    match &said.body {
        Some(body) => Reply::of(request.json(body)).await,
        None => Reply::of(request).await,
    }
}

#[test]
fn a_fixture_tells_what_fits_from_what_does_not() {
    let said = json!({"id": "<uuid>", "n": 1, "rows": ["<time>"], "left": "<count>", "none": null});
    let id = "67e55044-10b1-426f-9247-bb680e5fe0c8";
    let found = json!({
        "id": id, "n": 1, "rows": ["2025-07-21T19:22:47.782875+00:00"], "left": 0, "none": null,
    });
    assert!(fits(&found, &said));
    for (field, wrong) in [
        ("id", json!(id.to_uppercase())),
        ("n", json!("1")),
        ("rows", json!([])),
        ("rows", json!(["2025-07-21T19:22:47Z"])),
        ("left", json!(-1)),
        ("none", json!(0)),
        ("more", json!(1)),
    ] {
        let mut found = found.clone();
        found[field] = wrong;
        assert!(!fits(&found, &said), "{found}");
    }
}

/// The keys of a leaderboard.
struct Keys {
    secret: String,
    publishable: String,
}

async fn run(replica: &Replica, scenario: &Scenario) {
    let keys = keys_of(replica, &scenario.leaderboard).await;
    let reader = replica.api(&keys.publishable);
    let mut stream = None;
    for step in &scenario.steps {
        let place = format!("{} / {}", scenario.name, step.name);
        let Step { request, .. } = step;
        if request.path.starts_with("/realtime") && step.response.status == 200 {
            let query = request.path.trim_start_matches("/realtime");
            stream = Some((reader.stream(query).await, query));
        } else {
            let body = step.response.body.as_ref().expect("a body");
            check_answer(&place, &send(replica, &keys, request).await, step, body);
        }
        if let Some((stream, query)) = &mut stream {
            check_messages(&place, stream, step).await;
            check_page(&place, &reader, query, step).await;
        }
    }
}

async fn keys_of(replica: &Replica, said: &LeaderboardOf) -> Keys {
    let app = replica.app();
    let settings = Settings {
        name: LeaderboardName::parse("Fixture").expect("a name"),
        sort_order: SortOrder::parse(&said.sort_order).expect("an order"),
        score_format: ScoreFormat::parse(&said.score_format).expect("a format"),
        display: ScoreDisplay::default(),
        policy: Policy::parse(&said.policy).expect("a policy"),
    };
    let account = replica.account(&said.plan).await.id;
    let plan = app.plan_of(&app.account(account).await.expect("an account"));
    let board = app.create_leaderboard(account, &plan, &settings).await.expect("a leaderboard").id;
    let key = async |kind| {
        let label = Label::parse("test").expect("a label");
        let (key, _) = app.create_leaderboard_key(account, board, kind, label).await.expect("a key");
        key.expose().to_owned()
    };
    Keys { secret: key(KeyKind::Secret).await, publishable: key(KeyKind::Publishable).await }
}

async fn send(replica: &Replica, keys: &Keys, said: &Request) -> Reply {
    let method = Method::from_bytes(said.method.as_bytes()).expect("a method");
    let api = replica.api(if said.key == "publishable" { &keys.publishable } else { &keys.secret });
    let mut request = match said.key.as_str() {
        "none" => api.anonymous(method, &said.path),
        _ => api.request(method, &said.path),
    };
    for (name, value) in &said.headers {
        request = request.header(name, value);
    }
    let text = said.text.clone().or_else(|| Some(said.body.as_ref()?.to_string()));
    if let Some(text) = text {
        request = request.header("content-type", "application/json").body(text);
    }
    Reply::of(request).await
}

fn check_answer(place: &str, reply: &Reply, step: &Step, body: &Value) {
    let said = &step.response;
    assert_eq!(reply.status, StatusCode::from_u16(said.status).expect("a status"), "{place}: {}", reply.text);
    assert!(fits(&reply.json(), body), "{place}: {} is not {body}", reply.text);
    for (name, value) in &said.headers {
        let found = Value::from(reply.header(name));
        assert!(fits(&found, &Value::from(value.as_str())), "{place}: {name} is {found}");
    }
    assert!(
        !step.refused_before_sending || said.status == 400,
        "{place}: only what is invalid is known before"
    );
}

async fn check_messages(place: &str, stream: &mut EventStream, step: &Step) {
    for said in step.messages.iter().flatten() {
        let found = loop {
            let found = stream.next().await.unwrap_or_else(|| panic!("{place}: the stream ended")).data;
            // A fresh page may come at any time.
            if found["type"] != "initial" || said["type"] == "initial" {
                break found;
            }
        };
        assert!(fits(&found, said), "{place}: {found} is not {said}");
    }
}

/// What a client should show is what the list shows.
async fn check_page(place: &str, reader: &Api, query: &str, step: &Step) {
    let Some(said) = &step.page else { return };
    let list = reader.get(&format!("/leaderboard/entries{query}")).await.ok();
    let rows = list["entries"].as_array().expect("rows").iter();
    let shown: Vec<_> =
        rows.map(|row| json!({"name": row["name"], "score": row["score"], "rank": row["rank"]})).collect();
    assert_eq!(&Value::from(shown), said, "{place}");
}
