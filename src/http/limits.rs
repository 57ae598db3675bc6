//! What clients may take up, and the count of who took more.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

use super::admission::Room;

/// What connections may take up.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many there may be.
    pub room: Room,
    /// How long a client may take to send a request's head; also how long it may hold a connection without asking.
    pub header_deadline: Duration,
    /// How long a client may take nothing of what it is sent.
    pub write_deadline: Duration,
    /// Bytes that a request's head may have.
    pub header_bytes: u32,
}

/// What a client can be too much in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    BodyBytes,
    BodyDeadline,
    Connections,
    ConnectionsPerAddress,
    HeaderBytes,
    HeaderDeadline,
    /// It is gone without a word.
    Vanished,
    WriteDeadline,
}

impl Limit {
    pub(super) const ALL: [Self; 8] = [
        Self::BodyBytes,
        Self::BodyDeadline,
        Self::Connections,
        Self::ConnectionsPerAddress,
        Self::HeaderBytes,
        Self::HeaderDeadline,
        Self::Vanished,
        Self::WriteDeadline,
    ];

    /// Its label in the metrics.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::BodyBytes => "body_bytes",
            Self::BodyDeadline => "body_deadline",
            Self::Connections => "connections",
            Self::ConnectionsPerAddress => "connections_per_address",
            Self::HeaderBytes => "header_bytes",
            Self::HeaderDeadline => "header_deadline",
            Self::Vanished => "vanished",
            Self::WriteDeadline => "write_deadline",
        }
    }

    /// Counts that a client reached it.
    pub(super) fn reached(self) {
        metrics::counter!("rankora_limits_reached_total", "limit" => self.name()).increment(1);
    }
}

/// A state that comes and goes, and must not last.
pub(super) struct Spell(Mutex<Option<Instant>>);

impl Spell {
    /// It has begun.
    pub(super) fn begun() -> Self {
        Self(Mutex::new(Some(Instant::now())))
    }

    /// It hasn't.
    pub(super) fn over() -> Self {
        Self(Mutex::new(None))
    }

    /// It begins, if it hasn't yet.
    pub(super) fn begin(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(Instant::now);
    }

    /// It ends.
    pub(super) fn end(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Returns when it has lasted this long without a break.
    pub(super) async fn lasts(&self, most: Duration) {
        loop {
            let now = Instant::now();
            let since = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let until = since.unwrap_or(now) + most;
            if until <= now {
                return;
            }
            sleep_until(until).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_spell_without_a_break_lasts() {
        let (spell, most) = (Spell::over(), Duration::from_millis(300));
        let start = Instant::now();
        let breaks = async {
            for _ in 0..4 {
                spell.begin();
                tokio::time::sleep(most / 3).await;
                spell.end();
                tokio::time::sleep(most / 10).await;
            }
            spell.begin();
            spell.begin();
            Instant::now()
        };
        let (begun, ()) = tokio::join!(breaks, spell.lasts(most));
        assert!(
            begun - start > most && begun.elapsed() >= most,
            "{:?}, {:?}",
            begun - start,
            begun.elapsed()
        );
    }
}
