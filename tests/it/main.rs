//! Everything that Rankora promises, over real sockets and a real Redis.

mod confirmed_writes;
mod entries;
mod listing;
mod slice;
mod submissions;
mod support;
