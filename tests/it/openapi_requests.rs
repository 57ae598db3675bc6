//! What the document says of a request is what the server makes of it: what fits is taken, and nothing else.

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::support::{
    api::{Api, Reply},
    raw::exchange,
    world::{Board, Replica, World},
};

const PLAYER: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";
/// Texts at the edges of what names and labels may be.
const TEXTS: [&str; 24] = [
    "",
    " ",
    "a",
    "ab",
    "Ada",
    " ab ",
    "a b",
    "  Ada\n",
    "\u{a0}Ada\u{3000}",
    "\u{85}Ada\u{2028}",
    "\u{feff}Ada",
    "Zoë-_9",
    "नमस्ते",
    "٣٤٥",
    "x²y",
    "Ada!",
    "🏆",
    "a🏆b",
    "a\tb",
    "a\u{200b}b",
    "a\u{2028}b",
    "a\u{a0}b",
    "a\u{e000}b",
    "a\u{378}b",
];

struct Described {
    document: Value,
    replica: Replica,
    board: Board,
}

impl Described {
    async fn new(world: &World) -> Self {
        let replica = world.replica().await;
        let answer = exchange(&replica.origin(), "GET /api/v1/openapi.json", &[], "").await;
        let board = replica.board("unlimited").await;
        Self { document: answer.expect("an answer").ok(), replica, board }
    }

    fn api(&self, is_management: bool) -> Api {
        self.replica.api(if is_management { &self.board.account.management } else { &self.board.secret })
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let Some(reference) = schema["$ref"].as_str() else { return schema };
        self.document.pointer(&reference[1..]).expect("what is referred to")
    }

    fn body_schema(&self, method: &Method, path: &str) -> &Value {
        let operation = &self.document["paths"][path][method.as_str().to_lowercase()];
        self.resolve(&operation["requestBody"]["content"]["application/json"]["schema"])
    }

    /// Sends a body, which the server must take if it fits its schema, and refuse if it doesn't.
    #[track_caller]
    fn agrees(&self, schema: &Value, value: &Value, reply: &Reply) {
        let expected = fits(schema, value);
        let taken = reply.status.is_success();
        assert_eq!(taken, expected, "{value} against {schema}: {} {}", reply.status, reply.text);
    }

    async fn bodies(&self, method: Method, path: &str, base: &Value, field: &str, values: &[Value]) {
        let schema = self.body_schema(&method, path);
        let api = self.api(path.starts_with("/leaderboards"));
        let address = path.replace("{id}", &self.board.id.to_string());
        for value in values {
            let mut body = base.clone();
            body[field] = value.clone();
            let reply = Reply::of(api.request(method.clone(), &address).json(&body)).await;
            self.agrees(schema, &body, &reply);
        }
    }
}

/// Whether a value fits a schema, as far as this document's schemas go.
fn fits(schema: &Value, value: &Value) -> bool {
    if let Some(choices) = schema["anyOf"].as_array() {
        return choices.iter().any(|choice| fits(choice, value));
    }
    let is_of = |kind: &Value| match kind.as_str().expect("a type") {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        other => panic!("a type {other}"),
    };
    let types = &schema["type"];
    types.as_array().map_or_else(|| is_of(types), |types| types.iter().any(is_of))
        && value.as_str().is_none_or(|text| text_fits(schema, text))
        && value.as_object().is_none_or(|fields| object_fits(schema, fields))
        && value.as_f64().is_none_or(|number| {
            schema["minimum"].as_f64().is_none_or(|least| number >= least)
                && schema["maximum"].as_f64().is_none_or(|most| number <= most)
        })
}

fn text_fits(schema: &Value, text: &str) -> bool {
    let length = text.chars().count() as u64;
    schema["minLength"].as_u64().is_none_or(|least| length >= least)
        && schema["maxLength"].as_u64().is_none_or(|most| length <= most)
        && schema["pattern"]
            .as_str()
            .is_none_or(|pattern| regex::Regex::new(pattern).expect("a pattern").is_match(text))
        && (schema["format"] != "uuid" || uuid::Uuid::parse_str(text).is_ok())
}

fn object_fits(schema: &Value, fields: &Map<String, Value>) -> bool {
    let required = schema["required"].as_array().into_iter().flatten();
    let limit = schema["maxProperties"].as_u64();
    required.map(|name| name.as_str().expect("a name")).all(|name| fields.contains_key(name))
        && limit.is_none_or(|most| fields.len() as u64 <= most)
        && fields.iter().all(|(name, value)| {
            let rule = schema["properties"].get(name).or(schema.get("additionalProperties"));
            rule.is_none_or(|rule| fits(rule, value))
                && schema.get("propertyNames").is_none_or(|rule| text_fits(rule, name))
        })
}

fn texts(length: usize) -> Vec<Value> {
    let long = [length - 1, length, length + 1].map(|length| json!("x".repeat(length)));
    let around = json!(format!("  {}\n", "x".repeat(length)));
    TEXTS
        .map(|text| json!(text))
        .into_iter()
        .chain(long)
        .chain([around, json!(null), json!(1), json!(["Ada"])])
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_labels_are_taken_as_their_patterns_say() {
    let world = World::new();
    let here = Described::new(&world).await;
    let post = Method::POST;
    here.bodies(post.clone(), "/leaderboard/entries", &json!({"score": 1}), "name", &texts(50)).await;
    here.bodies(post.clone(), "/leaderboards", &json!({}), "name", &texts(80)).await;
    here.bodies(Method::PATCH, "/leaderboards/{id}", &json!({}), "name", &texts(80)).await;
    here.bodies(post, "/leaderboards/{id}/keys", &json!({"kind": "publishable"}), "label", &texts(60)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaderboard_needs_a_name_to_be_made_and_none_to_be_changed() {
    let world = World::new();
    let here = Described::new(&world).await;
    for (method, path, is_taken) in
        [(Method::POST, "/leaderboards", false), (Method::PATCH, "/leaderboards/{id}", true)]
    {
        here.bodies(method.clone(), path, &json!({}), "policy", &[json!("best"), json!("worst")]).await;
        assert_eq!(fits(here.body_schema(&method, path), &json!({"policy": "best"})), is_taken, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_player_is_none_in_a_body_and_in_a_query() {
    let world = World::new();
    let here = Described::new(&world).await;
    let players = ["", PLAYER, "Ada", " ", "{67e55044-10b1-426f-9247-bb680e5fe0c8}-"].map(|text| json!(text));
    let values: Vec<_> = players.iter().cloned().chain([json!(null), json!(1)]).collect();
    here.bodies(
        Method::POST,
        "/leaderboard/entries",
        &json!({"name": "Ada", "score": 1}),
        "player_id",
        &values,
    )
    .await;

    for path in ["/leaderboard/entries", "/realtime"] {
        let parameters = here.document["paths"][path]["get"]["parameters"].as_array().expect("parameters");
        let parameter =
            parameters.iter().find(|parameter| parameter["name"] == "player_id").expect("a player");
        for player in &players {
            let text = player.as_str().expect("a text");
            assert_eq!(
                fits(&parameter["schema"], player),
                text.is_empty() || text == PLAYER,
                "{path} {text:?}"
            );
            if path == "/leaderboard/entries" {
                let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
                let reply = here.api(false).get(&format!("{path}?player_id={encoded}")).await;
                here.agrees(&parameter["schema"], player, &reply);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_is_taken_as_it_is_described() {
    let world = World::new();
    let here = Described::new(&world).await;
    let many = |count: usize| (0..count).map(|n| (n.to_string(), json!(n))).collect::<Map<_, _>>();
    let values = [
        json!({}),
        json!(null),
        json!([]),
        json!("x"),
        json!(many(10)),
        json!(many(11)),
        json!({"": 1}),
        json!({"k".repeat(32): true}),
        json!({"k".repeat(33): true}),
        json!({"k": "x".repeat(64)}),
        json!({"k": "x".repeat(65)}),
        json!({"k": null}),
        json!({"k": {}}),
        json!({"k": [1]}),
        json!({"k": 1.5}),
    ];
    here.bodies(
        Method::POST,
        "/leaderboard/entries",
        &json!({"name": "Ada", "score": 1}),
        "metadata",
        &values,
    )
    .await;
}
