//! Everything that Rankora promises, over real sockets and a real Redis.

mod bursts;
mod caching;
mod confirmed_writes;
mod embedded;
mod entries;
mod errors;
mod forgotten_scripts;
mod headers;
mod idempotency;
mod keys_and_rights;
mod listing;
mod management;
mod metrics;
mod open_files;
mod openapi;
mod plans;
mod quotas;
mod ranks;
mod realtime_folding;
mod redis_faults;
mod slice;
mod sort_change;
mod start_and_stop;
mod submissions;
mod support;
