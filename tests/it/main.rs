//! Everything that Rankora promises, over real sockets and a real Redis.

mod confirmed_writes;
mod embedded;
mod redis_faults;
mod slice;
mod start_and_stop;
mod support;
