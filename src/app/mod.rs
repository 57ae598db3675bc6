//! The use cases: what the API, the dashboard and the admin commands do, and the soft state that a replica keeps
//! for it. Nothing here matters when it is lost.

pub mod access;
pub mod accounts;
pub mod api_keys;
mod appearance;
pub mod backup;
mod boards;
mod caller;
pub mod columns;
pub mod days;
pub mod entries;
mod error;
mod feed;
mod housekeeping;
pub mod leaderboards;
mod ledgers;
pub mod letters;
pub mod moderation;
pub mod owners;
mod pages;
mod passwords;
mod places;
mod position;
mod quota;
mod round;
pub mod sessions;
mod side_by_side;
pub mod stream;
pub mod table;

use std::{net::IpAddr, sync::Arc};

use tokio::sync::{broadcast, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::warn;

pub use access::Access;
pub use boards::Board;
pub use caller::Caller;
pub use error::AppError;
pub use pages::{CachedPage, KEEP_PAGE, Payer, Served};
pub use places::Place;
pub use quota::{Ledger, Standing};

use crate::{
    clock::Clock,
    domain::{
        api_key::ApiKey,
        plan::{Plan, Plans},
    },
    live::{Hub, Relay, RelayOptions},
    store::{Health, Server, Store, accounts::Account},
};

/// How a replica works.
#[derive(Clone, Debug)]
pub struct AppOptions {
    /// What accounts can be on.
    pub plans: Plans,
    /// The plan of new accounts, and of those whose plan is no longer in `plans`.
    pub default_plan: Plan,
}

/// One replica: the store, and what is kept in memory for its sake.
pub struct App {
    pub(crate) store: Arc<Store>,
    pub(crate) clock: Clock,
    options: AppOptions,
    replica: String,
    boards: boards::Boards,
    ledgers: ledgers::Ledgers,
    gate: access::Gate,
    passwords: passwords::Passwords,
    outbox: letters::Outbox,
    pages: pages::Pages,
    places: places::Places,
    feeds: feed::Feeds,
    hub: Arc<Hub>,
    notices: broadcast::Sender<housekeeping::Notice>,
    tasks: TaskTracker,
    /// Ends the streams.
    closing: CancellationToken,
    /// Ends the background work.
    stop: CancellationToken,
}

impl App {
    /// Starts a replica's background work on `tasks`, until `stop`.
    pub fn start(
        store: Arc<Store>,
        clock: Clock,
        options: AppOptions,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Arc<Self> {
        let (hub, wanted) = Hub::new();
        let control = broadcast::Sender::new(4096);
        let replica = uuid::Uuid::new_v4().simple().to_string();
        let app = Arc::new(Self {
            gate: access::Gate::new(&options.plans, &options.default_plan),
            passwords: passwords::Passwords::default(),
            outbox: letters::Outbox::default(),
            boards: boards::Boards::default(),
            ledgers: ledgers::Ledgers::default(),
            pages: pages::Pages::default(),
            places: places::Places::new(replica.clone()),
            feeds: feed::Feeds::default(),
            hub: hub.clone(),
            notices: broadcast::Sender::new(4096),
            tasks: tasks.clone(),
            closing: stop.child_token(),
            stop: stop.clone(),
            store: store.clone(),
            clock,
            options,
            replica,
        });
        tasks.spawn(housekeeping::heed_control(app.clone(), control.subscribe()));
        tasks.spawn(housekeeping::sweep(app.clone()));
        tasks.spawn(housekeeping::audit(app.clone()));
        tasks.spawn(housekeeping::change_sort_orders(app.clone()));
        tasks.spawn(housekeeping::count_streams(app.clone()));
        tasks.spawn(housekeeping::add_up_days(app.clone()));
        let relay = Relay::new(RelayOptions { store, hub, wanted, control, replica: app.replica.clone() });
        tasks.spawn(relay.run(stop.clone()));
        app
    }

    /// Who calls with this key, from this address.
    ///
    /// # Errors
    /// [`AppError::Unauthorized`], [`AppError::RateLimited`], or the store's failure.
    pub async fn admit(&self, key: &ApiKey, client: IpAddr) -> Result<Arc<Access>, AppError> {
        self.gate.admit(&self.store, &self.boards, &self.ledgers, key, client).await
    }

    /// Lets a request pass, unless its key asks too fast.
    ///
    /// # Errors
    /// [`AppError::RateLimited`]
    pub fn pace(&self, access: &Access) -> Result<(), AppError> {
        self.gate.pace(access)
    }

    /// What is remembered of a key while Redis is away.
    pub async fn remember(&self, key: &ApiKey) -> Option<Arc<Access>> {
        self.gate.remembered(key).await
    }

    /// What is known of Redis' state.
    pub fn health(&self) -> Health {
        self.store.health().borrow().clone()
    }

    /// What is known of Redis' state, as it changes.
    pub fn watch_health(&self) -> watch::Receiver<Health> {
        self.store.health()
    }

    /// The Redis servers that take writes, as they are now.
    pub fn redis_servers(&self) -> Vec<Server> {
        self.store.servers()
    }

    /// The plan that an account is on.
    pub fn plan_of(&self, account: &Account) -> Arc<Plan> {
        self.gate.plan(&account.plan)
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Ends all streams; no new ones begin.
    pub fn close_streams(&self) {
        self.closing.cancel();
    }

    /// Gives back what this replica holds: leases and places of streams.
    pub async fn give_back(&self) {
        let (leases, places, days) = tokio::join!(
            self.ledgers.close(&self.store),
            self.places.close(&self.store),
            self.ledgers.add_up_days(&self.store)
        );
        if let Err(error) = leases.and(places).and(days) {
            warn!(error = &error as &dyn std::error::Error, "leases or places could not be given back");
        }
    }

    /// The plans that accounts can be on.
    pub fn plans(&self) -> &Plans {
        &self.options.plans
    }

    /// The plan of new accounts.
    pub fn default_plan(&self) -> &Plan {
        &self.options.default_plan
    }
}
