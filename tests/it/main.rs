//! Everything that Rankora promises, over real sockets and a real Redis.

mod bursts;
mod caching;
mod confirmed_writes;
mod entries;
mod errors;
mod headers;
mod idempotency;
mod keys_and_rights;
mod listing;
mod management;
mod openapi;
mod plans;
mod quotas;
mod ranks;
mod slice;
mod sort_change;
mod submissions;
mod support;
