//! A client of the API.

use reqwest::{Client, Method, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

use super::stream::EventStream;

/// A client with a key.
#[derive(Clone)]
pub struct Api {
    client: Client,
    base: String,
    key: String,
}

/// An answer, read whole.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Api {
    pub fn new(origin: &str, key: &str) -> Self {
        let client = Client::builder().no_proxy().build().expect("a client");
        Self { client, base: format!("{origin}/api/v1"), key: key.to_owned() }
    }

    /// The same client with another key.
    pub fn with_key(&self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self.clone() }
    }

    /// A request with the key, to be finished by the test.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key)
    }

    /// A request without any key.
    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    pub async fn get(&self, path: &str) -> Reply {
        Reply::of(self.request(Method::GET, path)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        Reply::of(self.request(Method::DELETE, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        Reply::of(self.request(Method::POST, path).json(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        Reply::of(self.request(Method::PATCH, path).json(body)).await
    }

    /// Posts a body as it stands.
    pub async fn post_text(&self, path: &str, body: impl Into<reqwest::Body>) -> Reply {
        let request = self.request(Method::POST, path).header("content-type", "application/json");
        Reply::of(request.body(body)).await
    }

    /// Submits a score for a player.
    pub async fn submit(&self, player: uuid::Uuid, name: &str, score: f64) -> Reply {
        let body = json!({"name": name, "score": score, "player_id": player});
        self.post("/leaderboard/entries", &body).await
    }

    /// Opens a stream; `query` begins with `?` or is empty.
    pub async fn stream(&self, query: &str) -> EventStream {
        self.stream_from(query, None).await
    }

    /// Opens a stream as a client that comes back.
    pub async fn stream_from(&self, query: &str, last_event_id: Option<&str>) -> EventStream {
        let mut request = self.request(Method::GET, &format!("/realtime{query}"));
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK, "{:?}", response.text().await);
        EventStream::of(response)
    }
}

impl Reply {
    /// Sends a request and reads the answer.
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        Self { status, headers, text: response.text().await.expect("a body") }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {:?}", self.text))
    }

    /// The body of an answer that must be a success.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.text);
        self.json()
    }

    /// A header's text; empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// Checks that this is an error in the one shape, with this status, code and field.
    #[track_caller]
    pub fn is_error(&self, status: u16, code: &str, field: Option<&str>) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        let body = self.json();
        assert_eq!(body["success"], false, "{body}");
        assert_eq!(body["code"], code, "{body}");
        assert_eq!(body["field"].as_str(), field, "{body}");
        let sentence = body["error"].as_str().expect("a sentence");
        assert!(!sentence.is_empty() && !sentence.starts_with('0'), "{sentence}");
    }
}
