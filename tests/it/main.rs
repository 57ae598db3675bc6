//! Everything that Rankora promises, over real sockets and a real Redis.

mod bursts;
mod confirmed_writes;
mod forgotten_scripts;
mod plans;
mod quotas;
mod ranks;
mod slice;
mod sort_change;
mod support;
