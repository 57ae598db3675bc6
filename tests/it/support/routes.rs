//! Every route of the API, and how to ask it.

use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use super::{
    api::{Api, Reply},
    world::{Board, Replica, World},
};

/// What a route asks of a key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Right {
    Read,
    Write,
    Usage,
    Manage,
}

/// Every route, with a body where it takes one. `{player}`, `{board}` and `{key}` are made anew for each request.
pub const ROUTES: [(&str, &str, Right, &str); 16] = [
    ("GET", "/usage", Right::Usage, ""),
    ("GET", "/leaderboard", Right::Read, ""),
    ("GET", "/leaderboard/entries", Right::Read, ""),
    ("POST", "/leaderboard/entries", Right::Write, r#"{"name":"Ada","score":1}"#),
    ("GET", "/leaderboard/entries/{player}", Right::Read, ""),
    ("DELETE", "/leaderboard/entries/{player}", Right::Write, ""),
    ("GET", "/realtime", Right::Read, ""),
    ("GET", "/leaderboards", Right::Manage, ""),
    ("POST", "/leaderboards", Right::Manage, r#"{"name":"New"}"#),
    ("GET", "/leaderboards/{board}", Right::Manage, ""),
    ("PATCH", "/leaderboards/{board}", Right::Manage, r#"{"name":"Other"}"#),
    ("DELETE", "/leaderboards/{board}", Right::Manage, ""),
    ("POST", "/leaderboards/{board}/reset", Right::Manage, ""),
    ("GET", "/leaderboards/{board}/keys", Right::Manage, ""),
    ("POST", "/leaderboards/{board}/keys", Right::Manage, r#"{"kind":"secret"}"#),
    ("DELETE", "/leaderboards/{board}/keys/{key}", Right::Manage, ""),
];

/// How a key comes along.
pub enum Presented {
    Header(String),
    Url(String),
    Nothing,
}

/// A replica and a leaderboard to ask it about.
pub struct Fixture {
    pub replica: Replica,
    pub board: Board,
}

impl Fixture {
    pub async fn new(world: &World) -> Self {
        let replica = world.replica().await;
        let board = replica.board("unlimited").await;
        Self { replica, board }
    }

    /// A client with a key that may use a path, and the path with the leaderboard in it.
    pub fn target(&self, path: &str) -> (Api, String) {
        (self.replica.api(self.key(path)), path.replace("{board}", &self.board.id.to_string()))
    }

    /// The same as a request line and a header.
    pub fn raw_target(&self, method: &str, path: &str) -> (String, String) {
        let (key, path) = (self.key(path), path.replace("{board}", &self.board.id.to_string()));
        (format!("{method} /api/v1{path}"), format!("Authorization: Bearer {key}"))
    }

    fn key(&self, path: &str) -> &str {
        let managed = path.starts_with("/leaderboards");
        if managed { &self.board.account.management } else { &self.board.secret }
    }

    /// Checks that the replica still answers, on a new connection.
    pub async fn is_alive(&self) {
        self.replica.api(&self.board.secret).get("/leaderboard").await.ok();
    }

    /// A path with what it names, made for one request.
    pub async fn path(&self, path: &str) -> String {
        let management = self.replica.api(&self.board.account.management);
        let mut path = path.to_owned();
        if path.contains("{player}") {
            let player = Uuid::new_v4();
            self.replica.api(&self.board.secret).submit(player, "Ada", 1.0).await.ok();
            path = path.replace("{player}", &player.to_string());
        }
        if path.contains("{board}") {
            let board = management.post("/leaderboards", &json!({"name": "Made"})).await.ok();
            path = path.replace("{board}", board["id"].as_str().expect("an id"));
        }
        if let Some((keys, _)) = path.split_once("/{key}") {
            let key = management.post(keys, &json!({"kind": "publishable"})).await.ok();
            path = path.replace("{key}", key["id"].as_str().expect("an id"));
        }
        path
    }

    /// The answer on a route; only the head of a stream.
    pub async fn ask(&self, key: &Presented, method: &str, path: &str, body: &str) -> Reply {
        let method: Method = method.parse().expect("a method");
        let api = self.replica.api("");
        let mut request = match key {
            Presented::Header(key) => self.replica.api(key).request(method, path),
            Presented::Url(key) => api.anonymous(method, &format!("{path}?key={key}")),
            Presented::Nothing => api.anonymous(method, path),
        };
        if !body.is_empty() {
            request = request.header("content-type", "application/json").body(body.to_owned());
        }
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        let stream = headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let text = if stream { String::new() } else { response.text().await.expect("a body") };
        Reply { status, headers, text }
    }
}
