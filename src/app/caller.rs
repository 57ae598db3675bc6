//! One request's caller, and whether the request is paid for.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use super::{App, AppError, Standing, access::Access, boards::Board, quota::Ledger};
use crate::store::{Read, Take};

/// Who makes a request. What Redis charges on the way is noted here, so that nothing is charged twice.
#[derive(Debug)]
pub struct Caller {
    access: Arc<Access>,
    counts: bool,
    /// When the month ends that the request is charged to; 0 while it isn't.
    charged: AtomicU64,
}

impl Caller {
    /// A caller whose request counts against the month's.
    pub fn counted(access: Arc<Access>) -> Self {
        Self { access, counts: true, charged: AtomicU64::new(0) }
    }

    /// A caller whose request is free.
    pub fn free(access: Arc<Access>) -> Self {
        Self { access, counts: false, charged: AtomicU64::new(0) }
    }

    /// The key and all that belongs to it.
    pub fn access(&self) -> &Arc<Access> {
        &self.access
    }

    /// The key's leaderboard.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] for a key that belongs to the whole account.
    pub fn board(&self) -> Result<&Arc<Board>, AppError> {
        self.access.board.as_ref().ok_or(AppError::Forbidden("The API key belongs to no leaderboard"))
    }

    /// Notes that Redis has charged this request to the month that ends at `resets`.
    pub(super) fn note_charged(&self, resets: u64) {
        self.charged.store(resets, Ordering::Release);
    }

    /// What a read has to charge: nothing where the lease has something left or the request is free.
    pub(super) fn take(&self, app: &App) -> Option<Take> {
        if !self.counts || self.charged.load(Ordering::Acquire) > 0 {
            return None;
        }
        if let Some(resets) = self.access.ledger.draw(app.clock.now()) {
            self.note_charged(resets);
            return None;
        }
        Some(Ledger::take_one(&self.access.plan))
    }

    /// Notes what a read has charged.
    pub(super) fn accept<T>(&self, app: &App, read: &Read<T>) -> Result<(), AppError> {
        let Some(taken) = read.taken else { return Ok(()) };
        self.access.ledger.note(taken.used);
        if taken.granted == 0 {
            return Err(self.access.ledger.exceeded(app.clock.now()));
        }
        self.note_charged(taken.used.resets);
        Ok(())
    }

    /// Settles the request once its answer is known: an answer that counts is paid for, one that doesn't is not.
    ///
    /// # Errors
    /// [`AppError::QuotaExceeded`], which then is the answer, or the store's failure.
    pub async fn settle(&self, app: &App, counts: bool) -> Result<(), AppError> {
        let charged = self.charged.load(Ordering::Acquire);
        if counts && self.counts && charged == 0 {
            self.note_charged(self.access.ledger.charge(&app.store, &self.access.plan, &app.clock).await?);
        } else if !counts && charged > 0 {
            self.access.ledger.refund(charged);
        }
        Ok(())
    }

    /// Where the account stands, for the headers. Asks Redis only where nothing is known yet.
    pub async fn standing(&self, app: &App) -> Option<Standing> {
        let Access { ledger, plan, .. } = &*self.access;
        let limit = plan.requests_per_month?;
        if !ledger.is_current(app.clock.now()) {
            let look = Take { requests: 0, limit: Some(limit) };
            ledger.note(app.store.take(ledger.keys(), look).await.ok()?.used);
        }
        ledger.standing(plan)
    }
}
