//! The rules of the product: no I/O, no clock, no Redis. What is here has been parsed and stays valid.

pub mod api_key;
pub mod appearance;
pub mod entry;
pub mod event;
mod hex;
pub mod ids;
pub mod leaderboard;
pub mod metadata;
pub mod name;
pub mod page;
pub mod password;
pub mod plan;
pub mod public_url;
pub mod score;
pub mod score_display;
pub mod timestamp;
pub mod token;
