//! `GET /openapi.json` describes the API as it is.

use std::collections::{BTreeMap, BTreeSet};

use rankora::{domain::ids::LeaderboardId, store::Keys};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    api::{ENTRY_TIME, Reply, UUID, has_form},
    load,
    raw::exchange,
    redis::Server,
    routes::{Fixture, Presented, ROUTES, Right},
    world::{Replica, World},
};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

async fn document(replica: &Replica) -> Value {
    let answer = exchange(&replica.origin(), "GET /api/v1/openapi.json", &[], "").await.expect("an answer");
    assert_eq!(answer.header("content-type"), "application/json");
    answer.ok()
}

/// Every operation with its path and its method in upper case.
fn operations(document: &Value) -> Vec<(&str, String, &Value)> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("an item") {
            assert!(METHODS.contains(&method.as_str()), "{path} {method}");
            operations.push((path.as_str(), method.to_uppercase(), operation));
        }
    }
    operations
}

/// What a reference leads to; anything else itself.
fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let Some(reference) = value["$ref"].as_str() else { return value };
    let pointer = reference.strip_prefix('#').expect("a reference within the document");
    document.pointer(pointer).unwrap_or_else(|| panic!("{reference} leads nowhere"))
}

/// A route of [`ROUTES`] as the document names it.
fn documented_path(path: &str) -> String {
    path.replace("{player}", "{player_id}").replace("{board}", "{id}").replace("{key}", "{key_id}")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_well_formed() {
    let world = World::new();
    let here = world.replica().await;
    let document = document(&here).await;
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")));
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    assert_eq!(document["servers"][0]["url"], "/api/v1");

    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let context = format!("{method} {path}");
        let id = operation["operationId"].as_str().expect("an id");
        assert!(ids.insert(id), "{context}: {id} is used twice");
        assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{context}");

        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let in_path: BTreeSet<_> = parameters
            .iter()
            .map(|parameter| resolve(&document, parameter))
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| {
                assert_eq!(parameter["required"], true, "{context}");
                parameter["name"].as_str().expect("a name").to_owned()
            })
            .collect();
        let named: BTreeSet<_> = path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .map(str::to_owned)
            .collect();
        assert_eq!(in_path, named, "{context}");
        for parameter in &parameters {
            assert!(parameter["schema"].is_object(), "{context}");
        }

        for scheme in operation["security"].as_array().into_iter().flatten() {
            for name in scheme.as_object().expect("a scheme").keys() {
                assert!(document["components"]["securitySchemes"][name].is_object(), "{context}: {name}");
            }
        }
        for (status, response) in operation["responses"].as_object().expect("responses") {
            assert!(
                status.parse().is_ok_and(|status: u16| (100..600).contains(&status)),
                "{context} {status}"
            );
            let description = resolve(&document, response)["description"].as_str();
            assert!(description.is_some_and(|text| !text.is_empty()), "{context} {status}");
        }
    }
    follow(&document, &document);
}

/// Follows all references.
fn follow(document: &Value, value: &Value) {
    resolve(document, value);
    match value {
        Value::Object(fields) => fields.values().for_each(|value| follow(document, value)),
        Value::Array(values) => values.iter().for_each(|value| follow(document, value)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_has_every_route_with_its_methods_and_no_other() {
    let world = World::new();
    let here = world.replica().await;
    let document = document(&here).await;
    let mut promised: BTreeSet<_> =
        ROUTES.iter().map(|(method, path, ..)| (documented_path(path), (*method).to_owned())).collect();
    promised.insert(("/openapi.json".to_owned(), "GET".to_owned()));
    let described: BTreeSet<_> =
        operations(&document).into_iter().map(|(path, method, _)| (path.to_owned(), method)).collect();
    assert_eq!(described, promised);

    // What the router takes, it says itself.
    let mut methods: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (path, method) in described {
        methods.entry(path).or_default().insert(method);
    }
    for (path, mut expected) in methods {
        if expected.contains("GET") {
            expected.insert("HEAD".to_owned());
        }
        let path = path.replace("{player_id}", "x").replace("{id}", "x").replace("{key_id}", "x");
        let answer = exchange(&here.origin(), &format!("TRACE /api/v1{path}"), &[], "").await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status.as_u16(), 405, "{path}");
        let allowed: BTreeSet<_> =
            answer.header("allow").split(',').map(|method| method.trim().to_owned()).collect();
        assert_eq!(allowed, expected, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_that_is_described_is_given_as_it_is_described() {
    let redis = Server::start(&[]);
    let plans = "[[plan]]\nname = \"unlimited\"\nmetadata = true\n[[plan]]\nname = \"tight\"\nmetadata = true\n\
        burst = { per_second = 1, bucket = 1 }\n";
    let world = World::on(&redis).with_plans(plans);
    let stage = Stage { fixture: Fixture::new(&world).await, redis: &redis, prefix: world.prefix() };
    let cold = world.replica().await;
    let document = document(&stage.fixture.replica).await;
    let mut unreachable = Vec::new();
    for (method, path, right, body) in ROUTES {
        let route = Route { method, path, right, body };
        let name = documented_path(path);
        let operation = &document["paths"][&name][method.to_lowercase()];
        for (status, response) in operation["responses"].as_object().expect("responses") {
            if status == "503" {
                unreachable.push((route, response.clone()));
                continue;
            }
            let answer = stage.answer(route, status).await;
            is_as_described(&document, response, status, &answer, &format!("{method} {path} {status}"));
        }
    }
    let response = &document["paths"]["/openapi.json"]["get"]["responses"]["429"];
    let mut answer = None;
    for _ in 0..1000 {
        let origin = stage.fixture.replica.origin();
        answer = exchange(&origin, "GET /api/v1/openapi.json", &[], "").await;
        if answer.as_ref().is_some_and(|answer| answer.status.as_u16() == 429) {
            break;
        }
    }
    is_as_described(&document, response, "429", &answer.expect("an answer"), "GET /openapi.json 429");

    // Asked of a replica that knows none of the keys: one that does keeps its streams waiting.
    let fixture = Fixture { replica: cold, board: stage.fixture.board.clone() };
    redis.kill();
    for (route, response) in unreachable {
        let key = stage.key(route.right);
        let path = stage.unknown_path(route.path);
        let answer = fixture.ask(&Presented::Header(key), route.method, &path, route.body).await;
        is_as_described(&document, &response, "503", &answer, &format!("{} {path} 503", route.method));
    }
}

#[derive(Clone, Copy)]
struct Route {
    method: &'static str,
    path: &'static str,
    right: Right,
    body: &'static str,
}

/// Where answers of every kind are provoked.
struct Stage<'a> {
    fixture: Fixture,
    redis: &'a Server,
    prefix: &'a str,
}

impl Stage<'_> {
    /// A key with a right.
    fn key(&self, right: Right) -> String {
        let board = &self.fixture.board;
        if right == Right::Manage { board.account.management.clone() } else { board.secret.clone() }
    }

    fn unknown_path(&self, path: &str) -> String {
        let id = Uuid::new_v4().to_string();
        path.replace("{player}", &id).replace("{board}", &id).replace("{key}", &id)
    }

    /// An answer with this status, or whatever comes instead.
    async fn answer(&self, route: Route, status: &str) -> Reply {
        let Route { method, path, right, body } = route;
        let key = self.key(right);
        let ask = async |key: &str, path: &str, body: &str| {
            self.fixture.ask(&Presented::Header(key.to_owned()), method, path, body).await
        };
        let send = async |kind: &str, body: String| {
            let path = self.fixture.path(path).await;
            let request = self.fixture.replica.api(&key).request(method.parse().expect("a method"), &path);
            Reply::of(request.header("content-type", kind).body(body)).await
        };
        match status {
            "200" | "201" => ask(&key, &self.fixture.path(path).await, body).await,
            "304" => {
                let api = self.fixture.replica.api(&key);
                Reply::of(api.request(Method::GET, path).header("if-none-match", "*")).await
            }
            "400" if path.contains('{') => ask(&key, &path.replace(['{', '}'], ""), body).await,
            "400" if method == "GET" => ask(&key, &format!("{path}?limit=0"), body).await,
            "400" => send("application/json", "{".to_owned()).await,
            "401" => self.fixture.ask(&Presented::Nothing, method, &self.unknown_path(path), body).await,
            "403" => {
                let board = &self.fixture.board;
                let other = match right {
                    Right::Manage => &board.secret,
                    Right::Usage => &board.publishable,
                    Right::Read | Right::Write => &board.account.management,
                };
                ask(other, &self.unknown_path(path), body).await
            }
            "404" if path.contains('{') => ask(&key, &self.unknown_path(path), body).await,
            "404" => ask(&self.key_of_nothing().await, path, body).await,
            "409" => {
                let path = self.fixture.path(path).await;
                self.begin_sort_change(&path).await;
                ask(&key, &path, r#"{"sort_order":"asc"}"#).await
            }
            "413" => send("application/json", " ".repeat(20_000)).await,
            "415" => send("text/plain", body.to_owned()).await,
            "429" => {
                let board = self.fixture.replica.board("tight").await;
                let key = if right == Right::Manage { board.account.management } else { board.secret };
                let path = self.unknown_path(path);
                ask(&key, &path, body).await;
                ask(&key, &path, body).await
            }
            "500" => ask(&self.unreadable_key(right).await, &self.unknown_path(path), body).await,
            other => panic!("no way to provoke {other}"),
        }
    }

    /// A secret key that is valid on a leaderboard that isn't there.
    async fn key_of_nothing(&self) -> String {
        let board = self.fixture.replica.board("unlimited").await;
        self.fixture.replica.api(&board.secret).get("/leaderboard").await.ok();
        let keys = Keys::new(self.prefix).account(board.account.id).leaderboard(board.id);
        self.redis(redis::cmd("DEL").arg(keys.board)).await;
        board.secret
    }

    /// Leaves a leaderboard as a change of its sort order does that goes on.
    async fn begin_sort_change(&self, path: &str) {
        let id = path.rsplit('/').next().and_then(|id| id.parse::<Uuid>().ok()).expect("an id");
        let id = LeaderboardId::from_bytes(*id.as_bytes());
        let keys = Keys::new(self.prefix).account(self.fixture.board.account.id).leaderboard(id);
        load::begin_ascending(&mut self.redis.connection().await, &keys.board).await;
    }

    /// A key whose record is damaged, of an account of its own.
    async fn unreadable_key(&self, right: Right) -> String {
        let board = self.fixture.replica.board("unlimited").await;
        let keys = self.fixture.replica.app().list_keys(board.account.id).await.expect("keys");
        let names = Keys::new(self.prefix).account(board.account.id);
        for key in keys {
            self.redis(redis::cmd("HSET").arg(&names.api_keys).arg(key.id.to_string()).arg("{")).await;
        }
        if right == Right::Manage { board.account.management } else { board.secret }
    }

    async fn redis(&self, command: &mut redis::Cmd) {
        let _: redis::Value =
            command.query_async(&mut self.redis.connection().await).await.expect("an answer");
    }
}

/// Checks an answer against what the document says of its status.
#[track_caller]
fn is_as_described(document: &Value, response: &Value, status: &str, answer: &Reply, context: &str) {
    assert_eq!(answer.status.as_str(), status, "{context}: {}", answer.text);
    let response = resolve(document, response);
    for name in response["headers"].as_object().into_iter().flat_map(|headers| headers.keys()) {
        assert!(!answer.header(name).is_empty(), "{context}: {name}");
    }
    let content = response["content"].as_object();
    let Some((kind, content)) = content.and_then(|content| content.iter().next()) else {
        assert!(answer.text.is_empty(), "{context}: {}", answer.text);
        return;
    };
    assert_eq!(answer.header("content-type"), kind, "{context}");
    if kind == "application/json" {
        conforms(document, &content["schema"], &answer.json(), context);
    }
    if answer.status.as_u16() >= 400 {
        answer.is_in_error_shape();
    }
}

/// Checks a value against a schema, as far as this document's schemas go.
#[track_caller]
fn conforms(document: &Value, schema: &Value, value: &Value, context: &str) {
    let schema = resolve(document, schema);
    let types: Vec<_> = match &schema["type"] {
        Value::String(kind) => vec![kind.as_str()],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        other => panic!("{context}: a type {other} in {schema}"),
    };
    let fits = |kind: &&str| match *kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{context}: a type {other}"),
    };
    assert!(types.iter().any(fits), "{context}: {value} is none of {types:?}");
    if let (Some(format), false) = (schema["format"].as_str(), value.is_null()) {
        assert!(
            match format {
                "uuid" => has_form(value, UUID),
                "date-time" => has_form(value, ENTRY_TIME),
                _ => true,
            },
            "{context}: {value} is no {format}"
        );
    }
    if let (Some(least), Some(number)) = (schema["minimum"].as_f64(), value.as_f64()) {
        assert!(number >= least, "{context}: {number}");
    }
    for value in value.as_array().into_iter().flatten() {
        conforms(document, &schema["items"], value, context);
    }
    let (Some(properties), Some(fields)) = (schema["properties"].as_object(), value.as_object()) else {
        return;
    };
    for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        assert!(fields.contains_key(required), "{context}: {required} is missing in {value}");
    }
    for (name, value) in fields {
        let property = properties.get(name).unwrap_or_else(|| panic!("{context}: {name} is not described"));
        conforms(document, property, value, &format!("{context} {name}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_marked_entry_and_one_with_metadata_are_as_they_are_described() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    let player = Uuid::new_v4();
    let body = json!({"name": "Ada", "score": 1.5, "player_id": player, "metadata": {"a": "b"}});
    api.post("/leaderboard/entries", &body).await.ok();
    api.submit(Uuid::new_v4(), "Bob", 2.0).await.ok();
    let document = document(&here).await;
    for (path, name) in [
        (format!("/leaderboard/entries?player_id={player}"), "/leaderboard/entries"),
        (format!("/leaderboard/entries/{player}"), "/leaderboard/entries/{player_id}"),
    ] {
        let response = &document["paths"][name]["get"]["responses"]["200"];
        is_as_described(&document, response, "200", &api.get(&path).await, name);
    }
}
