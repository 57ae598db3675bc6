//! Rankora: online leaderboards over HTTP and Server-Sent Events, on Redis.
//!
//! A request's way through the house: [`http`] finds out who calls and parses what was sent; [`app`] holds the use
//! cases and a replica's soft state; [`store`] does the work in Redis, one script for each write; [`live`] carries
//! what was written to everybody who listens. All of them speak in the types of [`domain`], which are valid once
//! they exist. Imports go in that direction alone: `http → app → {live → store} → domain`.

pub mod admin;
pub mod app;
pub mod clock;
pub mod config;
pub mod demo;
pub mod domain;
pub mod http;
pub mod live;
pub mod log;
pub mod mail;
pub mod serve;
pub mod store;
