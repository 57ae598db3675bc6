//! The way to Redis: where the servers are, which of them has a key, and the connections to each.

mod cluster;
mod confirm;
mod health;
mod lane;
mod node;
mod redirect;
mod round_trip;
mod routes;
mod scout;
mod sentinel;
mod tls;
mod trust;
mod url;

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use redis::{Cmd, Pipeline, Value, pipe};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::{
    confirm::Confirmation,
    health::{Health, Memory},
    node::Node,
    round_trip::RoundTrips,
    routes::Routes,
    tls::{PrivateKey, Tls},
};
use self::{health::Reports, node::NodeOptions, redirect::Redirect, scout::Map, url::Target};
use super::{error::StoreError, script::Script};

/// How Redis is reached.
#[derive(Clone, Debug)]
pub struct ConnectionOptions {
    /// `redis://`, `rediss://`, `redis+unix://`, `redis+sentinel://` or `redis+cluster://`.
    pub url: String,
    /// Certificates for URLs that begin with `rediss`.
    pub tls: Tls,
    /// Shared connections of the hot path to each server, at least 1.
    pub connections: usize,
    /// How long a command may take, and a connection to be made.
    pub deadline: Duration,
    /// What a write waits for before it is acknowledged, besides Redis itself.
    pub confirmation: Option<Confirmation>,
}

/// All connections to Redis.
pub(super) struct Connections {
    map: Arc<Map>,
    deadline: Duration,
    confirms: bool,
    reports: Arc<Reports>,
}

/// How a command is sent.
#[derive(Clone, Copy)]
enum Way {
    /// Over a shared connection.
    Shared(Option<&'static Script>),
    /// In the same way, confirmed by replicas where that is asked for.
    Confirmed(Option<&'static Script>),
    /// In the same way, but where they don't confirm it in time, that is no failure.
    Replicated(&'static Script),
    /// Over a connection of its own.
    Apart(&'static Script),
}

impl Connections {
    /// Begins to connect in the background, on `tasks`, until `stop`.
    pub(super) fn open(
        options: &ConnectionOptions,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<Self, StoreError> {
        let target = url::parse(&options.url, &options.tls)?;
        let reports = Arc::<Reports>::default();
        let nodes = NodeOptions {
            connections: options.connections,
            deadline: options.deadline,
            confirmation: options.confirmation,
            in_cluster: matches!(target, Target::Cluster { .. }),
            reports: reports.clone(),
            tasks: tasks.clone(),
            stop: stop.clone(),
        };
        let map = Map::draw(target, nodes)?;
        Ok(Self { map, deadline: options.deadline, confirms: options.confirmation.is_some(), reports })
    }

    /// What is known of Redis' state, renewed each second.
    pub(super) fn health(&self) -> watch::Receiver<Health> {
        self.reports.overall()
    }

    /// The state of one server.
    pub(super) fn health_of(&self, address: &str) -> Health {
        self.reports.of(address).unwrap_or(Health::Connecting)
    }

    /// The memory of one server, where it has told it.
    pub(super) fn memory_of(&self, address: &str) -> Option<Memory> {
        self.reports.memory_of(address)
    }

    /// The servers as they are now.
    pub(super) fn routes(&self) -> Arc<Routes> {
        self.map.routes()
    }

    /// Tells when servers or what they have changes.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.map.changes()
    }

    /// The server that has this key.
    pub(super) fn node(&self, key: &[u8]) -> Result<Arc<Node>, StoreError> {
        self.map.node(key)
    }

    /// Something isn't where it was thought to be: looks again soon.
    pub(super) fn doubt(&self) {
        self.map.doubt();
    }

    /// A script that writes: as [`Self::script`], and confirmed by replicas where that is asked for.
    pub(super) async fn write(&self, script: &'static Script, call: Cmd) -> Result<Value, StoreError> {
        self.send(routes::key(&call), &call, Way::Confirmed(Some(script))).await
    }

    /// A script that charges: it should survive a failover as writes do, but reading must not depend on replicas.
    pub(super) async fn charge(&self, script: &'static Script, call: &Cmd) -> Result<Value, StoreError> {
        self.send(routes::key(call), call, Way::Replicated(script)).await
    }

    /// Whether writes wait for replicas.
    pub(super) fn confirms(&self) -> bool {
        self.confirms
    }

    /// A plain command that writes, confirmed in the same way.
    pub(super) async fn write_command(&self, call: Cmd) -> Result<Value, StoreError> {
        self.send(routes::key(&call), &call, Way::Confirmed(None)).await
    }

    /// One command, one round trip.
    pub(super) async fn command(&self, command: &Cmd) -> Result<Value, StoreError> {
        self.send(routes::key(command), command, Way::Shared(None)).await
    }

    /// One command without a key of its own, to the server that has `key`.
    pub(super) async fn command_at(&self, key: &[u8], command: &Cmd) -> Result<Value, StoreError> {
        self.send(key, command, Way::Shared(None)).await
    }

    /// A script by its hash; by its text where Redis has forgotten it.
    pub(super) async fn script(&self, script: &'static Script, call: &Cmd) -> Result<Value, StoreError> {
        self.send(routes::key(call), call, Way::Shared(Some(script))).await
    }

    /// The same over a connection of its own, for what keeps Redis busy longer than a request may wait.
    pub(super) async fn script_apart(
        &self,
        script: &'static Script,
        call: &Cmd,
    ) -> Result<Value, StoreError> {
        self.send(routes::key(call), call, Way::Apart(script)).await
    }

    /// Sends a command to the server that has its key, wherever that is meanwhile.
    async fn send(&self, key: &[u8], command: &Cmd, way: Way) -> Result<Value, StoreError> {
        let mut journey = Journey::begin(self);
        let mut node = self.map.node(key)?;
        let mut asking = false;
        loop {
            let result = match (way, asking) {
                // What is rare is boxed: a request's future has room for the largest of these.
                (_, true) => Box::pin(ask(&node, command, way)).await,
                (Way::Shared(None), _) => node.command(command).await,
                (Way::Shared(Some(script)), _) => node.script(script, command).await,
                (Way::Confirmed(script), _) => node.write(command, script, true).await,
                (Way::Replicated(script), _) => node.write(command, Some(script), false).await,
                (Way::Apart(script), _) => Box::pin(node.script_apart(script, command)).await,
            };
            let redirect = match &result {
                Err(error) => error.redis().and_then(Redirect::of),
                Ok(_) => None,
            };
            let Some(redirect) = redirect else {
                if result.as_ref().is_err_and(|error| error.is_outage() || error.outcome_unknown()) {
                    self.map.doubt();
                }
                return result;
            };
            match journey.next(key, redirect).await? {
                Some(next) => (node, asking) = next,
                None => return result,
            }
        }
    }

    /// Commands in one round trip, all with keys of one account, the first command's key first. An error that one of
    /// them gets stands in its place.
    pub(super) async fn pipeline(&self, pipeline: &Pipeline) -> Result<Vec<Value>, StoreError> {
        let key = pipeline.cmd_iter().map(routes::key).find(|key| !key.is_empty()).unwrap_or_default();
        let mut journey = Journey::begin(self);
        let node = self.map.node(key)?;
        let mut answers = node.pipeline(pipeline).await?;
        while let Some((index, redirect)) = redirect::first_redirected(pipeline, &answers) {
            let Some((node, asking)) = journey.next(key, redirect).await? else { break };
            let (rest, belongs) = redirect::rest(pipeline, index, asking);
            let again = node.pipeline(&rest).await?;
            answers.truncate(index);
            answers.extend(
                again.into_iter().zip(belongs).filter_map(|(answer, belongs)| belongs.then_some(answer)),
            );
        }
        Ok(answers)
    }

    /// Commands with keys of many accounts, each server's in one round trip; each one's answer in its place.
    pub(super) async fn each(&self, commands: &[Cmd]) -> Vec<Result<Value, StoreError>> {
        let mut answers: Vec<_> = commands.iter().map(|_| Err(StoreError::Disconnected)).collect();
        let mut shares: Vec<(Arc<Node>, Vec<usize>)> = Vec::new();
        for (index, command) in commands.iter().enumerate() {
            let Ok(node) = self.map.node(routes::key(command)) else { continue };
            match shares.iter_mut().find(|(known, _)| Arc::ptr_eq(known, &node)) {
                Some((_, share)) => share.push(index),
                None => shares.push((node, vec![index])),
            }
        }
        let sent = shares.iter().map(async |(node, share)| {
            let mut pipeline = pipe();
            share.iter().for_each(|&index| _ = pipeline.add_command(commands[index].clone()));
            node.pipeline(&pipeline).await
        });
        for (result, (_, share)) in join_all(sent).await.into_iter().zip(&shares) {
            let values = match result {
                Ok(values) => values.into_iter().map(|value| Ok(value.extract_error()?)).collect(),
                Err(error) => vec![Err(error); share.len()],
            };
            share.iter().zip(values).for_each(|(&index, value)| answers[index] = value);
        }
        for (command, answer) in commands.iter().zip(&mut answers) {
            // One whose slot has moved finds its own way.
            if let Err(error) = answer
                && error.redis().and_then(Redirect::of).is_some()
            {
                *answer = self.command(command).await;
            }
        }
        answers
    }
}

/// Sends a command to the server that its slot is being moved to.
async fn ask(node: &Node, command: &Cmd, way: Way) -> Result<Value, StoreError> {
    let script = match way {
        Way::Shared(script) | Way::Confirmed(script) => script,
        Way::Apart(script) | Way::Replicated(script) => Some(script),
    };
    if let Way::Confirmed(_) | Way::Replicated(_) = way {
        // The connection for confirmed writes takes one command a write; what is being moved waits until it is.
        return Err(redis::RedisError::from((
            redis::ErrorKind::Server(redis::ServerErrorKind::TryAgain),
            "the slot is being moved",
        ))
        .into());
    }
    let call = script.map_or_else(|| command.clone(), |script| script.by_text(command));
    let answers = node.pipeline(pipe().cmd("ASKING").add_command(call)).await?;
    let answer = answers.into_iter().nth(1).ok_or(StoreError::Unexpected("the answer to ASKING"))?;
    Ok(answer.extract_error()?)
}

/// A command's way from server to server; it ends with its deadline.
struct Journey<'a> {
    connections: &'a Connections,
    end: Instant,
    pause: Duration,
}

impl<'a> Journey<'a> {
    fn begin(connections: &'a Connections) -> Self {
        let end = Instant::now() + connections.deadline;
        Self { connections, end, pause: redirect::SHORTEST_PAUSE }
    }

    /// The server to go on to, and whether with ASKING; `None` at the journey's end.
    async fn next(
        &mut self,
        key: &[u8],
        redirect: Redirect,
    ) -> Result<Option<(Arc<Node>, bool)>, StoreError> {
        if Instant::now() + self.pause >= self.end {
            return Ok(None);
        }
        metrics::counter!("rankora_redis_redirects_total").increment(1);
        let map = &self.connections.map;
        match redirect {
            Redirect::Moved(address) => {
                map.doubt();
                if let Some(node) = map.at(&address) {
                    return Ok(Some((node, false)));
                }
            }
            Redirect::Ask(address) => {
                if let Some(node) = map.at(&address) {
                    return Ok(Some((node, true)));
                }
                map.doubt();
            }
            Redirect::TryAgain => {}
        }
        // Until the slot has moved, or the server that it moves to is known.
        sleep(self.pause).await;
        self.pause = (self.pause * 2).min(redirect::LONGEST_PAUSE);
        Ok(Some((map.node(key)?, false)))
    }
}
