//! Each Redis server that takes writes, as it is at the time of a scrape: one that was replaced is not in it.

use super::exposition::Exposition;
use crate::store::{Health, Server};

/// Writes what is known of these servers.
pub(super) fn write(servers: &[Server], text: &mut Exposition) {
    let mut gauge = |name: &str, help: &str, value: fn(&Server) -> Option<f64>| {
        let values = servers.iter().filter_map(|server| Some((&*server.address, value(server)?)));
        text.by_address(name, help, values);
    };
    gauge("rankora_redis_server_ready", "1 while this server can be used", |server| {
        Some(f64::from(u8::from(server.health.is_ready())))
    });
    gauge("rankora_redis_server_heard", "1 while what is published on this server arrives here", |server| {
        Some(f64::from(u8::from(server.heard)))
    });
    gauge("rankora_redis_server_persistent", "1 where this server keeps an append-only file", |server| {
        match server.health {
            Health::Ready { persistent, .. } => Some(f64::from(u8::from(persistent))),
            _ => None,
        }
    });
    gauge("rankora_redis_server_memory_bytes", "Memory that this server uses", |server| {
        server.memory.map(|memory| memory.used as f64)
    });
    gauge("rankora_redis_server_memory_limit_bytes", "Its maxmemory; 0 where it has none", |server| {
        server.memory.map(|memory| memory.limit as f64)
    });
}
