//! `GET /openapi.json`: the document, made from the routes themselves.

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderValue, header},
    routing::get,
};
use bytes::Bytes;
use tower_governor::{
    GovernorError, GovernorLayer, governor::GovernorConfigBuilder, key_extractor::KeyExtractor,
};
use utoipa::openapi::{
    ComponentsBuilder, ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, ServerBuilder,
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    tag::TagBuilder,
};

use super::BASE;
use crate::{
    app::App,
    http::{auth::ClientAddress, error::ApiError},
};

/// The document without its paths.
pub fn document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Rankora")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Online leaderboards: submit a score, get the rank, page through the top, see it live.",
        ))
        .license(Some(LicenseBuilder::new().name("MIT OR Apache-2.0").build()))
        .contact(None::<utoipa::openapi::Contact>)
        .build();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An API key")).build();
    let in_url = ApiKeyValue::with_description("key", "A publishable key, on GET routes");
    let components = ComponentsBuilder::new()
        .security_scheme("key", SecurityScheme::Http(bearer))
        .security_scheme("url_key", SecurityScheme::ApiKey(ApiKey::Query(in_url)))
        .build();
    let tags = ["Entries", "Leaderboard", "Realtime", "Account", "Management"];
    let _ = ContactBuilder::new();
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([ServerBuilder::new().url(BASE).build()]))
        .components(Some(components))
        .tags(Some(tags.map(|name| TagBuilder::new().name(name).build())))
        .build()
}

/// Serves the finished document. It needs no key, so that it is limited per client address.
pub fn router(document: OpenApi) -> Router<Arc<App>> {
    let text = Bytes::from(document.to_json().unwrap_or_default());
    let get_document =
        get(async move || ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text));
    let router = Router::new().route("/openapi.json", get_document);
    // Twenty at once, then ten a second.
    let limits =
        GovernorConfigBuilder::default().per_millisecond(100).burst_size(20).key_extractor(ByClient).finish();
    match limits {
        Some(limits) => router.layer(GovernorLayer::new(limits).error_handler(refuse)),
        None => router,
    }
}

/// Limits by the client's address, as far as it can be trusted.
#[derive(Clone, Copy, Debug)]
struct ByClient;

impl KeyExtractor for ByClient {
    type Key = std::net::IpAddr;

    fn extract<T>(&self, request: &axum::http::Request<T>) -> Result<Self::Key, GovernorError> {
        let address = request.extensions().get::<ClientAddress>();
        address.map(|address| address.0).ok_or(GovernorError::UnableToExtractKey)
    }
}

fn refuse(error: GovernorError) -> axum::response::Response {
    use axum::response::IntoResponse;
    let error = match error {
        GovernorError::TooManyRequests { wait_time, .. } => {
            let retry_after = std::time::Duration::from_secs(wait_time.max(1));
            ApiError::from(crate::app::AppError::RateLimited { retry_after })
        }
        _ => ApiError::panicked(),
    };
    error.into_response()
}
