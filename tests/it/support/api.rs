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

    /// Whether this replica wants requests.
    pub async fn is_ready(&self) -> bool {
        let root = self.base.trim_end_matches("/api/v1");
        let answer = self.client.get(format!("{root}/readyz")).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
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
        Self::try_of(request).await.expect("an answer")
    }

    /// The same where there may be none.
    pub async fn try_of(request: RequestBuilder) -> reqwest::Result<Self> {
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Self { status, headers, text: response.text().await? })
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
        let body = self.is_in_error_shape();
        assert_eq!(body["code"], code, "{body}");
        assert_eq!(body["field"].as_str(), field, "{body}");
    }

    /// Checks all that errors have in common, and returns the body.
    #[track_caller]
    pub fn is_in_error_shape(&self) -> Value {
        let status = self.status.as_u16();
        assert!(status >= 400, "{status} {}", self.text);
        assert_eq!(self.header("content-type"), "application/json", "{}", self.text);
        assert!(!self.header("x-request-id").is_empty(), "{}", self.text);
        assert_eq!(self.header("access-control-allow-origin"), "*", "{}", self.text);
        let body = self.json();
        assert_eq!(body["success"], false, "{body}");
        let sentence = body["error"].as_str().expect("a sentence");
        assert!(sentence.starts_with(|first: char| first.is_uppercase()), "{sentence}");
        let code = body["code"].as_str().expect("a code");
        assert!(!code.is_empty() && code.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{code}");
        assert_eq!(status == 401, self.header("www-authenticate") == "Bearer", "{status} {body}");
        assert_eq!(status == 405, !self.header("allow").is_empty(), "{status} {body}");
        let retry_after = self.header("retry-after").parse::<u64>().unwrap_or(0);
        assert_eq!(matches!(status, 429 | 503), retry_after >= 1, "{status} {body}");
        body
    }
}

/// The names of an object's fields, sorted.
pub fn fields(object: &Value) -> Vec<&str> {
    let mut names: Vec<_> = object.as_object().expect("an object").keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// The form of an entry's time.
pub const ENTRY_TIME: &str = "####-##-##T##:##:##.######+00:00";
/// The form of an id.
pub const UUID: &str = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

/// Whether a value is a text of this form: `#` stands for a digit, `x` for a lower-case hexadecimal digit, all else
/// for itself.
pub fn has_form(value: &Value, form: &str) -> bool {
    let Some(text) = value.as_str() else { return false };
    let fits = |(c, form): (char, char)| match form {
        '#' => c.is_ascii_digit(),
        'x' => matches!(c, '0'..='9' | 'a'..='f'),
        other => c == other,
    };
    text.chars().count() == form.chars().count() && text.chars().zip(form.chars()).all(fits)
}
