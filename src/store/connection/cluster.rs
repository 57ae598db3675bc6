//! Which node of a cluster has which slot, as the nodes themselves tell it.

use std::{collections::HashMap, time::Duration};

use futures_util::future::join_all;
use redis::{AsyncConnectionConfig, FromRedisValue, RedisError, Value, aio::MultiplexedConnection, cmd};

use super::{
    routes::SLOTS,
    url::{Address, Login},
};
use crate::store::reply::Parts;

/// How long a node may take.
const DEADLINE: Duration = Duration::from_millis(800);

/// The nodes of a cluster, each with the connection that it was last asked over.
pub(super) struct Cluster {
    login: Login,
    seeds: Vec<Address>,
    known: HashMap<Address, Option<MultiplexedConnection>>,
}

/// The owner of each slot.
pub(super) type Owners = Vec<Option<Address>>;

/// What one node tells: ranges of slots with their owner, the owner's epoch, and all addresses it knows.
#[derive(Debug, Default, PartialEq, Eq)]
struct View {
    ranges: Vec<(usize, usize, u64, Address)>,
    addresses: Vec<Address>,
}

impl Cluster {
    /// The cluster that these nodes are part of.
    pub(super) fn new(seeds: Vec<Address>, login: Login) -> Self {
        let known = seeds.iter().cloned().map(|seed| (seed, None)).collect();
        Self { login, seeds, known }
    }

    /// The owners of all slots. Where nodes disagree, the higher epoch is right, as it is among themselves: a node
    /// that is cut off from the others goes on claiming what it had.
    ///
    /// # Errors
    /// What one of them said, where none knows.
    pub(super) async fn owners(&mut self) -> Result<Owners, String> {
        let login = &self.login;
        let asked = self.known.iter_mut().map(async |(address, connection)| {
            match tokio::time::timeout(DEADLINE, ask(login, address, connection)).await {
                Ok(Ok(view)) => Ok(view),
                Ok(Err(error)) => Err(format!("the node at {address}: {error}")),
                Err(_) => Err(format!("the node at {address}: no answer")),
            }
        });
        let answers = join_all(asked).await;
        let mut reason = "the cluster's nodes know of no slots".to_owned();
        let mut owners: Vec<Option<(u64, Address)>> = vec![None; SLOTS];
        let mut addresses = self.seeds.clone();
        for (answer, connection) in answers.into_iter().zip(self.known.values_mut()) {
            let view = match answer {
                Ok(view) => view,
                Err(error) => {
                    *connection = None;
                    reason = error;
                    continue;
                }
            };
            addresses.extend(view.addresses);
            for (first, last, epoch, owner) in view.ranges {
                for slot in owners.iter_mut().take(last + 1).skip(first) {
                    if slot.as_ref().is_none_or(|(known, _)| epoch > *known) {
                        *slot = Some((epoch, owner.clone()));
                    }
                }
            }
        }
        self.remember(addresses);
        let owners: Owners = owners.into_iter().map(|slot| slot.map(|(_, owner)| owner)).collect();
        match owners.iter().any(Option::is_some) {
            true => Ok(owners),
            false => Err(reason),
        }
    }

    /// Asks these nodes from now on. Without any answer the ones of before are kept.
    fn remember(&mut self, addresses: Vec<Address>) {
        if addresses.len() > self.seeds.len() {
            self.known.retain(|address, _| addresses.contains(address));
        }
        for address in addresses {
            self.known.entry(address).or_default();
        }
    }
}

async fn ask(
    login: &Login,
    address: &Address,
    connection: &mut Option<MultiplexedConnection>,
) -> Result<View, RedisError> {
    let mut open = match connection.take() {
        Some(open) => open,
        None => {
            let config = AsyncConnectionConfig::new()
                .set_connection_timeout(Some(DEADLINE))
                .set_response_timeout(Some(DEADLINE));
            let client = login.client(address).map_err(|error| {
                RedisError::from((redis::ErrorKind::InvalidClientConfig, "client", error.to_string()))
            })?;
            client.get_multiplexed_async_connection_with_config(&config).await?
        }
    };
    let mut questions = redis::pipe();
    questions.add_command(cmd("CLUSTER").arg("NODES").clone());
    questions.add_command(cmd("CLUSTER").arg("SLOTS").clone());
    let answers = open.send_packed_commands(&questions, 0, 2).await?;
    let [nodes, slots]: [Value; 2] =
        answers.try_into().map_err(|_| (redis::ErrorKind::UnexpectedReturnType, "two answers"))?;
    let nodes = String::from_redis_value(nodes.extract_error()?)?;
    let view = view(address, &nodes, slots.extract_error()?)
        .ok_or((redis::ErrorKind::UnexpectedReturnType, "CLUSTER SLOTS has another form"))?;
    *connection = Some(open);
    Ok(view)
}

/// What a node's answers to CLUSTER NODES and CLUSTER SLOTS say: the one has the epochs, the other the addresses by
/// which clients should come.
fn view(asked: &Address, nodes: &str, slots: Value) -> Option<View> {
    let epochs: HashMap<&str, u64> = nodes
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(' ');
            Some((fields.next()?, fields.nth(5)?.parse().ok()?))
        })
        .collect();
    let mut view = View::default();
    let mut ranges = Parts::of(slots).ok()?;
    while ranges.remaining() > 0 {
        let mut range = Parts::of(ranges.next().ok()?).ok()?;
        let first = usize::try_from(range.number().ok()?).ok()?;
        let last = usize::try_from(range.number().ok()?).ok()?;
        let mut owner = None;
        while range.remaining() > 0 {
            let mut node = Parts::of(range.next().ok()?).ok()?;
            // Nil: the host over which the question came.
            let host = node.text().ok()?.unwrap_or_else(|| asked.host.clone());
            let port = u16::try_from(node.number().ok()?).ok()?;
            let id = node.text().ok()?.unwrap_or_default();
            let address = match host.as_str() {
                "" => Address { host: asked.host.clone(), port },
                // A node that doesn't know its own name yet.
                "?" => continue,
                _ => Address { host, port },
            };
            owner.get_or_insert_with(|| {
                (epochs.get(id.as_str()).copied().unwrap_or_default(), address.clone())
            });
            view.addresses.push(address);
        }
        if let Some((epoch, owner)) = owner {
            view.ranges.push((first, last, epoch, owner));
        }
    }
    view.addresses.sort_by(|a, b| (&a.host, a.port).cmp(&(&b.host, b.port)));
    view.addresses.dedup();
    Some(view)
}

#[cfg(test)]
mod tests {
    use redis::parse_redis_value;

    use super::*;

    #[test]
    fn a_nodes_view_has_ranges_with_epochs_and_all_addresses() {
        let nodes = "\
            aa 10.0.0.1:7000@17000,host-1 myself,master - 0 0 3 connected 0-5\n\
            bb 10.0.0.2:7000@17000 slave aa 0 0 3 connected\n\
            cc 10.0.0.3:7000@17000 master - 0 0 9 connected 6-16383\n";
        let slots = b"*2\r\n\
            *4\r\n:0\r\n:5\r\n\
            *4\r\n$-1\r\n:7000\r\n$2\r\naa\r\n*0\r\n\
            *4\r\n$8\r\n10.0.0.2\r\n:7000\r\n$2\r\nbb\r\n*0\r\n\
            *3\r\n:6\r\n:16383\r\n\
            *4\r\n$8\r\n10.0.0.3\r\n:7000\r\n$2\r\ncc\r\n*0\r\n";
        let asked = Address { host: "seed".to_owned(), port: 1 };
        let address = |host: &str| Address { host: host.to_owned(), port: 7000 };
        let found = view(&asked, nodes, parse_redis_value(slots).expect("an answer")).expect("a view");
        assert_eq!(found.ranges, [(0, 5, 3, address("seed")), (6, 16383, 9, address("10.0.0.3"))]);
        assert_eq!(found.addresses, [address("10.0.0.2"), address("10.0.0.3"), address("seed")]);
    }
}
