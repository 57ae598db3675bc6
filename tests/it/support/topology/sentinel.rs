//! A primary with replicas, watched by sentinels.

use futures_util::future::join_all;
use redis::FromRedisValue;

use super::{Login, Setup, network::Network, network::PORT, node::Node, switch::Switch};
use crate::support::eventually;

/// What the sentinels call their primary.
pub const NAME: &str = "mymaster";

/// A primary, its replicas and the sentinels.
pub struct Sentinels {
    /// The first one is the primary in the beginning.
    pub nodes: Vec<Node>,
    pub sentinels: Vec<Node>,
    switch: Option<Switch>,
    setup: Setup,
}

impl Sentinels {
    /// Starts them, and waits until all of them know each other and the replicas are in sync.
    pub async fn start(replicas: u8, sentinels: u8) -> Self {
        Self::start_with(replicas, sentinels, Setup::default()).await
    }

    /// The same in another setup.
    pub async fn start_with(replicas: u8, sentinels: u8, setup: Setup) -> Self {
        let network = Network::free();
        let numbers: Vec<u8> = (1..=1 + replicas + sentinels).collect();
        let (data, watching) = numbers.split_at(usize::from(1 + replicas));
        let switch = setup.switched.then(|| Switch::start(network, &numbers));
        let primary = network.announced(1, setup.switched);
        setup.certify(network, &numbers);
        let nodes = data.iter().map(async |&number| {
            let mut settings = vec![format!("replica-announce-port {PORT}")];
            if number > 1 {
                settings.push(format!("replicaof {primary} {PORT}"));
            }
            Node::start(network, number, &setup, &settings).await
        });
        let nodes = join_all(nodes).await;
        let ids: Vec<String> = watching.iter().map(|_| node_id()).collect();
        let sentinels = watching.iter().zip(&ids).map(async |(&number, id)| {
            let mut settings = vec![format!("sentinel myid {id}")];
            settings.push(format!("sentinel announce-port {PORT}"));
            settings.push(format!("sentinel monitor {NAME} {primary} {PORT} {}", watching.len() / 2 + 1));
            let patience = setup.patience.as_millis();
            settings.push(format!("sentinel down-after-milliseconds {NAME} {patience}"));
            settings.push(format!("sentinel failover-timeout {NAME} {}", 5 * patience));
            settings.push(format!("sentinel parallel-syncs {NAME} {replicas}"));
            if let Some(Login { user, password }) = &setup.login {
                settings.push(format!("sentinel auth-user {NAME} {user}"));
                settings.push(format!("sentinel auth-pass {NAME} {password}"));
            }
            // They would find each other; told, they know at once.
            for replica in &nodes[1..] {
                settings.push(format!("sentinel known-replica {NAME} {} {PORT}", replica.address().ip()));
            }
            for (&other, id) in watching.iter().zip(&ids).filter(|(other, _)| **other != number) {
                let address = network.announced(other, setup.switched);
                settings.push(format!("sentinel known-sentinel {NAME} {address} {PORT} {id}"));
            }
            Node::start_sentinel(network, number, &setup, &settings).await
        });
        let sentinels = join_all(sentinels).await;
        let sentinels = Self { nodes, sentinels, switch, setup };
        sentinels.healed().await;
        sentinels
    }

    /// How to reach Redis.
    pub fn url(&self) -> String {
        self.url_as(self.setup.login.as_ref())
    }

    /// The same as another user.
    pub fn url_as(&self, login: Option<&Login>) -> String {
        let login = Login::in_url(login);
        let addresses: Vec<_> = self.sentinels.iter().map(|node| node.address().to_string()).collect();
        format!("{}+sentinel://{login}{}/{NAME}", self.setup.scheme(), addresses.join(","))
    }

    /// Where links are cut.
    pub fn switch(&self) -> &Switch {
        self.switch.as_ref().expect("a topology with a switch")
    }

    /// The primary that most sentinels name.
    pub async fn primary(&self) -> &Node {
        let named = eventually("a primary", async || {
            let mut named = Vec::new();
            for sentinel in &self.sentinels {
                named.extend(primary_of(sentinel).await);
            }
            let most =
                |ip: &String| named.iter().filter(|other| *other == ip).count() > self.sentinels.len() / 2;
            named.iter().find(|ip| most(ip)).cloned()
        })
        .await;
        let found = self.nodes.iter().find(|node| node.address().ip().to_string() == named);
        found.expect("one of the nodes")
    }

    /// Waits until one node is primary, all others follow it, and each sentinel sees them all well.
    pub async fn healed(&self) {
        eventually("a primary with all its replicas, seen by all sentinels", async || {
            let primary = self.primary().await;
            let alone =
                primary.is_primary().await && primary.replicas_in_sync().await == self.nodes.len() - 1;
            if !alone {
                return None;
            }
            for sentinel in &self.sentinels {
                let peers = self.sentinels.len() - 1;
                let well = primary_of(sentinel).await? == primary.address().ip().to_string()
                    && well(sentinel, "REPLICAS").await? == self.nodes.len() - 1
                    && well(sentinel, "SENTINELS").await? == peers
                    && sentinel.try_ask::<String>(&["SENTINEL", "CKQUORUM", NAME]).await.is_ok();
                if !well {
                    return None;
                }
            }
            Some(())
        })
        .await;
    }
}

async fn primary_of(sentinel: &Node) -> Option<String> {
    let words = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME];
    sentinel.try_ask::<Vec<String>>(&words).await.ok()?.into_iter().next()
}

/// How many of its peers or of the replicas a sentinel sees well.
async fn well(sentinel: &Node, whom: &str) -> Option<usize> {
    let answer: redis::Value = sentinel.try_ask(&["SENTINEL", whom, NAME]).await.ok()?;
    let seen = Vec::<std::collections::HashMap<String, String>>::from_redis_value(answer).ok()?;
    let troubled = |flags: &str| flags.contains("down") || flags.contains("disconnected");
    Some(seen.iter().filter(|fields| !troubled(&fields["flags"])).count())
}

/// As Redis makes its own.
fn node_id() -> String {
    (0..40).map(|_| char::from_digit(rand::random_range(0..16), 16).expect("a digit")).collect()
}
