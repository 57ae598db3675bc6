//! Tells what was read before a write from what was read after it.

use std::sync::atomic::{AtomicU64, Ordering};

static NEXT: AtomicU64 = AtomicU64::new(1);

/// A number that is new after each write. No two leaderboards and no two moments of one share a number, so that
/// a cache under it can't answer with what was read before.
#[derive(Debug)]
pub struct Generation(AtomicU64);

impl Default for Generation {
    fn default() -> Self {
        Self(AtomicU64::new(NEXT.fetch_add(1, Ordering::Relaxed)))
    }
}

impl Generation {
    /// The number now.
    pub fn current(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Notes a write, or that one may have happened; returns the new number or a later one.
    pub fn advance(&self) -> u64 {
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        self.0.fetch_max(next, Ordering::AcqRel).max(next)
    }
}
