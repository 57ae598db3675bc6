//! Everything that Rankora promises, over real sockets and a real Redis.

mod caching;
mod confirmed_writes;
mod entries;
mod errors;
mod idempotency;
mod keys_and_rights;
mod listing;
mod slice;
mod submissions;
mod support;
