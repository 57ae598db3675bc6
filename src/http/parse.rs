//! The parsers of what callers send, for whoever has no request around it: the fuzz targets take them from here.

pub use super::{
    api::{parse_settings, parse_submission},
    auth::parse_authorization,
    error::ApiError,
    etag::names_etag,
    extract::QueryParameters,
};
