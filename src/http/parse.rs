//! The parsers of what callers send, for whoever has no request around it: the fuzz targets take them from here.

pub use super::{
    api::{names_etag, parse_settings, parse_submission},
    auth::parse_authorization,
    error::ApiError,
    extract::QueryParameters,
};
