//! Everything that Rankora promises, over real sockets and a real Redis.

mod confirmed_writes;
mod slice;
mod support;
