//! Realtime inside one replica: the relay takes events from Redis, the hub fans them out to whoever listens.
//! The hub knows neither Redis nor HTTP.

mod ear;
mod frame;
mod generation;
mod hub;
mod relay;

pub use frame::{PING, Rendered, connected, entry_row, error, initial, update};
pub use generation::Generation;
pub use hub::{Address, Channel, Hub, LiveEvent, Resume, Signal};
pub use relay::{Relay, RelayOptions};
