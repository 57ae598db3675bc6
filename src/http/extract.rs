//! Takes requests apart. Past this module, everything is parsed.

use axum::{
    body::to_bytes,
    extract::{FromRequest, FromRequestParts, RawPathParams, Request},
    http::{StatusCode, Uri, header, request::Parts},
};
use bytes::Bytes;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{body::BodyFault, error::ApiError};
use crate::domain::{
    ids::{KeyId, LeaderboardId, PlayerId},
    page::{Page, PageError},
};

/// The parameters of a query; unknown ones are ignored, and of repeated ones the first counts.
#[derive(Default)]
pub struct QueryParameters(Vec<(String, String)>);

impl QueryParameters {
    /// The parameters of a URI.
    pub fn of(uri: &Uri) -> Self {
        let query = uri.query().unwrap_or_default();
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// One parameter as it was sent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A parameter that may be repeated.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// One parameter, by value.
    pub fn take(self, name: &str) -> Option<String> {
        self.0.into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The parameters whose names begin so, by the rest of their names.
    pub fn with_prefix(&self, prefix: &str) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.as_str())))
    }

    /// All parameters but one, as they stand in a URL.
    pub fn encoded_without(&self, left_out: &str) -> String {
        let kept = self.0.iter().filter(|(name, _)| name != left_out);
        form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish()
    }

    /// The page asked for.
    pub fn page(&self) -> Result<Page, ApiError> {
        self.page_in(self.get("order"))
    }

    /// The part asked for of a list that has one order only.
    pub fn part(&self) -> Result<Page, ApiError> {
        self.page_in(None)
    }

    fn page_in(&self, order: Option<&str>) -> Result<Page, ApiError> {
        Page::parse(self.get("limit"), self.get("offset"), order).map_err(|error| {
            let field = match error {
                PageError::Limit => "limit",
                PageError::Offset => "offset",
                PageError::Order => "order",
            };
            ApiError::invalid(field, error)
        })
    }

    /// The player asked for; an empty one is none.
    pub fn player(&self) -> Result<Option<PlayerId>, ApiError> {
        self.get("player_id").filter(|text| !text.is_empty()).map(parse_player).transpose()
    }
}

impl<S: Sync> FromRequestParts<S> for QueryParameters {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.uri))
    }
}

/// Parses a `player_id`.
pub fn parse_player(text: &str) -> Result<PlayerId, ApiError> {
    PlayerId::parse(text).map_err(|_| ApiError::invalid("player_id", "The player_id must be a UUID"))
}

/// The player in the path.
pub struct PlayerInPath(pub PlayerId);

/// The leaderboard in the path.
pub struct LeaderboardInPath(pub LeaderboardId);

/// The leaderboard and the key in the path.
pub struct KeyInPath(pub LeaderboardId, pub KeyId);

const PARAMETERS: [&str; 3] = ["player_id", "id", "key_id"];

async fn path_text<S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    name: &'static str,
) -> Result<String, ApiError> {
    let invalid = |name| ApiError::invalid(name, format!("The {name} must be a UUID"));
    let parameters = RawPathParams::from_request_parts(parts, state).await.map_err(|rejection| {
        // It says which one is no UTF-8; that may be another one than the one wanted here.
        let text = rejection.body_text();
        let blamed = PARAMETERS.into_iter().find(|name| text.contains(&format!("`{name}`")));
        invalid(blamed.unwrap_or(name))
    })?;
    let found = parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned());
    found.ok_or_else(|| invalid(name))
}

impl<S: Send + Sync> FromRequestParts<S> for PlayerInPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Ok(Self(parse_player(&path_text(parts, state, "player_id").await?)?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for LeaderboardInPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = path_text(parts, state, "id").await?;
        let id = LeaderboardId::parse(&text);
        Ok(Self(id.map_err(|_| ApiError::invalid("id", "The id must be a UUID"))?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for KeyInPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let LeaderboardInPath(leaderboard) = LeaderboardInPath::from_request_parts(parts, state).await?;
        let text = path_text(parts, state, "key_id").await?;
        let key = KeyId::parse(&text);
        Ok(Self(leaderboard, key.map_err(|_| ApiError::invalid("key_id", "The key_id must be a UUID"))?))
    }
}

/// A JSON body, read whole but not yet taken apart.
pub struct JsonBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let headers = request.headers();
        let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
        // Small clients leave it out, and then it can only be JSON.
        if text(header::CONTENT_TYPE).is_some_and(|kind| !is_json(kind)) {
            let message = "The body must be JSON, with Content-Type: application/json";
            return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message));
        }
        if text(header::CONTENT_ENCODING).is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
            let message = "The body must not be compressed";
            return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message));
        }
        if let Some(fault) = request.extensions().get::<BodyFault>() {
            return Err((*fault).into());
        }
        let body = to_bytes(request.into_body(), usize::MAX).await;
        Ok(Self(body.map_err(|_| BodyFault::Unreadable)?))
    }
}

fn is_json(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// The fields of the object that a body is.
pub fn object<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, ApiError> {
    let invalid = |message: String| ApiError::new(StatusCode::BAD_REQUEST, "invalid_json", message);
    let text = std::str::from_utf8(body).map_err(|_| invalid("The body is not valid UTF-8".to_owned()))?;
    // serde would take an array for the fields in their order.
    if !text.trim_start_matches([' ', '\t', '\r', '\n']).starts_with('{') {
        return Err(invalid("The body must be a JSON object".to_owned()));
    }
    serde_json::from_str(text).map_err(|error| invalid(format!("The body is not valid JSON: {error}")))
}

/// A field as it was written, which is there even where it is `null`.
pub fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// A field that is a string, without its quotes.
pub fn string(field: &'static str, raw: &RawValue) -> Result<String, ApiError> {
    serde_json::from_str(raw.get())
        .map_err(|_| ApiError::invalid(field, format!("The {field} must be a string")))
}

/// True for a field that is `null`.
pub fn is_null(raw: &RawValue) -> bool {
    raw.get() == "null"
}
