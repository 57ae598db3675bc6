//! One request's caller, and whether the request is paid for.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use super::{App, AppError, Standing, access::Access, boards::Board};
use crate::store::{Read, StoreError, Take};

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

    /// Reads, and charges the request in the same round trip where no lease covers it. Where the month seems to be
    /// used up, once more after all leases were asked back.
    ///
    /// # Errors
    /// [`AppError::QuotaExceeded`], or the store's failure.
    pub(super) async fn read<T, F>(
        &self,
        app: &App,
        read: impl Fn(Option<Take>) -> F,
    ) -> Result<Option<T>, AppError>
    where
        T: Send + 'static,
        F: Future<Output = Result<Read<T>, StoreError>> + Send + 'static,
    {
        let Access { ledger, plan, .. } = &*self.access;
        if self.is_covered(app) {
            return Ok(read(None).await?.value);
        }
        if let Some(refusal) = ledger.refused_lately(&app.clock) {
            return Err(refusal);
        }
        let mut recalled = false;
        loop {
            let bid = ledger.bid(plan, app.clock.now());
            let take = bid.take;
            // Boxed, as all that few requests need: each would carry the room for it.
            let charged = Box::pin(ledger.clone().read(bid, read(Some(take))));
            let (resets, value) = match take.requests {
                1 => charged.await?,
                // Whoever asked may go away meanwhile: the lease is for all.
                _ => app.tasks.spawn(charged).await.unwrap_or(Err(StoreError::Disconnected))?,
            };
            if let Some(resets) = resets {
                self.note_charged(resets);
                return Ok(value);
            }
            if recalled || !Box::pin(ledger.recall(&app.store)).await? {
                return Err(ledger.refuse(app.clock.now()));
            }
            recalled = true;
        }
    }

    /// Whether a read has nothing to charge: it is free or paid for, or the lease has something left.
    fn is_covered(&self, app: &App) -> bool {
        if !self.counts || self.charged.load(Ordering::Acquire) > 0 {
            return true;
        }
        let drawn = self.access.ledger.draw(app.clock.now());
        drawn.inspect(|resets| self.note_charged(*resets)).is_some()
    }

    /// Settles the request once its answer is known: an answer that counts is paid for, one that doesn't is not.
    ///
    /// # Errors
    /// [`AppError::QuotaExceeded`], which then is the answer, or the store's failure.
    pub async fn settle(&self, app: &App, counts: bool) -> Result<(), AppError> {
        let charged = self.charged.load(Ordering::Acquire);
        if counts && self.counts && charged == 0 {
            let Access { ledger, plan, .. } = &*self.access;
            self.note_charged(ledger.charge(&app.store, plan, &app.clock, &app.tasks).await?);
        } else if !counts && charged > 0 {
            self.access.ledger.refund(charged);
        }
        Ok(())
    }

    /// Notes how the request was answered, for the charts of the days. What is free is only in its key's.
    pub fn note_answer(&self, counts: bool, is_refused: bool) {
        if counts {
            self.access.ledger.tally.used(&self.access.uses);
        }
        if self.counts {
            self.access.ledger.tally.answered(counts, is_refused);
        }
    }

    /// Where the account stands, for the headers. Asks Redis only where nothing is known yet.
    pub async fn standing(&self, app: &App) -> Option<Standing> {
        let Access { ledger, plan, .. } = &*self.access;
        let limit = plan.requests_per_month?;
        if !ledger.is_current(app.clock.now()) {
            let look = Take { requests: 0, limit: Some(limit) };
            ledger.note(Box::pin(app.store.take(ledger.keys(), look)).await.ok()?.used);
        }
        ledger.standing(plan)
    }
}
