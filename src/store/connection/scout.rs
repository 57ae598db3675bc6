//! Keeps the map of the servers: asks sentinels or cluster nodes where the primaries are, and connects to them.

use std::{collections::HashMap, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use redis::Client;
use tokio::{
    sync::{Notify, watch},
    time::sleep,
};
use tracing::info;

use super::{
    cluster::{Cluster, Owners},
    node::{Node, NodeOptions},
    routes::{NOBODY, Routes},
    sentinel::Sentinels,
    url::{Address, Login, Target},
};
use crate::store::error::StoreError;

/// Between two looks while all is well.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Between two looks while something isn't where it was thought to be.
const LOOK_SOON: Duration = Duration::from_millis(50);

/// Where the servers are, as far as it is known.
pub(super) struct Map {
    routes: ArcSwap<Routes>,
    /// Counts the changes.
    version: watch::Sender<u64>,
    doubted: Notify,
}

impl Map {
    /// A map of what a URL leads to; kept up to date in the background.
    pub(super) fn draw(target: Target, options: NodeOptions) -> Result<Arc<Self>, StoreError> {
        let map = Arc::new(Self {
            routes: ArcSwap::default(),
            version: watch::Sender::new(0),
            doubted: Notify::new(),
        });
        let (tasks, stop) = (options.tasks.clone(), options.stop.clone());
        let scout = match target {
            Target::Server(client) => {
                map.replace(Routes::single(Node::start(client, &options)?));
                return Ok(map);
            }
            Target::Sentinel { sentinels, name, login } => Scout {
                map: map.clone(),
                options,
                login,
                source: Source::Sentinels(Sentinels::new(sentinels, name)),
            },
            Target::Cluster { seeds, login } => {
                let source = Source::Cluster(Cluster::new(seeds, login.clone()));
                Scout { map: map.clone(), options, login, source }
            }
        };
        tasks.spawn(async move {
            tokio::select! {
                () = scout.run() => {}
                () = stop.cancelled() => {}
            }
        });
        Ok(map)
    }

    /// The server that has this key.
    pub(super) fn node(&self, key: &[u8]) -> Result<Arc<Node>, StoreError> {
        self.routes.load().node(key).cloned()
    }

    /// The server at an address, as a redirection names it.
    pub(super) fn at(&self, address: &str) -> Option<Arc<Node>> {
        self.routes.load().at(address).cloned()
    }

    /// All servers as they are now.
    pub(super) fn routes(&self) -> Arc<Routes> {
        self.routes.load_full()
    }

    /// Tells when servers or what they have changes.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// Something isn't where it was thought to be: look again soon.
    pub(super) fn doubt(&self) {
        self.doubted.notify_one();
    }

    fn replace(&self, routes: Routes) {
        self.routes.store(Arc::new(routes));
        self.version.send_modify(|version| *version += 1);
    }
}

/// Who is asked.
enum Source {
    Sentinels(Sentinels),
    Cluster(Cluster),
}

/// Looks where the servers are, over and over.
struct Scout {
    map: Arc<Map>,
    options: NodeOptions,
    login: Login,
    source: Source,
}

impl Scout {
    async fn run(mut self) {
        loop {
            let owners = match &mut self.source {
                Source::Sentinels(sentinels) => sentinels.primary().await.map(|primary| vec![Some(primary)]),
                Source::Cluster(cluster) => cluster.owners().await,
            };
            let result = owners.and_then(|owners| self.redraw(&owners).map_err(|error| error.to_string()));
            let pause = match result {
                Ok(()) => LOOK_EVERY,
                Err(reason) => {
                    self.options.reports.lost(&reason);
                    LOOK_SOON
                }
            };
            tokio::select! {
                () = sleep(pause) => {}
                // Many may doubt at once.
                () = self.map.doubted.notified() => sleep(LOOK_SOON).await,
            }
        }
    }

    /// Puts a new map in place of the old one, if it differs. Servers that are in both keep their connections.
    fn redraw(&self, owners: &Owners) -> Result<(), StoreError> {
        let mut primaries: Vec<(Client, String)> = Vec::new();
        let mut indices: HashMap<&Address, u16> = HashMap::new();
        let mut slots = vec![NOBODY; owners.len()];
        for (slot, owner) in slots.iter_mut().zip(owners) {
            let Some(owner) = owner else { continue };
            *slot = match indices.get(owner) {
                Some(index) => *index,
                None => {
                    let client = self.login.client(owner)?;
                    let address = client.get_connection_info().addr().to_string();
                    primaries.push((client, address));
                    let index = u16::try_from(primaries.len() - 1).unwrap_or(NOBODY);
                    indices.insert(owner, index);
                    index
                }
            };
        }
        let slots = if self.options.in_cluster { slots } else { Vec::new() };
        let old = self.map.routes.load();
        let same_nodes =
            old.nodes.iter().map(|node| &node.address).eq(primaries.iter().map(|(_, address)| address));
        if same_nodes && *old.slots == *slots {
            return Ok(());
        }
        let addresses: Vec<_> = primaries.iter().map(|(_, address)| address.clone()).collect();
        info!(redis.addresses = addresses.join(" "), "Redis' primaries were found");
        // Before they report.
        self.options.reports.expect(&addresses);
        let start = |(client, address): (Client, String)| match old.at(&address) {
            Some(node) => Ok(node.clone()),
            None => Node::start(client, &self.options),
        };
        let nodes = primaries.into_iter().map(start).collect::<Result<_, _>>()?;
        self.map.replace(Routes { nodes, slots: slots.into_boxed_slice() });
        Ok(())
    }
}
