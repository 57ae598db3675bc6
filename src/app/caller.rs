//! One request's caller, and whether the request is paid for.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::{App, AppError, Standing, access::Access, boards::Board, quota::Ledger};
use crate::store::{Read, Take};

/// Who makes a request. What Redis charges on the way is noted here, so that nothing is charged twice.
#[derive(Debug)]
pub struct Caller {
    access: Arc<Access>,
    counts: bool,
    charged: AtomicBool,
}

impl Caller {
    /// A caller whose request counts against the month's.
    pub fn counted(access: Arc<Access>) -> Self {
        Self { access, counts: true, charged: AtomicBool::new(false) }
    }

    /// A caller whose request is free.
    pub fn free(access: Arc<Access>) -> Self {
        Self { access, counts: false, charged: AtomicBool::new(false) }
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

    /// Notes that Redis has charged this request.
    pub(super) fn note_charged(&self) {
        self.charged.store(true, Ordering::Release);
    }

    /// What a read has to charge: nothing where the lease has something left or the request is free.
    pub(super) fn take(&self, app: &App) -> Option<Take> {
        if !self.counts || self.charged.load(Ordering::Acquire) {
            return None;
        }
        if self.access.ledger.draw(app.clock.now()) {
            self.note_charged();
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
        self.note_charged();
        Ok(())
    }

    /// Settles the request once its answer is known: an answer that counts is paid for, one that doesn't is not.
    ///
    /// # Errors
    /// [`AppError::QuotaExceeded`], which then is the answer, or the store's failure.
    pub async fn settle(&self, app: &App, counts: bool) -> Result<(), AppError> {
        let charged = self.charged.load(Ordering::Acquire);
        if counts && self.counts && !charged {
            self.access.ledger.charge(&app.store, &self.access.plan, &app.clock).await?;
            self.note_charged();
        } else if !counts && charged {
            self.access.ledger.refund();
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
