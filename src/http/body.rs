//! Bodies are read before anything is answered. An answer that overtakes its request's body ends the connection, and
//! a client that is still sending then may lose the answer with it.

use std::time::Duration;

use axum::{
    body::{Body, HttpBody},
    extract::Request,
    http::{HeaderMap, StatusCode, header},
};
use bytes::Bytes;
use http_body_util::BodyExt;
use tokio::time::timeout;

use super::{error::ApiError, limits::Limit};

/// Bytes that a body may have.
const LIMIT: usize = 16 * 1024;
/// A larger one is thrown away up to here; whoever sends more is cut off.
const THROW_AWAY: usize = 1024 * 1024;

/// Why a body is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFault {
    /// It has more than 16 KiB.
    TooLarge,
    /// It took too long.
    Late,
    /// It broke off.
    Unreadable,
}

impl BodyFault {
    /// The limit that the body didn't keep to, as the metrics name it.
    fn limit(self) -> Option<Limit> {
        match self {
            Self::TooLarge => Some(Limit::BodyBytes),
            Self::Late => Some(Limit::BodyDeadline),
            Self::Unreadable => None,
        }
    }
}

impl From<BodyFault> for ApiError {
    fn from(fault: BodyFault) -> Self {
        match fault {
            BodyFault::TooLarge => {
                let message = "The body must not be larger than 16 KiB";
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", message)
            }
            BodyFault::Late | BodyFault::Unreadable => {
                Self::new(StatusCode::BAD_REQUEST, "invalid_body", "The body could not be read")
            }
        }
    }
}

/// Reads the body for the handlers; what is wrong with it they find among the request's extensions.
pub(super) async fn read_first(request: Request, deadline: Duration) -> Request {
    if request.body().is_end_stream() {
        return request;
    }
    let (mut parts, body) = request.into_parts();
    let read = match is_worth_reading(&parts.headers) {
        true => timeout(deadline, read(body)).await.unwrap_or(Err(BodyFault::Late)),
        false => Err(BodyFault::TooLarge),
    };
    let body = match read {
        Ok(bytes) => Body::from(bytes),
        Err(fault) => {
            if let Some(limit) = fault.limit() {
                limit.reached();
            }
            parts.extensions.insert(fault);
            Body::empty()
        }
    };
    Request::from_parts(parts, body)
}

/// False for a body that won't be sent anyway, because the client waits for leave or is cut off.
fn is_worth_reading(headers: &HeaderMap) -> bool {
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let most = if headers.contains_key(header::EXPECT) { LIMIT } else { THROW_AWAY };
    declared.is_none_or(|length: u64| length <= most as u64)
}

async fn read(mut body: Body) -> Result<Bytes, BodyFault> {
    let mut bytes = Vec::new();
    let mut seen = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_: axum::Error| BodyFault::Unreadable)?;
        let Ok(data) = frame.into_data() else { continue };
        seen += data.len();
        if seen > THROW_AWAY {
            break;
        }
        if seen <= LIMIT {
            bytes.extend_from_slice(&data);
        }
    }
    if seen > LIMIT { Err(BodyFault::TooLarge) } else { Ok(bytes.into()) }
}
