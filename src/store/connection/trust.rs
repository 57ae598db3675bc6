//! Whether what is published on a server arrives here.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// Without a proof for so long, nothing cached about keys is trusted. Below a second, so that a revoked key stops
/// working within one.
const TRUST_FOR: Duration = Duration::from_millis(900);

/// When a server's subscription last delivered.
#[derive(Debug)]
pub(in crate::store) struct Trust {
    start: Instant,
    last_ms: AtomicU64,
}

impl Default for Trust {
    fn default() -> Self {
        Self { start: Instant::now(), last_ms: AtomicU64::new(0) }
    }
}

impl Trust {
    /// True while what other replicas say there would arrive here.
    pub(in crate::store) fn holds(&self) -> bool {
        let last = self.last_ms.load(Ordering::Acquire);
        last > 0 && self.start.elapsed() < Duration::from_millis(last) + TRUST_FOR
    }

    /// Something has arrived that was published just now.
    pub(in crate::store) fn prove(&self) {
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_ms.store(now.max(1), Ordering::Release);
    }

    /// Something may have been missed.
    pub(in crate::store) fn doubt(&self) {
        self.last_ms.store(0, Ordering::Release);
    }
}
