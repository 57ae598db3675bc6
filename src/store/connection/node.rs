//! One Redis server that takes writes, and the connections to it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, Cmd, Pipeline, ProtocolVersion, PushInfo, RedisError, Value,
    aio::MultiplexedConnection,
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use super::{
    confirm::{Confirmation, Writer},
    health::{Health, Reports},
    lane::{Keeper, Lane},
    round_trip::RoundTrips,
    trust::Trust,
};
use crate::store::{error::StoreError, script::Script};

/// How servers are worked with, wherever they are.
#[derive(Clone)]
pub(super) struct NodeOptions {
    pub(super) connections: usize,
    pub(super) deadline: Duration,
    pub(super) confirmation: Option<Confirmation>,
    /// Whether they must be part of a cluster, or must not.
    pub(super) in_cluster: bool,
    pub(super) reports: Arc<Reports>,
    pub(super) tasks: TaskTracker,
    pub(super) stop: CancellationToken,
}

/// A server and its connections, which end with it: a few that are shared by all requests, one for confirmed
/// writes, and a pool for what takes long.
pub struct Node {
    pub(in crate::store) address: String,
    /// Whether what is published there arrives here.
    pub(in crate::store) trust: Trust,
    client: Client,
    deadline: Duration,
    lanes: Vec<Arc<Lane>>,
    next: AtomicUsize,
    reports: Arc<Reports>,
    trips: RoundTrips,
    writer: Option<Writer>,
    pool: deadpool_redis::Pool,
    _alive: DropGuard,
}

impl Node {
    /// Begins to connect in the background.
    pub(super) fn start(client: Client, options: &NodeOptions) -> Result<Arc<Self>, StoreError> {
        let address = client.get_connection_info().addr().to_string();
        let manager = deadpool_redis::Manager::new(client.get_connection_info().clone())?;
        let pool = deadpool_redis::Pool::builder(manager)
            .max_size(8)
            .runtime(deadpool_redis::Runtime::Tokio1)
            .wait_timeout(Some(options.deadline))
            .create_timeout(Some(options.deadline))
            .recycle_timeout(Some(options.deadline))
            .build()
            .map_err(|error| RedisError::from((redis::ErrorKind::Client, "pool", error.to_string())))?;
        let stop = options.stop.child_token();
        let lanes: Vec<Arc<Lane>> = (0..options.connections.max(1)).map(|_| Arc::default()).collect();
        let write_lane = options.confirmation.map(|_| Arc::<Lane>::default());
        let all: Arc<[Arc<Lane>]> = lanes.iter().chain(&write_lane).cloned().collect();
        for lane in 0..all.len() {
            let keeper = Keeper::new(client.clone(), address.clone(), options, all.clone(), lane);
            let stop = stop.clone();
            options.tasks.spawn(async move {
                tokio::select! {
                    () = keeper.run() => {}
                    () = stop.cancelled() => {}
                }
            });
        }
        let writer = options.confirmation.zip(write_lane);
        let writer =
            writer.map(|(confirmation, lane)| Writer::start(lane, confirmation, &options.tasks, &stop));
        Ok(Arc::new(Self {
            address,
            trust: Trust::default(),
            client,
            deadline: options.deadline,
            lanes,
            next: AtomicUsize::new(0),
            reports: options.reports.clone(),
            trips: RoundTrips::by(RoundTrips::SHARED),
            writer,
            pool,
            _alive: stop.drop_guard(),
        }))
    }

    /// The next lane in turn that is connected.
    fn lane(&self) -> Result<(&Lane, Arc<MultiplexedConnection>), StoreError> {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let lanes =
            (0..self.lanes.len()).map(|step| &*self.lanes[first.wrapping_add(step) % self.lanes.len()]);
        let mut connected = lanes.filter_map(|lane| Some((lane, lane.connection().ok()?)));
        connected.next().ok_or_else(|| match self.reports.of(&self.address) {
            Some(Health::Unfit(reason)) => StoreError::Unfit(reason),
            _ => StoreError::Disconnected,
        })
    }

    /// One command, one round trip.
    pub(in crate::store) async fn command(&self, command: &Cmd) -> Result<Value, StoreError> {
        let (lane, connection) = self.lane()?;
        let _trip = self.trips.begin();
        let mut handle = MultiplexedConnection::clone(&connection);
        let result = handle.send_packed_command(command).await.and_then(Value::extract_error);
        lane.judge(&connection, result)
    }

    /// Commands in one round trip. An error that one of them gets stands in its place.
    pub(in crate::store) async fn pipeline(&self, pipeline: &Pipeline) -> Result<Vec<Value>, StoreError> {
        let (lane, connection) = self.lane()?;
        let _trip = self.trips.begin();
        let mut handle = MultiplexedConnection::clone(&connection);
        let result = handle.send_packed_commands(pipeline, 0, pipeline.len()).await;
        lane.judge(&connection, result)
    }

    /// A script by its hash; by its text where Redis has forgotten it.
    pub(in crate::store) async fn script(&self, script: &Script, call: &Cmd) -> Result<Value, StoreError> {
        match self.command(call).await {
            Err(error) if error.code() == Some("NOSCRIPT") => self.command(&script.by_text(call)).await,
            result => result,
        }
    }

    /// A command or a script's call that writes, confirmed by replicas where that is asked for; refused without them
    /// where `strict`.
    pub(in crate::store) async fn write(
        &self,
        call: &Cmd,
        script: Option<&'static Script>,
        strict: bool,
    ) -> Result<Value, StoreError> {
        match (&self.writer, script) {
            (Some(writer), script) => writer.write(call.clone(), script, strict).await,
            (None, Some(script)) => self.script(script, call).await,
            (None, None) => self.command(call).await,
        }
    }

    /// A script over a connection of its own, for what keeps Redis busy longer than a request may wait.
    pub(in crate::store) async fn script_apart(
        &self,
        script: &Script,
        call: &Cmd,
    ) -> Result<Value, StoreError> {
        let mut connection = self.pool.get().await.map_err(|_| StoreError::Disconnected)?;
        connection.set_response_timeout(self.deadline);
        let trips = RoundTrips::by(RoundTrips::APART);
        let _trip = trips.begin();
        let first: Result<Value, RedisError> = call.query_async(&mut connection).await;
        match first {
            Err(error) if error.code() == Some("NOSCRIPT") => {
                Ok(script.by_text(call).query_async(&mut connection).await?)
            }
            result => Ok(result?),
        }
    }

    /// A new connection for subscriptions, which hands what is pushed to `hear`.
    pub(in crate::store) async fn listen(
        &self,
        hear: impl Fn(PushInfo) -> Result<(), ()> + Send + Sync + 'static,
    ) -> Result<MultiplexedConnection, StoreError> {
        let info = self.client.get_connection_info();
        let redis = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let client = Client::open(info.clone().set_redis_settings(redis))?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.deadline))
            .set_response_timeout(Some(self.deadline))
            .set_push_sender(hear);
        Ok(client.get_multiplexed_async_connection_with_config(&config).await?)
    }
}
