//! One shared connection to Redis, and the task that keeps it up.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;
use redis::{AsyncConnectionConfig, Client, RedisError, aio::MultiplexedConnection};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use super::{
    health::{self, Health},
    node::NodeOptions,
};
use crate::store::error::StoreError;

/// Between two checks of a connection that works.
const CHECK_EVERY: Duration = Duration::from_secs(1);
/// The same while other connections are not made yet.
const CHECK_SOON: Duration = Duration::from_millis(10);
/// How long a check may take at the most.
const LONGEST_CHECK: Duration = Duration::from_secs(2);
/// The pauses between two attempts to connect.
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// One shared connection; empty while there is none.
#[derive(Default)]
pub(super) struct Lane {
    connection: ArcSwapOption<MultiplexedConnection>,
    broken: Notify,
}

impl Lane {
    pub(super) fn connection(&self) -> Result<Arc<MultiplexedConnection>, StoreError> {
        self.connection.load_full().ok_or(StoreError::Disconnected)
    }

    /// Passes a result on; a broken connection is given up at once, so that requests fail fast.
    pub(super) fn judge<T>(
        &self,
        used: &Arc<MultiplexedConnection>,
        result: Result<T, RedisError>,
    ) -> Result<T, StoreError> {
        result.map_err(|error| {
            if error.is_unrecoverable_error() || error.is_connection_dropped() {
                // Its successor, which may be there already, is left alone.
                self.connection.compare_and_swap(used, None);
                self.broken.notify_one();
            }
            StoreError::from(error)
        })
    }
}

/// Keeps one lane connected. Nothing is lost with it: commands under way fail, and say so.
pub(super) struct Keeper {
    client: Client,
    address: String,
    options: NodeOptions,
    /// All lanes to the server; the first one's keeper speaks for all.
    lanes: Arc<[Arc<Lane>]>,
    index: usize,
}

impl Keeper {
    /// Keeps one of the lanes to a server connected.
    pub(super) fn new(
        client: Client,
        address: String,
        options: &NodeOptions,
        lanes: Arc<[Arc<Lane>]>,
        index: usize,
    ) -> Self {
        Self { client, address, options: options.clone(), lanes, index }
    }

    fn lane(&self) -> &Lane {
        &self.lanes[self.index]
    }

    /// Connects and checks, over and over.
    pub(super) async fn run(self) {
        let mut pause = SHORTEST_PAUSE;
        loop {
            let reason = match self.connect().await {
                Ok(connection) => {
                    pause = SHORTEST_PAUSE;
                    self.watch(connection).await
                }
                Err(error) => error.to_string(),
            };
            self.lane().connection.store(None);
            self.tell(Health::Away(reason));
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn connect(&self) -> Result<MultiplexedConnection, RedisError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.options.deadline))
            .set_response_timeout(Some(self.options.deadline))
            .set_pipeline_buffer_size(1024);
        self.client.get_multiplexed_async_connection_with_config(&config).await
    }

    /// Checks the connection each second, and returns why it is of no use any more.
    async fn watch(&self, mut connection: MultiplexedConnection) -> String {
        let patience = self.options.deadline.min(LONGEST_CHECK);
        let mut published = false;
        loop {
            let health =
                match timeout(patience, health::check(&mut connection, self.options.in_cluster)).await {
                    Ok(Ok((health, memory))) => {
                        if let Some(memory) = memory {
                            self.options.reports.note_memory(&self.address, memory);
                        }
                        health
                    }
                    Ok(Err(error)) => return error.in_full(),
                    Err(_) => return format!("no answer within {} ms", patience.as_millis()),
                };
            if let Health::Unfit(_) = health {
                // It never gets a command while it is.
                self.lane().connection.store(None);
                published = false;
            } else if !published {
                self.lane().connection.store(Some(Arc::new(connection.clone())));
                published = true;
            }
            let again = if self.tell(health) { CHECK_EVERY } else { CHECK_SOON };
            tokio::select! {
                () = sleep(again) => {}
                () = self.lane().broken.notified() => {}
            }
            // Woken by the end of an earlier connection, it is still there.
            if published && self.lane().connection.load().is_none() {
                return "the connection was lost".to_owned();
            }
        }
    }

    /// Tells what is new. False where it has to wait for other lanes: a server is ready when all of them are.
    fn tell(&self, health: Health) -> bool {
        if self.index > 0 {
            return true;
        }
        let reports = &self.options.reports;
        if health.is_ready() && self.lanes.iter().any(|lane| lane.connection.load().is_none()) {
            return reports.of(&self.address).is_some_and(|known| known.is_ready());
        }
        reports.report(&self.address, health);
        true
    }
}
