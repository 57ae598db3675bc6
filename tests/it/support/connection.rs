//! Connections for looking into Redis, whatever it runs on.

use redis::{
    Client, Cmd, Pipeline, RedisFuture, Value,
    aio::{ConnectionLike, MultiplexedConnection},
    cluster::ClusterClient,
    cluster_async::ClusterConnection,
};

/// A connection to a Redis that a test may not know the shape of.
#[derive(Clone)]
pub enum Connection {
    /// To one server; under sentinels, to the primary.
    One(MultiplexedConnection),
    /// To each node of a cluster, by a command's first key.
    Many(ClusterConnection),
}

impl Connection {
    /// Connects to what a URL of Rankora's own kind names.
    pub async fn open(url: &str) -> Self {
        if let Some(rest) = url.strip_prefix("redis+cluster://") {
            let (login, nodes) = parts(rest);
            let nodes = nodes.split(',').map(|node| format!("redis://{login}{node}"));
            let client = ClusterClient::builder(nodes).response_timeout(super::PATIENCE);
            let client = client.build().expect("a cluster's addresses");
            return Self::Many(client.get_async_connection().await.expect("a connection"));
        }
        let url = match url.strip_prefix("redis+sentinel://") {
            Some(rest) => primary(rest).await,
            None => url.to_owned(),
        };
        let client = Client::open(url).expect("a URL");
        let config = super::patient();
        let connection = client.get_multiplexed_async_connection_with_config(&config);
        Self::One(connection.await.expect("a connection"))
    }
}

/// Who logs in, as it stands in a URL, and the rest.
fn parts(rest: &str) -> (&str, &str) {
    rest.find('@').map_or(("", rest), |at| rest.split_at(at + 1))
}

/// The URL of the primary that the first sentinel names.
async fn primary(rest: &str) -> String {
    let (login, rest) = parts(rest);
    let (sentinels, name) = rest.split_once('/').expect("a name of the primary");
    let first = sentinels.split(',').next().expect("a sentinel");
    let client = Client::open(format!("redis://{first}")).expect("an address");
    let config = super::patient();
    let connection = client.get_multiplexed_async_connection_with_config(&config);
    let mut connection = connection.await.expect("a connection to a sentinel");
    let name = name.split('/').next().expect("a name");
    let mut ask = redis::cmd("SENTINEL");
    ask.arg("GET-MASTER-ADDR-BY-NAME").arg(name);
    let (ip, port): (String, u16) = ask.query_async(&mut connection).await.expect("a primary");
    format!("redis://{login}{ip}:{port}")
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::One(connection) => connection.req_packed_command(cmd),
            Self::Many(connection) => connection.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::One(connection) => connection.req_packed_commands(pipeline, offset, count),
            Self::Many(connection) => connection.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::One(connection) => connection.get_db(),
            Self::Many(connection) => connection.get_db(),
        }
    }
}
