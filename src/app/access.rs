//! Who calls: from a key's text to what it may do. Cached for seconds, and only while the control channel delivers.

use std::{
    collections::HashMap,
    net::IpAddr,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};
use moka::future::Cache;
use tracing::error;

use super::{
    boards::{Board, Boards},
    days::KeyTally,
    error::AppError,
    ledgers::Ledgers,
    quota::Ledger,
};
use crate::{
    domain::{
        api_key::{ApiKey, KeyHash, KeyKind},
        appearance::Site,
        ids::{AccountId, KeyId},
        plan::{Burst, Plan, PlanName, Plans, Realtime},
    },
    store::{Store, StoreError, api_keys::ResolvedKey},
};

/// How long a key's record is cached.
const CACHE_FOR: Duration = Duration::from_secs(10);
/// Keys cached at the most, known or not.
const CACHED_KEYS: u64 = 100_000;
/// Unknown keys that one client address may try.
const UNKNOWN_KEYS: Burst = Burst { per_second: 10, bucket: 100 };

/// An address that tried too many of them is not looked up for so long.
const TURN_AWAY_FOR: Duration = Duration::from_secs(1);
/// A key that was valid so lately is looked up all the same: it is no guess. Its streams may wait for Redis.
const FAMILIAR_FOR: Duration = Duration::from_secs(60 * 60);

/// A key that is valid, and all that a request under it needs.
#[derive(Debug)]
pub struct Access {
    /// The key's id.
    pub key: KeyId,
    /// What it is looked up by.
    pub hash: KeyHash,
    /// What it may do.
    pub kind: KeyKind,
    /// Whose key it is.
    pub account: AccountId,
    /// The account's plan.
    pub plan: Arc<Plan>,
    /// Whether the account's keys are refused.
    pub is_suspended: bool,
    /// The account's requests.
    pub ledger: Arc<Ledger>,
    /// The key's own.
    pub uses: Arc<KeyTally>,
    /// The key's leaderboard; `None` for a management key.
    pub board: Option<Arc<Board>>,
    /// The sites whose scripts may read with a publishable key; empty for all.
    pub sites: Vec<Site>,
}

/// Finds out who calls.
pub struct Gate {
    known: Cache<KeyHash, Option<Arc<Access>>>,
    changes: AtomicU64,
    /// Those of them that were about one key.
    key_changes: AtomicU64,
    plans: HashMap<PlanName, Arc<Plan>>,
    fallback: Arc<Plan>,
    bursts: HashMap<PlanName, DefaultKeyedRateLimiter<KeyId>>,
    strangers: DefaultKeyedRateLimiter<IpAddr>,
    turned_away: Cache<IpAddr, ()>,
    familiar: Cache<KeyHash, Arc<Access>>,
    /// What was found out for streams, under the number of changes there had been.
    verdicts: Cache<(KeyHash, u64), Option<Realtime>>,
}

impl Gate {
    /// A gate under these plans; `fallback` is for accounts whose plan the file no longer has.
    pub fn new(plans: &Plans, fallback: &Plan) -> Self {
        let bursts = plans.iter().filter_map(|plan| Some((plan.name.clone(), keyed(plan.burst?))));
        Self {
            known: Cache::builder().max_capacity(CACHED_KEYS).time_to_live(CACHE_FOR).build(),
            changes: AtomicU64::new(0),
            key_changes: AtomicU64::new(0),
            plans: plans.iter().map(|plan| (plan.name.clone(), Arc::new(plan.clone()))).collect(),
            fallback: Arc::new(fallback.clone()),
            bursts: bursts.collect(),
            strangers: keyed(UNKNOWN_KEYS),
            turned_away: Cache::builder().max_capacity(10_000).time_to_live(TURN_AWAY_FOR).build(),
            familiar: Cache::builder().max_capacity(CACHED_KEYS).time_to_live(FAMILIAR_FOR).build(),
            verdicts: Cache::builder().max_capacity(CACHED_KEYS).time_to_live(CACHE_FOR).build(),
        }
    }

    /// The access that a key gives.
    ///
    /// # Errors
    /// [`AppError::Unauthorized`] for an unknown or revoked key, [`AppError::RateLimited`] where the address tries
    /// too many keys and this one hasn't been valid lately, or the store's failure.
    pub async fn admit(
        &self,
        store: &Store,
        boards: &Boards,
        ledgers: &Ledgers,
        key: &ApiKey,
        client: IpAddr,
    ) -> Result<Arc<Access>, AppError> {
        let hash = key.hash();
        let known = self.known.get(&hash).await;
        let trusted = match &known {
            Some(Some(access)) => store.is_heard(access.account),
            // Whoever makes this key known may do so on any server.
            _ => store.all_is_heard(),
        };
        let access = match known {
            Some(access) if trusted => access,
            _ if self.turned_away.contains_key(&client) && !self.familiar.contains_key(&hash) => {
                return Err(AppError::RateLimited { retry_after: TURN_AWAY_FOR });
            }
            // Boxed: each request would carry the room for them.
            _ if trusted => Box::pin(self.resolve_once(store, boards, ledgers, hash)).await?,
            _ => Box::pin(self.resolve(store, boards, ledgers, hash)).await?,
        };
        let Some(access) = access else {
            if let Err(refusal) = check(&self.strangers, &client) {
                Box::pin(self.turned_away.insert(client, ())).await;
                return Err(refusal);
            }
            return Err(AppError::Unauthorized("The API key is unknown or was revoked"));
        };
        if access.is_suspended {
            return Err(AppError::Forbidden("The account is suspended"));
        }
        Ok(access)
    }

    /// Lets a request pass, unless its key asks too fast.
    ///
    /// # Errors
    /// [`AppError::RateLimited`]
    pub fn pace(&self, access: &Access) -> Result<(), AppError> {
        match self.bursts.get(&access.plan.name) {
            Some(bursts) => check(bursts, &access.key),
            None => Ok(()),
        }
    }

    /// What was known of a key before Redis went away; for streams, which may wait for it.
    pub async fn remembered(&self, key: &ApiKey) -> Option<Arc<Access>> {
        self.familiar.get(&key.hash()).await
    }

    /// Whether nothing was heeded since that may have changed what this access gives.
    pub async fn is_unchanged(&self, access: &Arc<Access>) -> bool {
        let known = self.known.get(&access.hash).await.flatten();
        known.is_some_and(|known| Arc::ptr_eq(&known, access))
    }

    /// The realtime that a key which was admitted still gives, read after the last change that was heeded; `None`
    /// where it isn't valid any more. One read for all who ask at once.
    pub async fn realtime_of(
        &self,
        store: &Store,
        boards: &Boards,
        ledgers: &Ledgers,
        hash: KeyHash,
    ) -> Result<Option<Realtime>, AppError> {
        let read = async {
            let access = self.read(store, boards, ledgers, hash).await?;
            let access = access.filter(|access| !access.is_suspended);
            Ok::<_, StoreError>(access.map(|access| access.plan.realtime))
        };
        Ok(self.verdicts.try_get_with((hash, self.changes.load(Ordering::Acquire)), read).await?)
    }

    /// As [`Self::resolve`], one read for all who ask at once.
    async fn resolve_once(
        &self,
        store: &Store,
        boards: &Boards,
        ledgers: &Ledgers,
        hash: KeyHash,
    ) -> Result<Option<Arc<Access>>, AppError> {
        let before = self.heeded();
        let access = self.known.try_get_with(hash, self.read(store, boards, ledgers, hash)).await?;
        self.note(&hash, access.as_ref(), before).await;
        Ok(access)
    }

    /// Reads a key from Redis, whatever is cached.
    async fn resolve(
        &self,
        store: &Store,
        boards: &Boards,
        ledgers: &Ledgers,
        hash: KeyHash,
    ) -> Result<Option<Arc<Access>>, AppError> {
        let before = self.heeded();
        let access = self.read(store, boards, ledgers, hash).await?;
        self.known.insert(hash, access.clone()).await;
        self.note(&hash, access.as_ref(), before).await;
        Ok(access)
    }

    /// Notes whether a key that was read is valid, and forgets what was read if it may have changed meanwhile.
    async fn note(&self, hash: &KeyHash, access: Option<&Arc<Access>>, before: [u64; 2]) {
        match access {
            Some(access) => self.familiar.insert(*hash, access.clone()).await,
            None => self.familiar.invalidate(hash).await,
        }
        // A change that arrived during the read found nothing to forget yet.
        let [changes, key_changes] = self.heeded();
        if changes != before[0] {
            self.known.invalidate(hash).await;
        }
        // Another plan leaves a key what it is; otherwise its address could be turned away with it.
        if key_changes != before[1] {
            self.familiar.invalidate(hash).await;
        }
    }

    /// The changes that were heeded so far, and those about one key.
    fn heeded(&self) -> [u64; 2] {
        [&self.changes, &self.key_changes].map(|count| count.load(Ordering::Acquire))
    }

    async fn read(
        &self,
        store: &Store,
        boards: &Boards,
        ledgers: &Ledgers,
        hash: KeyHash,
    ) -> Result<Option<Arc<Access>>, StoreError> {
        // Where a key is never changes, so a familiar one needs no server but its account's.
        let place = self.familiar.get(&hash).await.map(|access| (access.account, access.key));
        let Some(resolved) = store.resolve_api_key(&hash, place).await? else { return Ok(None) };
        let ResolvedKey { account, plan, is_suspended, key } = resolved;
        let board = match key.leaderboard {
            Some(leaderboard) => match boards.get(store, account, leaderboard).await? {
                Some(board) => Some(board),
                None => return Ok(None),
            },
            None => None,
        };
        let sites = match (&board, key.kind) {
            (Some(board), KeyKind::Publishable) => store.read_sites(&board.keys).await?,
            _ => Vec::new(),
        };
        let plan = self.plan(&plan);
        let ledger = ledgers.get(store, account);
        Ok(Some(Arc::new(Access {
            key: key.id,
            hash: key.hash,
            kind: key.kind,
            account,
            plan,
            is_suspended,
            uses: ledger.tally.of_key(key.id),
            ledger,
            board,
            sites,
        })))
    }

    /// The plan of this name.
    pub fn plan(&self, name: &PlanName) -> Arc<Plan> {
        self.plans.get(name).cloned().unwrap_or_else(|| {
            error!(plan = %name, "the plans file has no such plan; using the default plan");
            self.fallback.clone()
        })
    }

    /// Forgets one key.
    pub async fn forget(&self, hash: &KeyHash) {
        self.changes.fetch_add(1, Ordering::AcqRel);
        self.key_changes.fetch_add(1, Ordering::AcqRel);
        self.known.invalidate(hash).await;
        self.familiar.invalidate(hash).await;
    }

    /// Forgets everything: something may have been missed.
    pub fn forget_all(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
        self.known.invalidate_all();
    }

    /// Forgets who hasn't asked lately.
    pub fn sweep(&self) {
        self.strangers.retain_recent();
        for bursts in self.bursts.values() {
            bursts.retain_recent();
        }
    }
}

fn keyed<K: std::hash::Hash + Eq + Clone>(burst: Burst) -> DefaultKeyedRateLimiter<K> {
    let at_least_one = |n: u32| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
    RateLimiter::keyed(
        Quota::per_second(at_least_one(burst.per_second)).allow_burst(at_least_one(burst.bucket)),
    )
}

fn check<K: std::hash::Hash + Eq + Clone>(
    limiter: &DefaultKeyedRateLimiter<K>,
    key: &K,
) -> Result<(), AppError> {
    limiter.check_key(key).map_err(|refused| AppError::RateLimited {
        retry_after: refused.wait_time_from(DefaultClock::default().now()),
    })
}
