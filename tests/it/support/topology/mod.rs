//! Several redis-servers that belong together, started by the tests on loopback addresses of their own. They die with
//! the tests, however they end.

pub mod cluster;
pub mod network;
pub mod node;
pub mod sentinel;
pub mod shared;
pub mod switch;

use std::time::Duration;

use self::{cluster::Cluster, network::Network, node::Node, sentinel::Sentinels, switch::Switch};
use super::certificates::Authority;

/// What the nodes' certificate is called.
const NODES: &str = "nodes";

/// Either of the topologies, for tests that go for both.
pub enum Topology {
    Sentinels(Sentinels),
    Cluster(Cluster),
}

/// What is the same in all topologies.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Whether each link can be cut; see [`switch::Switch`].
    pub switched: bool,
    /// After what silence a node counts as gone.
    pub patience: Duration,
    /// Who may log in to the nodes, and nobody else; also how they log in to each other.
    pub login: Option<Login>,
    /// The same for the sentinels.
    pub sentinel_login: Option<Login>,
    /// Who signs for all of them; then they talk over TLS alone, and to nobody without a certificate of its.
    pub tls: Option<Authority>,
    /// Further lines of each node's configuration.
    pub settings: Vec<String>,
    /// The same of each sentinel's.
    pub sentinel_settings: Vec<String>,
}

/// A user of Redis. The one called `default` needs no name to log in.
#[derive(Clone, Debug)]
pub struct Login {
    pub user: &'static str,
    pub password: &'static str,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            switched: false,
            patience: Duration::from_secs(1),
            login: None,
            sentinel_login: None,
            tls: None,
            settings: Vec::new(),
            sentinel_settings: Vec::new(),
        }
    }
}

impl Setup {
    /// With links that can be cut.
    pub fn switched() -> Self {
        Self { switched: true, ..Self::default() }
    }

    /// Has its authority sign for whoever is found at these nodes' addresses.
    fn certify(&self, network: Network, numbers: &[u8]) {
        if let Some(authority) = &self.tls {
            let at = |&number: &u8| [network.announced(number, self.switched), network.node(number)];
            let mut found_at: Vec<_> = numbers.iter().flat_map(at).map(|at| at.to_string()).collect();
            found_at.dedup();
            authority.certify(NODES, &found_at);
        }
    }

    /// What a URL's scheme begins with.
    fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "rediss" } else { "redis" }
    }

    /// On which port a node serves, and how.
    fn serving(&self) -> Vec<String> {
        let Some(authority) = &self.tls else { return vec![format!("port {}", network::PORT)] };
        vec![
            "port 0".to_owned(),
            format!("tls-port {}", network::PORT),
            "tls-replication yes".to_owned(),
            "tls-cluster yes".to_owned(),
            "tls-auth-clients yes".to_owned(),
            format!("tls-ca-cert-file {}", authority.path("authority.pem")),
            format!("tls-cert-file {}", authority.path(&format!("{NODES}.pem"))),
            format!("tls-key-file {}", authority.path(&format!("{NODES}.key"))),
        ]
    }
}

impl Login {
    /// As it stands in a URL.
    fn in_url(login: Option<&Self>) -> String {
        login.map_or_else(String::new, |login| format!("{}:{}@", login.user, login.password))
    }

    /// The lines that let this user in alone.
    fn settings(&self) -> Vec<String> {
        let mut lines = vec![format!("user {} reset on >{} ~* &* +@all", self.user, self.password)];
        if self.user != "default" {
            lines.push("user default off".to_owned());
        }
        lines
    }
}

impl Topology {
    /// How to reach Redis.
    pub fn url(&self) -> String {
        match self {
            Self::Sentinels(sentinels) => sentinels.url(),
            Self::Cluster(cluster) => cluster.url(),
        }
    }

    /// The same as another user.
    pub fn url_as(&self, login: Option<&Login>) -> String {
        match self {
            Self::Sentinels(sentinels) => sentinels.url_as(login),
            Self::Cluster(cluster) => cluster.url_as(login),
        }
    }

    /// All that serve data.
    pub fn nodes(&self) -> &[Node] {
        match self {
            Self::Sentinels(sentinels) => &sentinels.nodes,
            Self::Cluster(cluster) => &cluster.nodes,
        }
    }

    /// All nodes, sentinels included.
    pub fn all(&self) -> impl Iterator<Item = &Node> {
        let sentinels: &[Node] = match self {
            Self::Sentinels(sentinels) => &sentinels.sentinels,
            Self::Cluster(_) => &[],
        };
        self.nodes().iter().chain(sentinels)
    }

    /// Where links are cut.
    pub fn switch(&self) -> &Switch {
        match self {
            Self::Sentinels(sentinels) => sentinels.switch(),
            Self::Cluster(cluster) => cluster.switch(),
        }
    }

    /// The slot of a key; the only one, under sentinels.
    pub async fn slot(&self, key: &str) -> u16 {
        match self {
            Self::Sentinels(_) => 0,
            Self::Cluster(cluster) => cluster.nodes[0].ask(&["CLUSTER", "KEYSLOT", key]).await,
        }
    }

    /// Where a slot's writes go.
    pub async fn primary_of(&self, slot: u16) -> &Node {
        match self {
            Self::Sentinels(sentinels) => sentinels.primary().await,
            Self::Cluster(cluster) => cluster.owner(slot).await,
        }
    }

    /// The replicas of a primary.
    pub async fn replicas_of(&self, primary: &Node) -> Vec<&Node> {
        match self {
            Self::Sentinels(sentinels) => {
                sentinels.nodes.iter().filter(|node| node.number != primary.number).collect()
            }
            Self::Cluster(cluster) => cluster.replicas_of(primary).await,
        }
    }

    /// Waits until everything is as in the beginning, though others may be primaries.
    pub async fn healed(&self) {
        match self {
            Self::Sentinels(sentinels) => sentinels.healed().await,
            Self::Cluster(cluster) => cluster.healed().await,
        }
    }
}
