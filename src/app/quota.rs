//! The month's requests, exact over all replicas. Answers that need Redis are charged there; all others draw on a
//! lease that was charged before and goes back when it isn't used.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::{sync::OwnedMutexGuard, time::sleep};
use tokio_util::task::TaskTracker;

use super::{days::Tally, error::AppError};
use crate::{
    clock::Clock,
    domain::{plan::Plan, timestamp::Timestamp},
    store::{AccountKeys, Read, Store, StoreError, Take, Taken, Used, control::ControlMessage},
};

/// The largest lease.
const LARGEST_LEASE: u64 = 512;
/// A lease is at most this part of what is left, so that replicas don't hold back what others look for.
const SHARE: u64 = 256;
/// A lease that isn't used for so long goes back.
const KEEP_LEASE: Duration = Duration::from_millis(500);
/// How long other replicas have to give back when an account seems to be used up.
const RECALL: Duration = Duration::from_millis(30);
/// Between two recalls. Whoever was refused is refused for so long without asking Redis again.
const RECALL_EVERY: Duration = Duration::from_millis(500);

/// Where an account stands, for the response's headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Requests a month.
    pub limit: u64,
    /// What is left of them.
    pub remaining: u64,
    /// When they begin anew, unix seconds.
    pub resets: u64,
}

/// One account's requests as this replica knows them.
#[derive(Debug)]
pub struct Ledger {
    keys: AccountKeys,
    lease: Mutex<Lease>,
    /// Held by who fetches a lease.
    refill: Arc<tokio::sync::Mutex<()>>,
    /// What happened lately.
    pub(super) tally: Tally,
}

#[derive(Debug)]
struct Lease {
    left: u64,
    size: u64,
    taken_at: Instant,
    known: Option<Used>,
    recalled_at: Option<Instant>,
    refused_at: Option<Instant>,
}

/// What a read takes in its own round trip, to be paid for.
pub struct Bid {
    /// A lease, or one request while somebody else fetches a lease.
    pub take: Take,
    refill: Option<OwnedMutexGuard<()>>,
}

impl Ledger {
    pub(super) fn new(keys: AccountKeys) -> Self {
        let lease = Lease {
            left: 0,
            size: 1,
            taken_at: Instant::now(),
            known: None,
            recalled_at: None,
            refused_at: None,
        };
        Self { keys, lease: Mutex::new(lease), refill: Arc::default(), tally: Tally::default() }
    }

    /// The account's names in Redis.
    pub fn keys(&self) -> &AccountKeys {
        &self.keys
    }

    /// Draws one request on the lease, if it has one of this month; returns when that month ends.
    pub fn draw(&self, now: Timestamp) -> Option<u64> {
        let mut lease = self.lock();
        let this_month = lease.known.filter(|used| month_goes_on(*used, now));
        if this_month.is_none() {
            lease.left = 0;
        }
        lease.left = lease.left.checked_sub(1)?;
        this_month.map(|used| used.resets)
    }

    /// What to take with a read that no lease covers.
    pub fn bid(&self, plan: &Plan, now: Timestamp) -> Bid {
        let refill = self.refill.clone().try_lock_owned().ok();
        let requests = if refill.is_some() { self.next_size(plan, now) } else { 1 };
        // One request is no lease that others could wait for.
        let refill = refill.filter(|_| requests > 1);
        Bid { take: Take { requests, limit: plan.requests_per_month }, refill }
    }

    /// Carries out a read that takes what was bid. Returns when the month ends that the read was charged to, and what
    /// was read; `None` for the one where nothing was granted. With a lease it is not to be dropped half way: it would
    /// be lost with it.
    pub async fn read<T>(
        self: Arc<Self>,
        bid: Bid,
        read: impl Future<Output = Result<Read<T>, StoreError>>,
    ) -> Result<(Option<u64>, Option<T>), StoreError> {
        let read = read.await?;
        let charged = read.taken.and_then(|taken| self.bank(taken));
        drop(bid.refill);
        Ok((charged, read.value))
    }

    /// Notes what Redis said of the month's count.
    pub fn note(&self, used: Used) {
        self.lock().note(used);
    }

    /// Takes one back into the lease: it was charged to the month that ends at `resets`, and its answer doesn't count.
    pub fn refund(&self, resets: u64) {
        self.lock().put_back(1, resets);
    }

    /// True where what is known is of this month.
    pub fn is_current(&self, now: Timestamp) -> bool {
        self.lock().known.is_some_and(|used| month_goes_on(used, now))
    }

    /// Where the account stands; `None` where the plan has no limit or nothing is known yet.
    pub fn standing(&self, plan: &Plan) -> Option<Standing> {
        let lease = self.lock();
        let limit = plan.requests_per_month?;
        let used = lease.known?;
        let remaining = limit.saturating_sub(used.requests) + lease.left;
        Some(Standing { limit, remaining: remaining.min(limit), resets: used.resets })
    }

    /// Charges one request: from the lease, or from Redis with a new lease. Returns when its month ends. A lease is
    /// fetched on `tasks`, so that it isn't lost where the request is given up meanwhile.
    ///
    /// # Errors
    /// [`AppError::QuotaExceeded`], or the store's failure.
    pub async fn charge(
        self: &Arc<Self>,
        store: &Arc<Store>,
        plan: &Arc<Plan>,
        clock: &Clock,
        tasks: &TaskTracker,
    ) -> Result<u64, AppError> {
        if let Some(resets) = self.draw(clock.now()) {
            return Ok(resets);
        }
        let (ledger, store, plan, clock) = (self.clone(), store.clone(), plan.clone(), clock.clone());
        let charging = tasks.spawn(async move { ledger.refill(&store, &plan, &clock).await });
        // Only a panic leaves it without an answer.
        charging.await.unwrap_or(Err(AppError::from(StoreError::Disconnected)))
    }

    async fn refill(&self, store: &Store, plan: &Plan, clock: &Clock) -> Result<u64, AppError> {
        // One refill for all who wait.
        let _refill = self.refill.lock().await;
        if let Some(resets) = self.draw(clock.now()) {
            return Ok(resets);
        }
        if let Some(refusal) = self.refused_lately(clock) {
            return Err(refusal);
        }
        let take = || async {
            let requests = self.next_size(plan, clock.now());
            let taken = store.take(&self.keys, Take { requests, limit: plan.requests_per_month }).await?;
            Ok::<_, StoreError>(self.bank(taken))
        };
        if let Some(resets) = take().await? {
            return Ok(resets);
        }
        if self.recall(store).await?
            && let Some(resets) = take().await?
        {
            return Ok(resets);
        }
        Err(self.refuse(clock.now()))
    }

    /// Keeps what was granted beyond the one request that asked; `None` where nothing was.
    fn bank(&self, taken: Taken) -> Option<u64> {
        let mut lease = self.lock();
        lease.note(taken.used);
        lease.put_back(taken.granted.checked_sub(1)?, taken.used.resets);
        Some(taken.used.resets)
    }

    /// Doubles while leases are used up quickly, and shrinks to one near the limit.
    fn next_size(&self, plan: &Plan, now: Timestamp) -> u64 {
        let mut lease = self.lock();
        lease.size = if lease.taken_at.elapsed() < KEEP_LEASE {
            (lease.size * 2).min(LARGEST_LEASE)
        } else {
            (lease.size / 2).max(1)
        };
        let share = match (plan.requests_per_month, lease.known) {
            // The month has turned, or this machine's clock is wrong: a lease could not be drawn on.
            (_, Some(used)) if !month_goes_on(used, now) => 1,
            (Some(limit), Some(used)) => limit.saturating_sub(used.requests) / SHARE,
            (Some(_), None) => 1,
            (None, _) => LARGEST_LEASE,
        };
        lease.size = lease.size.min(share).max(1);
        lease.size
    }

    /// Asks for all open leases back, this replica's included, and waits for them a moment. `false` where that was
    /// done just before.
    pub async fn recall(&self, store: &Store) -> Result<bool, StoreError> {
        {
            let mut lease = self.lock();
            if lease.recalled_at.is_some_and(|at| at.elapsed() < RECALL_EVERY) {
                return Ok(false);
            }
            lease.recalled_at = Some(Instant::now());
        }
        self.give_back(store).await?;
        store.publish_control(&self.keys, ControlMessage::ReturnLeases(self.keys.account)).await?;
        sleep(RECALL).await;
        Ok(true)
    }

    /// The refusal that was given a moment ago, where nothing has come in since.
    pub fn refused_lately(&self, clock: &Clock) -> Option<AppError> {
        let lease = self.lock();
        let lately = lease.refused_at.is_some_and(|at| at.elapsed() < RECALL_EVERY);
        let same_month = lease.known.is_some_and(|used| month_goes_on(used, clock.now()));
        (lately && same_month).then(|| exceeded(lease.known, clock.now()))
    }

    /// The refusal, with the time until it ends.
    pub fn refuse(&self, now: Timestamp) -> AppError {
        let mut lease = self.lock();
        lease.refused_at = Some(Instant::now());
        exceeded(lease.known, now)
    }

    /// Gives the lease back.
    pub async fn give_back(&self, store: &Store) -> Result<(), StoreError> {
        let (left, resets) = {
            let mut lease = self.lock();
            (std::mem::take(&mut lease.left), lease.known.map_or(0, |used| used.resets))
        };
        if left == 0 {
            return Ok(());
        }
        store.give_back(&self.keys, left, resets).await.inspect_err(|error| {
            // Kept for the next attempt, unless it may have gone back already: a limit is never passed.
            if !error.outcome_unknown() {
                self.lock().put_back(left, resets);
            }
        })?;
        let mut lease = self.lock();
        if let Some(used) = lease.known.as_mut().filter(|used| used.resets == resets) {
            used.requests = used.requests.saturating_sub(left);
        }
        Ok(())
    }

    /// True where something is left of a lease that should go back.
    pub(super) fn is_idle(&self) -> bool {
        let lease = self.lock();
        lease.left > 0 && lease.taken_at.elapsed() > KEEP_LEASE
    }

    /// True where nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        self.lock().left == 0
    }

    fn lock(&self) -> MutexGuard<'_, Lease> {
        self.lease.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    fn note(&mut self, used: Used) {
        if self.known.is_some_and(|known| known.resets != used.resets) {
            self.left = 0;
        }
        self.known = Some(used);
    }

    /// Adds what was charged to the month that ends at `resets`; in another month it is worth nothing.
    fn put_back(&mut self, requests: u64, resets: u64) {
        if self.known.is_some_and(|known| known.resets == resets) {
            self.left += requests;
            self.taken_at = Instant::now();
            self.refused_at = None;
        }
    }
}

fn month_goes_on(used: Used, now: Timestamp) -> bool {
    u64::try_from(now.unix_seconds()).is_ok_and(|now| now < used.resets)
}

fn exceeded(known: Option<Used>, now: Timestamp) -> AppError {
    let now = u64::try_from(now.unix_seconds()).unwrap_or_default();
    let seconds = known.map_or(1, |used| used.resets.saturating_sub(now).max(1));
    AppError::QuotaExceeded { retry_after: Duration::from_secs(seconds) }
}
