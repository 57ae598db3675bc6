//! Errors on the wire: one shape on every path.

use std::{borrow::Cow, sync::Arc, time::Duration};

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{app::AppError, store::StoreError};

/// The body of every answer that is no success.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Error)]
pub struct ErrorBody {
    /// Always false.
    #[schema(example = false)]
    success: bool,
    /// A sentence for people.
    #[schema(example = "The score must be a number")]
    error: String,
    /// A stable word for programs.
    #[schema(example = "invalid_score")]
    code: Cow<'static, str>,
    /// The field that is to blame, where one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "score")]
    field: Option<&'static str>,
}

/// An answer that is no success.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: Cow<'static, str>,
    message: String,
    field: Option<&'static str>,
    retry_after: Option<Duration>,
    cause: Option<Arc<StoreError>>,
}

/// The code of an answer that is no success, for the metrics.
#[derive(Clone, Debug)]
pub(super) struct Code(pub(super) Cow<'static, str>);

/// What made a request fail, for the log.
#[derive(Clone, Debug)]
pub(super) struct Cause(pub(super) Arc<StoreError>);

impl ApiError {
    /// An error of this layer.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let code = Cow::Borrowed(code);
        Self { status, code, message: message.into(), field: None, retry_after: None, cause: None }
    }

    /// A field that is not valid.
    pub fn invalid(field: &'static str, message: impl std::fmt::Display) -> Self {
        let code = format!("invalid_{}", field.to_ascii_lowercase().replace('-', "_"));
        let base = Self::new(StatusCode::BAD_REQUEST, "", message.to_string());
        Self { code: code.into(), field: Some(field), ..base }
    }

    /// No route has this path.
    pub fn no_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing at this address")
    }

    /// The replica should get no requests.
    pub fn unready(reason: impl Into<String>) -> Self {
        let base = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", reason);
        Self { retry_after: Some(Duration::from_secs(1)), ..base }
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Its sentence, for a page.
    pub fn sentence(&self) -> String {
        sentence(self.message.clone())
    }

    /// A handler panicked.
    pub fn panicked() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong on the server")
    }
}

impl From<AppError> for ApiError {
    fn from(error: AppError) -> Self {
        let message = error.to_string();
        let plain = |status, code| Self::new(status, code, message.clone());
        match error {
            AppError::Unauthorized(_) => plain(StatusCode::UNAUTHORIZED, "unauthorized"),
            AppError::Forbidden(_) => plain(StatusCode::FORBIDDEN, "forbidden"),
            AppError::NotFound(_) => plain(StatusCode::NOT_FOUND, "not_found"),
            AppError::Invalid { field, message } => Self::invalid(field, message),
            AppError::PlanRestriction { field, .. } => {
                Self { field, ..plain(StatusCode::BAD_REQUEST, "plan_restriction") }
            }
            AppError::PlanLimit(_) => plain(StatusCode::BAD_REQUEST, "plan_limit"),
            AppError::QuotaExceeded { retry_after } => Self {
                retry_after: Some(retry_after),
                ..plain(StatusCode::TOO_MANY_REQUESTS, "quota_exceeded")
            },
            AppError::RateLimited { retry_after } => Self {
                retry_after: Some(retry_after),
                ..plain(StatusCode::TOO_MANY_REQUESTS, "rate_limited")
            },
            AppError::StreamLimit => {
                let retry_after = Some(Duration::from_secs(5));
                Self { retry_after, ..plain(StatusCode::TOO_MANY_REQUESTS, "stream_limit") }
            }
            AppError::Conflict(_) => plain(StatusCode::CONFLICT, "conflict"),
            AppError::Store(cause) if matches!(*cause, StoreError::NotConfirmed) => {
                let message = "The write was not confirmed in time and may have happened; repeating it with the same \
                               Idempotency-Key is safe";
                let base = Self::new(StatusCode::SERVICE_UNAVAILABLE, "not_confirmed", message);
                Self { retry_after: Some(Duration::from_secs(1)), cause: Some(cause), ..base }
            }
            AppError::Store(cause) if cause.is_passing() => {
                let message = "The leaderboard can't be reached at the moment; try again soon";
                let base = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message);
                Self { retry_after: Some(Duration::from_secs(1)), cause: Some(cause), ..base }
            }
            AppError::Store(cause) => Self { cause: Some(cause), ..Self::panicked() },
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (error, code) = (sentence(self.message), self.code.clone());
        let body = ErrorBody { success: false, error, code, field: self.field };
        let mut response = (self.status, Json(body)).into_response();
        response.extensions_mut().insert(Code(self.code));
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.retry_after {
            // Whole seconds, rounded up: 0 would mean at once.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if let Some(cause) = self.cause {
            response.extensions_mut().insert(Cause(cause));
        }
        response
    }
}

/// Parsers speak of "the name"; a sentence begins with a capital letter.
fn sentence(message: String) -> String {
    let mut characters = message.chars();
    match characters.next() {
        Some(first) if first.is_lowercase() => first.to_uppercase().chain(characters).collect(),
        _ => message,
    }
}
