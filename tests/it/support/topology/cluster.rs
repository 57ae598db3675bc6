//! A Redis Cluster.

use std::ops::RangeInclusive;

use futures_util::future::join_all;

use super::{
    Login, Setup,
    network::{BUS_PORT, Network, PORT},
    node::Node,
    switch::Switch,
};
use crate::support::eventually;

/// A cluster has this many slots.
pub const SLOTS: u16 = 16384;

/// Primaries that share the slots, each with replicas.
pub struct Cluster {
    /// In the beginning, the primaries come first; then the replicas of the first one, of the second one, and so on.
    pub nodes: Vec<Node>,
    primaries: usize,
    switch: Option<Switch>,
    setup: Setup,
}

/// What a node knows of another one, or of itself.
#[derive(Clone, Debug)]
pub struct Known {
    pub id: String,
    /// Its address with the port of Redis.
    pub address: String,
    pub flags: String,
    /// Of a replica, the id of its primary.
    pub primary: Option<String>,
    /// The slots it owns; one that moves counts where it comes from.
    pub slots: Vec<RangeInclusive<u16>>,
}

impl Cluster {
    /// Starts it, and waits until it is well and the replicas are in sync.
    pub async fn start(primaries: u8, replicas_each: u8) -> Self {
        Self::start_with(primaries, replicas_each, Setup::default()).await
    }

    /// The same in another setup.
    pub async fn start_with(primaries: u8, replicas_each: u8, setup: Setup) -> Self {
        let network = Network::free();
        let numbers: Vec<u8> = (1..=primaries * (1 + replicas_each)).collect();
        let switch = setup.switched.then(|| Switch::start(network, &numbers));
        setup.certify(network, &numbers);
        let announced_port =
            if setup.tls.is_some() { "cluster-announce-tls-port" } else { "cluster-announce-port" };
        let nodes = numbers.iter().map(async |&number| {
            let settings = [
                "cluster-enabled yes".to_owned(),
                format!("cluster-node-timeout {}", setup.patience.as_millis()),
                format!("cluster-port {BUS_PORT}"),
                format!("cluster-announce-ip {}", network.announced(number, setup.switched)),
                format!("{announced_port} {PORT}"),
                format!("cluster-announce-bus-port {BUS_PORT}"),
            ];
            Node::start(network, number, &setup, &settings).await
        });
        let nodes = join_all(nodes).await;
        let cluster = Self { nodes, primaries: usize::from(primaries), switch, setup };
        cluster.form(usize::from(replicas_each)).await;
        cluster.healed().await;
        cluster
    }

    async fn form(&self, replicas_each: usize) {
        let (primaries, replicas) = self.nodes.split_at(self.primaries);
        for (node, epoch) in self.nodes.iter().zip(1..) {
            node.ask::<()>(&["CLUSTER", "SET-CONFIG-EPOCH", &epoch.to_string()]).await;
            for other in &self.nodes[..epoch - 1] {
                let (ip, port, bus) =
                    (other.address().ip().to_string(), PORT.to_string(), BUS_PORT.to_string());
                node.ask::<()>(&["CLUSTER", "MEET", &ip, &port, &bus]).await;
            }
        }
        for (index, node) in primaries.iter().enumerate() {
            let border = |index: usize| index * usize::from(SLOTS) / self.primaries;
            let (first, last) = (border(index).to_string(), (border(index + 1) - 1).to_string());
            node.ask::<()>(&["CLUSTER", "ADDSLOTSRANGE", &first, &last]).await;
        }
        eventually("nodes that know each other", async || {
            for node in &self.nodes {
                let known = Self::known_by(node).await;
                if known.len() < self.nodes.len()
                    || known.iter().any(|known| known.flags.contains("handshake"))
                {
                    return None;
                }
            }
            Some(())
        })
        .await;
        for (index, node) in replicas.iter().enumerate() {
            let primary: String = primaries[index / replicas_each].ask(&["CLUSTER", "MYID"]).await;
            node.ask::<()>(&["CLUSTER", "REPLICATE", &primary]).await;
        }
    }

    /// How to reach it: three of its nodes, which know the others.
    pub fn url(&self) -> String {
        self.url_as(self.setup.login.as_ref())
    }

    /// The same as another user.
    pub fn url_as(&self, login: Option<&Login>) -> String {
        let login = Login::in_url(login);
        let addresses: Vec<_> = self.nodes.iter().take(3).map(|node| node.address().to_string()).collect();
        format!("{}+cluster://{login}{}", self.setup.scheme(), addresses.join(","))
    }

    /// Where links are cut.
    pub fn switch(&self) -> &Switch {
        self.switch.as_ref().expect("a topology with a switch")
    }

    /// What a node knows of all nodes; nothing where it is down.
    pub async fn known_by(node: &Node) -> Vec<Known> {
        let text: String = node.try_ask(&["CLUSTER", "NODES"]).await.unwrap_or_default();
        text.lines().map(known).collect()
    }

    /// The nodes that most of the nodes take for primaries, each with its slots.
    pub async fn primaries(&self) -> Vec<(&Node, Known)> {
        eventually("primaries of all slots", async || {
            let views = join_all(self.nodes.iter().map(Self::known_by)).await;
            let owning = |views: &Vec<Known>| {
                let mut owning = views.clone();
                owning.retain(|known| known.flags.contains("master") && !known.slots.is_empty());
                owning.sort_by(|one, other| one.id.cmp(&other.id));
                owning
            };
            let owning: Vec<_> = views.iter().map(owning).collect();
            let ids = |view: &[Known]| {
                view.iter().map(|known| (known.id.clone(), known.slots.clone())).collect::<Vec<_>>()
            };
            let agreed = owning.iter().find(|view| {
                let agreeing = owning.iter().filter(|other| ids(other) == ids(view)).count();
                agreeing > self.nodes.len() / 2
            })?;
            Some(agreed.iter().map(|known| (self.at(&known.address), known.clone())).collect())
        })
        .await
    }

    /// The primary that owns a slot.
    pub async fn owner(&self, slot: u16) -> &Node {
        let primaries = self.primaries().await;
        let owner =
            primaries.into_iter().find(|(_, known)| known.slots.iter().any(|slots| slots.contains(&slot)));
        owner.expect("all slots are owned").0
    }

    /// The replicas of a primary.
    pub async fn replicas_of(&self, primary: &Node) -> Vec<&Node> {
        let known = Self::known_by(primary).await;
        let own = known.iter().find(|known| known.flags.contains("myself")).expect("its own").id.clone();
        let replicas = known.iter().filter(|known| known.primary.as_ref() == Some(&own));
        replicas.map(|known| self.at(&known.address)).collect()
    }

    /// Moves one slot with its keys to another primary, as a resharding does.
    pub async fn move_slot(&self, slot: u16, to: &Node) {
        self.move_slots(slot..=slot, to).await;
    }

    /// Moves slots one after the other.
    pub async fn move_slots(&self, slots: RangeInclusive<u16>, to: &Node) {
        let primaries = self.primaries().await;
        let target: String = to.ask(&["CLUSTER", "MYID"]).await;
        let mut other_primaries: Vec<&Node> = primaries.iter().map(|(node, _)| *node).collect();
        other_primaries.retain(|node| node.number != to.number);
        for slot in slots {
            let owns = |known: &Known| known.slots.iter().any(|slots| slots.contains(&slot));
            let (from, known) = primaries.iter().find(|(_, known)| owns(known)).expect("an owner");
            if from.number == to.number {
                continue;
            }
            let slot = slot.to_string();
            to.ask::<()>(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &known.id]).await;
            from.ask::<()>(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &target]).await;
            self.move_keys(&slot, from, to).await;
            // The target first: it must own the slot before anybody is sent there for good.
            to.ask::<()>(&["CLUSTER", "SETSLOT", &slot, "NODE", &target]).await;
            from.ask::<()>(&["CLUSTER", "SETSLOT", &slot, "NODE", &target]).await;
            for node in other_primaries.iter().filter(|node| node.number != from.number) {
                node.ask::<()>(&["CLUSTER", "SETSLOT", &slot, "NODE", &target]).await;
            }
        }
    }

    async fn move_keys(&self, slot: &str, from: &Node, to: &Node) {
        let (ip, port) = (to.own_address().ip().to_string(), PORT.to_string());
        let mut connection = from.connection().await;
        loop {
            let mut list = redis::cmd("CLUSTER");
            list.arg("GETKEYSINSLOT").arg(slot).arg(10);
            let keys: Vec<String> = list.query_async(&mut connection).await.expect("keys");
            if keys.is_empty() {
                return;
            }
            let mut migrate = redis::cmd("MIGRATE");
            migrate.arg(&ip).arg(&port).arg("").arg(0).arg(60_000);
            if let Some(Login { user, password }) = &self.setup.login {
                migrate.arg("AUTH2").arg(user).arg(password);
            }
            let () = migrate.arg("KEYS").arg(&keys).query_async(&mut connection).await.expect("MIGRATE");
        }
    }

    /// Waits until all nodes see the whole cluster well, and each primary has its replicas in sync.
    pub async fn healed(&self) {
        eventually("a cluster that is well", async || {
            for node in &self.nodes {
                let info: String = node.try_ask(&["CLUSTER", "INFO"]).await.ok()?;
                let known = Self::known_by(node).await;
                let troubled = |known: &Known| {
                    ["fail", "handshake", "noaddr"].iter().any(|flag| known.flags.contains(flag))
                };
                if !info.contains("cluster_state:ok") || known.iter().any(troubled) {
                    return None;
                }
            }
            let primaries = self.primaries().await;
            let mut replicas = 0;
            for (node, _) in &primaries {
                let in_sync = node.replicas_in_sync().await;
                if in_sync != self.replicas_of(node).await.len() {
                    return None;
                }
                replicas += in_sync;
            }
            (primaries.len() + replicas == self.nodes.len()).then_some(())
        })
        .await;
    }

    fn at(&self, address: &str) -> &Node {
        let found = self.nodes.iter().find(|node| node.address().to_string() == address);
        found.unwrap_or_else(|| panic!("no node is at {address}"))
    }
}

/// A line of what `CLUSTER NODES` answers.
fn known(line: &str) -> Known {
    let fields: Vec<_> = line.split(' ').collect();
    let slots = fields[8..].iter().filter(|slots| !slots.starts_with('[')).map(|slots| {
        let number = |text: &str| text.parse().expect("a slot");
        match slots.split_once('-') {
            Some((first, last)) => number(first)..=number(last),
            None => number(slots)..=number(slots),
        }
    });
    Known {
        id: fields[0].to_owned(),
        address: fields[1].split(['@', ',']).next().expect("an address").to_owned(),
        flags: fields[2].to_owned(),
        primary: (fields[3] != "-").then(|| fields[3].to_owned()),
        slots: slots.collect(),
    }
}
