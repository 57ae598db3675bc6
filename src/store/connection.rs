//! The way to Redis: a few shared multiplexed connections for the hot path, each kept up by a task of its own,
//! and a pool for what takes long.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use redis::{
    AsyncConnectionConfig, Client, Cmd, Pipeline, RedisError, Value,
    aio::{MultiplexedConnection, PubSub},
    io::tcp::TcpSettings,
};
use tokio::{
    sync::{Notify, watch},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

use super::{
    confirm::{Confirmation, Writer},
    error::StoreError,
    health::{self, Health},
    script::Script,
};

/// How Redis is reached.
#[derive(Clone, Debug)]
pub struct ConnectionOptions {
    /// `redis://`, `rediss://` or `redis+unix://`.
    pub url: String,
    /// Shared connections of the hot path, at least 1.
    pub connections: usize,
    /// How long a command may take, and a connection to be made.
    pub deadline: Duration,
    /// What a write waits for before it is acknowledged, besides Redis itself.
    pub confirmation: Option<Confirmation>,
}

/// Between two checks of a connection that works.
const CHECK_EVERY: Duration = Duration::from_secs(1);
/// The same while other connections are not made yet.
const CHECK_SOON: Duration = Duration::from_millis(10);
/// How long a check may take at the most.
const LONGEST_CHECK: Duration = Duration::from_secs(2);
/// The pauses between two attempts to connect.
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// All connections to one Redis.
pub(super) struct Connections {
    client: Client,
    deadline: Duration,
    lanes: Vec<Arc<Lane>>,
    next: AtomicUsize,
    health: watch::Receiver<Health>,
    writer: Option<Writer>,
    pool: deadpool_redis::Pool,
}

/// One shared connection; empty while there is none.
#[derive(Default)]
pub(super) struct Lane {
    connection: ArcSwapOption<MultiplexedConnection>,
    broken: Notify,
}

impl Connections {
    /// Begins to connect in the background, on `tasks`, until `stop`.
    pub(super) fn open(
        options: &ConnectionOptions,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<Self, RedisError> {
        let client = client(&options.url)?;
        let manager = deadpool_redis::Manager::new(client.get_connection_info().clone())?;
        let pool = deadpool_redis::Pool::builder(manager)
            .max_size(8)
            .runtime(deadpool_redis::Runtime::Tokio1)
            .wait_timeout(Some(options.deadline))
            .create_timeout(Some(options.deadline))
            .recycle_timeout(Some(options.deadline))
            .build()
            .map_err(|error| RedisError::from((redis::ErrorKind::Client, "pool", error.to_string())))?;
        let (report, health) = watch::channel(Health::Connecting);
        let lanes: Vec<Arc<Lane>> = (0..options.connections.max(1)).map(|_| Arc::default()).collect();
        let write_lane = options.confirmation.map(|_| Arc::<Lane>::default());
        let all: Vec<Arc<Lane>> = lanes.iter().chain(&write_lane).cloned().collect();
        for (index, lane) in all.iter().cloned().enumerate() {
            // One lane speaks for all: they go to the same server.
            let report = (index == 0).then(|| Report { health: report.clone(), lanes: all.clone() });
            let keeper = Keeper { client: client.clone(), deadline: options.deadline, lane, report };
            let stop = stop.clone();
            tasks.spawn(async move {
                tokio::select! {
                    () = keeper.run() => {}
                    () = stop.cancelled() => {}
                }
            });
        }
        let writer = options.confirmation.zip(write_lane);
        let writer = writer.map(|(confirmation, lane)| Writer::start(lane, confirmation, tasks, stop));
        Ok(Self {
            client,
            deadline: options.deadline,
            lanes,
            next: AtomicUsize::new(0),
            health,
            writer,
            pool,
        })
    }

    /// What is known of Redis' state, renewed each second.
    pub(super) fn health(&self) -> watch::Receiver<Health> {
        self.health.clone()
    }

    /// The next lane in turn that is connected.
    fn lane(&self) -> Result<(&Lane, Arc<MultiplexedConnection>), StoreError> {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let lanes =
            (0..self.lanes.len()).map(|step| &*self.lanes[first.wrapping_add(step) % self.lanes.len()]);
        let mut connected = lanes.filter_map(|lane| Some((lane, lane.connection().ok()?)));
        connected.next().ok_or_else(|| match &*self.health.borrow() {
            Health::Unfit(reason) => StoreError::Unfit(reason.clone()),
            _ => StoreError::Disconnected,
        })
    }

    /// A script that writes: as [`Self::script`], and confirmed by replicas where that is asked for.
    pub(super) async fn write(&self, script: &'static Script, call: Cmd) -> Result<Value, StoreError> {
        match &self.writer {
            Some(writer) => writer.write(call, Some(script)).await,
            None => self.script(script, &call).await,
        }
    }

    /// A plain command that writes, confirmed in the same way.
    pub(super) async fn write_command(&self, call: Cmd) -> Result<Value, StoreError> {
        match &self.writer {
            Some(writer) => writer.write(call, None).await,
            None => self.command(&call).await,
        }
    }

    /// One command, one round trip.
    pub(super) async fn command(&self, command: &Cmd) -> Result<Value, StoreError> {
        let (lane, connection) = self.lane()?;
        metrics::counter!("rankora_redis_round_trips_total").increment(1);
        let mut handle = MultiplexedConnection::clone(&connection);
        let result = handle.send_packed_command(command).await.and_then(Value::extract_error);
        lane.judge(&connection, result)
    }

    /// Commands in one round trip. An error that one of them gets stands in its place.
    pub(super) async fn pipeline(&self, pipeline: &Pipeline) -> Result<Vec<Value>, StoreError> {
        let (lane, connection) = self.lane()?;
        metrics::counter!("rankora_redis_round_trips_total").increment(1);
        let mut handle = MultiplexedConnection::clone(&connection);
        let result = handle.send_packed_commands(pipeline, 0, pipeline.len()).await;
        lane.judge(&connection, result)
    }

    /// A script by its hash; by its text where Redis has forgotten it.
    pub(super) async fn script(&self, script: &Script, call: &Cmd) -> Result<Value, StoreError> {
        match self.command(call).await {
            Err(StoreError::Refused(error)) if error.code() == Some("NOSCRIPT") => {
                self.command(&script.by_text(call)).await
            }
            result => result,
        }
    }

    /// The same over a connection of its own, for what keeps Redis busy longer than a request may wait.
    pub(super) async fn script_apart(&self, script: &Script, call: &Cmd) -> Result<Value, StoreError> {
        let mut connection = self.pool.get().await.map_err(|_| StoreError::Disconnected)?;
        metrics::counter!("rankora_redis_round_trips_total").increment(1);
        let first: Result<Value, RedisError> = call.query_async(&mut connection).await;
        match first {
            Err(error) if error.code() == Some("NOSCRIPT") => {
                Ok(script.by_text(call).query_async(&mut connection).await?)
            }
            result => Ok(result?),
        }
    }

    /// A new connection for subscriptions.
    pub(super) async fn subscriptions(&self) -> Result<PubSub, StoreError> {
        match timeout(self.deadline, self.client.get_async_pubsub()).await {
            Ok(result) => Ok(result?),
            Err(_) => Err(StoreError::Disconnected),
        }
    }
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
struct Keeper {
    client: Client,
    deadline: Duration,
    lane: Arc<Lane>,
    report: Option<Report>,
}

/// Where the state of Redis is told; it is ready when all lanes are.
struct Report {
    health: watch::Sender<Health>,
    lanes: Vec<Arc<Lane>>,
}

impl Keeper {
    async fn run(self) {
        let mut pause = SHORTEST_PAUSE;
        loop {
            let reason = match self.connect().await {
                Ok(connection) => {
                    pause = SHORTEST_PAUSE;
                    self.watch(connection).await
                }
                Err(error) => error.to_string(),
            };
            self.lane.connection.store(None);
            self.tell(Health::Away(reason));
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn connect(&self) -> Result<MultiplexedConnection, RedisError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.deadline))
            .set_response_timeout(Some(self.deadline))
            .set_pipeline_buffer_size(1024);
        self.client.get_multiplexed_async_connection_with_config(&config).await
    }

    /// Checks the connection each second, and returns why it is of no use any more.
    async fn watch(&self, mut connection: MultiplexedConnection) -> String {
        let patience = self.deadline.min(LONGEST_CHECK);
        let mut published = false;
        loop {
            let health = match timeout(patience, health::check(&mut connection)).await {
                Ok(Ok(health)) => health,
                Ok(Err(error)) => return error.in_full(),
                Err(_) => return format!("no answer within {} ms", patience.as_millis()),
            };
            if let Health::Unfit(_) = health {
                // It never gets a command while it is.
                self.lane.connection.store(None);
                published = false;
            } else if !published {
                self.lane.connection.store(Some(Arc::new(connection.clone())));
                published = true;
            }
            let again = if self.tell(health) { CHECK_EVERY } else { CHECK_SOON };
            tokio::select! {
                () = sleep(again) => {}
                () = self.lane.broken.notified() => {}
            }
            // Woken by the end of an earlier connection, it is still there.
            if published && self.lane.connection.load().is_none() {
                return "the connection was lost".to_owned();
            }
        }
    }

    /// Tells what is new. False where it has to wait for other lanes.
    fn tell(&self, health: Health) -> bool {
        let Some(report) = &self.report else { return true };
        if health.is_ready() && report.lanes.iter().any(|lane| lane.connection.load().is_none()) {
            return report.health.borrow().is_ready();
        }
        report.health.send_if_modified(|known| {
            if *known == health {
                return false;
            }
            metrics::gauge!("rankora_redis_ready").set(if health.is_ready() { 1.0 } else { 0.0 });
            let address = self.client.get_connection_info().addr();
            match &health {
                Health::Ready { server, persistent } => {
                    info!(redis.address = %address, redis.server = %server, redis.aof = persistent, "Redis is ready");
                    if !persistent {
                        warn!("Redis has no append-only file: what was acknowledged is lost when it stops");
                    }
                }
                // Each private redis-server does when it starts.
                Health::Loading => info!(redis.address = %address, "Redis is loading its data"),
                other => warn!(redis.address = %address, redis.health = %other, "Redis can't be used"),
            }
            *known = health;
            true
        });
        true
    }
}

/// A client whose TCP connections send at once and notice a dead peer.
fn client(url: &str) -> Result<Client, RedisError> {
    use redis::IntoConnectionInfo;
    let info = url.into_connection_info()?;
    let settings = TcpSettings::default().set_nodelay(true);
    Client::open(info.set_tcp_settings(settings))
}
