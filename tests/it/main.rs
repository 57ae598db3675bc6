//! Everything that Rankora promises, over real sockets and a real Redis.

mod confirmed_writes;
mod ranks;
mod slice;
mod sort_change;
mod support;
