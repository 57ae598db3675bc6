//! Everything that Rankora promises, over real sockets and a real Redis.

mod slice;
mod support;
