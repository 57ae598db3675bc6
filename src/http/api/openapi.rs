//! `GET /openapi.json`: the document, made from the routes themselves.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    http::{HeaderValue, header},
    routing::get,
};
use bytes::Bytes;
use governor::DefaultKeyedRateLimiter;
use tower_governor::{
    GovernorError, GovernorLayer, governor::GovernorConfigBuilder, key_extractor::KeyExtractor,
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ComponentsBuilder, Content, ExternalDocs, HeaderBuilder, InfoBuilder, LicenseBuilder, ObjectBuilder,
        OpenApi, OpenApiBuilder, PathItem, Ref, RefOr, Response, ResponseBuilder, ServerBuilder,
        path::{HttpMethod, Operation, OperationBuilder},
        schema::Type,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
        tag::TagBuilder,
    },
};

use super::BASE;
use crate::{
    app::App,
    http::{
        client_address::ClientAddress,
        error::{ApiError, ErrorBody},
    },
};

const DOCUMENT: &str = "/openapi.json";
const DOCUMENT_ROUTE: &str = "/api/v1/openapi.json";
/// Answers after which visitors of long ago are forgotten.
const FORGET_EVERY: usize = 1_000;

/// The document without its paths.
pub fn document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Rankora")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Online leaderboards: submit a score, get the rank, page through the top, see it live.",
        ))
        .license(Some(LicenseBuilder::new().name("MIT OR Apache-2.0").build()))
        .build();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An API key")).build();
    let in_url = ApiKeyValue::with_description("key", "A publishable key, on GET routes");
    let mut components = ComponentsBuilder::new()
        .security_scheme("key", SecurityScheme::Http(bearer))
        .security_scheme("url_key", SecurityScheme::ApiKey(ApiKey::Query(in_url)))
        .schema(ErrorBody::name(), ErrorBody::schema());
    for error in &ERRORS {
        components = components.response(error.name, error.response());
    }
    let tags = ["Entries", "Leaderboard", "Realtime", "Account", "Management", "Document"];
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([ServerBuilder::new().url(BASE).build()]))
        .components(Some(components.build()))
        .external_docs(Some(ExternalDocs::new("/docs")))
        .tags(Some(tags.map(|name| TagBuilder::new().name(name).build())))
        .build()
}

/// What an operation can answer besides success.
struct ErrorResponse {
    status: &'static str,
    name: &'static str,
    description: &'static str,
    header: Option<(&'static str, &'static str)>,
    /// Whether an operation on a path can give it.
    applies: fn(&str, &Operation) -> bool,
}

const RETRY_AFTER: Option<(&str, &str)> = Some(("Retry-After", "Seconds after which to try again"));

const ERRORS: [ErrorResponse; 10] = [
    ErrorResponse {
        status: "400",
        name: "Invalid",
        description: "Something that was sent is not valid, or the plan doesn't have it",
        header: None,
        applies: |_, operation| operation.parameters.is_some() || operation.request_body.is_some(),
    },
    ErrorResponse {
        status: "401",
        name: "Unauthorized",
        description: "The key is missing, malformed, unknown or revoked",
        header: Some(("WWW-Authenticate", "Always `Bearer`")),
        applies: |_, _| true,
    },
    ErrorResponse {
        status: "403",
        name: "Forbidden",
        description: "The key is valid, but has no right to this",
        header: None,
        applies: |_, _| true,
    },
    ErrorResponse {
        status: "404",
        name: "NotFound",
        description: "What was named doesn't exist",
        header: None,
        // A stream is open before its leaderboard is looked for.
        applies: |path, _| !matches!(path, "/usage" | "/leaderboards" | "/realtime"),
    },
    ErrorResponse {
        status: "409",
        name: "Conflict",
        description: "The sort order is being changed already",
        header: None,
        applies: |_, operation| operation.operation_id.as_deref() == Some("update_leaderboard"),
    },
    ErrorResponse {
        status: "413",
        name: "TooLarge",
        description: "The body has more than 16 KiB",
        header: None,
        applies: |_, operation| operation.request_body.is_some(),
    },
    ErrorResponse {
        status: "415",
        name: "UnsupportedMediaType",
        description: "The body is not JSON, or is compressed",
        header: None,
        applies: |_, operation| operation.request_body.is_some(),
    },
    ErrorResponse {
        status: "429",
        name: "TooMany",
        description: "Over the month's requests, over the key's burst, or over the plan's open streams",
        header: RETRY_AFTER,
        applies: |_, _| true,
    },
    ErrorResponse {
        status: "500",
        name: "Internal",
        description: "Something went wrong on the server",
        header: None,
        applies: |_, _| true,
    },
    ErrorResponse {
        status: "503",
        name: "Unavailable",
        description: "The leaderboard can't be reached at the moment; a write may have happened nevertheless",
        header: RETRY_AFTER,
        applies: |_, _| true,
    },
];

impl ErrorResponse {
    fn response(&self) -> Response {
        let schema = Ref::from_schema_name(ErrorBody::name());
        let response = ResponseBuilder::new()
            .description(self.description)
            .content("application/json", Content::new(Some(schema)));
        let Some((name, description)) = self.header else { return response.build() };
        let text = ObjectBuilder::new().schema_type(Type::String);
        response
            .header(name, HeaderBuilder::new().schema(Some(text)).description(Some(description)).build())
            .build()
    }
}

/// Adds to each operation the errors that it can answer with, and this document's own address.
pub fn complete(document: &mut OpenApi) {
    // What is the same for all stands with the server. A nested router would have given the paths like this, but takes
    // each request's address apart and puts it together again.
    let paths = std::mem::take(&mut document.paths.paths).into_iter();
    let relative = |path: String| path.strip_prefix(BASE).map(str::to_owned).unwrap_or(path);
    document.paths.paths = paths.map(|(path, item)| (relative(path), item)).collect();
    for (path, item) in &mut document.paths.paths {
        for operation in operations(item) {
            for error in &ERRORS {
                if (error.applies)(path, operation) {
                    let response = RefOr::Ref(Ref::from_response_name(error.name));
                    operation.responses.responses.insert(error.status.to_owned(), response);
                }
            }
        }
    }
    let text = Content::new(Some(ObjectBuilder::new().schema_type(Type::Object).build()));
    let itself = OperationBuilder::new()
        .operation_id(Some("read_document"))
        .summary(Some("This document"))
        .tag("Document")
        .response("200", ResponseBuilder::new().description("OpenAPI").content("application/json", text))
        .response("429", Ref::from_response_name("TooMany"));
    document.paths.paths.insert(DOCUMENT.to_owned(), PathItem::new(HttpMethod::Get, itself));
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.patch, &mut item.delete].into_iter().flatten()
}
/// Serves the finished document. It needs no key, so that it is limited per client address.
pub fn router(document: OpenApi) -> Router<Arc<App>> {
    let text = Bytes::from(document.to_json().unwrap_or_default());
    let answer = async move || ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text);
    // Twenty at once, then ten a second.
    let limits =
        GovernorConfigBuilder::default().per_millisecond(100).burst_size(20).key_extractor(ByClient).finish();
    let router = Router::new();
    match limits {
        Some(limits) => {
            let visitors = Visitors { known: limits.limiter().clone(), answers: Arc::default() };
            let get_document = get(async move || {
                visitors.note();
                answer().await
            });
            let limits = GovernorLayer::new(limits).error_handler(refuse);
            router.route(DOCUMENT_ROUTE, get_document).layer(limits)
        }
        None => router.route(DOCUMENT_ROUTE, get(answer)),
    }
}

/// Who asked for the document. The limiter itself never forgets anybody.
#[derive(Clone)]
struct Visitors {
    known: Arc<DefaultKeyedRateLimiter<IpAddr>>,
    answers: Arc<AtomicUsize>,
}

impl Visitors {
    /// Forgets those who asked long ago, once in so many answers.
    fn note(&self) {
        if self.answers.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.known.retain_recent();
        }
    }
}

/// Limits by the client's address, as far as it can be trusted.
#[derive(Clone, Copy, Debug)]
struct ByClient;

impl KeyExtractor for ByClient {
    type Key = IpAddr;

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

#[cfg(test)]
mod tests {
    use std::{
        net::Ipv4Addr,
        num::NonZeroU32,
        time::{Duration, Instant},
    };

    use governor::{Quota, RateLimiter};

    use super::*;

    #[test]
    fn visitors_of_long_ago_are_forgotten() {
        let a_second = Quota::per_second(NonZeroU32::new(1_000).expect("a number"));
        let visitors = Visitors { known: Arc::new(RateLimiter::keyed(a_second)), answers: Arc::default() };
        for address in 0..10_000 {
            let address = IpAddr::V4(Ipv4Addr::from_bits(address));
            assert_eq!(visitors.known.check_key(&address), Ok(()));
        }
        let until = Instant::now() + Duration::from_secs(30);
        while !visitors.known.is_empty() {
            assert!(Instant::now() < until, "{} visitors", visitors.known.len());
            visitors.note();
        }
        assert!(visitors.answers.load(Ordering::Relaxed) >= FORGET_EVERY);
    }
}
