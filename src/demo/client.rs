//! What a game has in it: a small client of the public API. It knows an address and a key, and nothing of what is
//! behind them.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    HeaderMap, Request, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER},
};
use hyper_util::{
    client::legacy::{Client as HttpClient, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout;
use uuid::Uuid;

/// How long an answer may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// Before the next attempt where the server gave no hint.
const PAUSE: Duration = Duration::from_secs(1);
/// What is read of an answer at the most.
const LONGEST_ANSWER: usize = 64 * 1024;

/// A client with a key.
#[derive(Clone)]
pub struct Client {
    http: HttpClient<HttpConnector, Full<Bytes>>,
    url: String,
    authorization: HeaderValue,
}

/// A score to submit.
#[derive(Clone, Debug)]
pub struct Submission<'a> {
    /// Whose.
    pub player: Uuid,
    /// The player's name.
    pub name: &'a str,
    /// The score.
    pub score: f64,
    /// What else to keep with it.
    pub metadata: Option<Value>,
}

/// What became of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is on the leaderboard.
    Accepted,
    /// Not now; again after this while.
    Later(Duration),
    /// The plan has no metadata.
    NoMetadata,
    /// The key is valid no more.
    KeyRefused,
    /// Never, and the code that says why.
    Refused(String),
}

#[derive(Deserialize)]
struct ErrorBody {
    code: String,
}

impl Client {
    /// A client of the server at an address.
    ///
    /// # Errors
    /// Where the key is no header's text.
    pub fn new(server: SocketAddr, key: &str) -> anyhow::Result<Self> {
        let mut authorization = HeaderValue::try_from(format!("Bearer {key}"))?;
        authorization.set_sensitive(true);
        let http = HttpClient::builder(TokioExecutor::new()).build_http();
        Ok(Self { http, url: format!("http://{server}/api/v1/leaderboard/entries"), authorization })
    }

    /// Submits a score once.
    pub async fn submit(&self, submission: &Submission<'_>) -> Answer {
        match timeout(DEADLINE, self.send(submission)).await {
            Ok(Ok((StatusCode::OK, _, _))) => Answer::Accepted,
            Ok(Ok((status, headers, body))) => judge(status, &headers, &body),
            // The server is away, or its answer got lost. The same score may be submitted twice.
            Ok(Err(_)) | Err(_) => Answer::Later(PAUSE),
        }
    }

    async fn send(&self, submission: &Submission<'_>) -> anyhow::Result<(StatusCode, HeaderMap, Bytes)> {
        let Submission { player, name, score, metadata } = submission;
        let mut body = json!({"player_id": player, "name": name, "score": score});
        if let Some(metadata) = metadata {
            body["metadata"] = metadata.clone();
        }
        let request = Request::post(&self.url)
            .header(AUTHORIZATION, &self.authorization)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::from(body.to_string()))?;
        let (head, body) = self.http.request(request).await?.into_parts();
        let body = Limited::new(body, LONGEST_ANSWER).collect().await.map_err(anyhow::Error::from_boxed)?;
        Ok((head.status, head.headers, body.to_bytes()))
    }
}

fn judge(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Answer {
    if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        return Answer::Later(seconds.map_or(PAUSE, Duration::from_secs));
    }
    let code = serde_json::from_slice(body).map_or_else(|_| status.to_string(), |body: ErrorBody| body.code);
    match (status, code.as_str()) {
        (StatusCode::UNAUTHORIZED, _) => Answer::KeyRefused,
        (StatusCode::BAD_REQUEST, "plan_restriction") => Answer::NoMetadata,
        _ => Answer::Refused(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(status: u16, retry_after: Option<&'static str>, body: &str) -> Answer {
        let retry_after = retry_after.map(|value| (RETRY_AFTER, HeaderValue::from_static(value)));
        let status = StatusCode::from_u16(status).expect("a status");
        judge(status, &HeaderMap::from_iter(retry_after), body.as_bytes())
    }

    #[test]
    fn a_client_waits_as_long_as_it_is_told() {
        assert_eq!(judged(429, Some("7"), "{}"), Answer::Later(Duration::from_secs(7)));
        assert_eq!(judged(503, Some("2"), "{}"), Answer::Later(Duration::from_secs(2)));
        assert_eq!(judged(502, None, "<html>"), Answer::Later(PAUSE));
    }

    #[test]
    fn a_client_tells_what_it_can_mend_from_what_it_cannot() {
        assert_eq!(judged(400, None, r#"{"code":"plan_restriction"}"#), Answer::NoMetadata);
        assert_eq!(judged(401, None, r#"{"code":"unauthorized"}"#), Answer::KeyRefused);
        assert_eq!(judged(400, None, r#"{"code":"plan_limit"}"#), Answer::Refused("plan_limit".to_owned()));
        assert_eq!(judged(404, None, ""), Answer::Refused("404 Not Found".to_owned()));
    }
}
