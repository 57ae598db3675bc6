//! The network between nodes and to their clients, as a switch whose links can be cut.
//!
//! A node is found at an address of the switch, which passes everything on to the node's own. Who connects is told by
//! the address that it connects from: each node has one of its own, clients have the usual one.

use std::{
    collections::HashSet,
    net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    runtime::{Builder, Runtime},
    sync::watch,
};

use super::network::{BUS_PORT, Network, PORT};

/// Who is at one end of a link.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Peer {
    /// A node, by its number.
    Node(u8),
    /// Whoever isn't a node.
    Client,
}

/// What passes everything on between the nodes, and between them and their clients.
pub struct Switch {
    cuts: watch::Sender<Cuts>,
    /// Its own, so that it works however busy a test is, and longer than a test where several share it.
    runtime: Option<Runtime>,
}

/// From whom to whom nothing gets through.
type Cuts = HashSet<(Peer, Peer)>;

impl Switch {
    /// Listens at the announced addresses of these nodes.
    pub fn start(network: Network, numbers: &[u8]) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let (cuts, watching) = watch::channel(Cuts::new());
        for &number in numbers {
            for port in [PORT, BUS_PORT] {
                let listener = std::net::TcpListener::bind((network.announced(number, true), port));
                let listener = listener.expect("an address of the switch");
                listener.set_nonblocking(true).expect("a listener");
                let link = Link { network, to: number, port, cuts: watching.clone() };
                runtime.spawn(link.accept(listener));
            }
        }
        Self { cuts, runtime: Some(runtime) }
    }

    /// From now on nothing gets through between these two: connections stay open and silent, new ones hang.
    pub fn cut(&self, one: Peer, other: Peer) {
        self.cuts.send_modify(|cuts| cuts.extend([(one, other), (other, one)]));
    }

    /// The same in one direction.
    pub fn cut_one_way(&self, from: Peer, to: Peer) {
        self.cuts.send_modify(|cuts| cuts.extend([(from, to)]));
    }

    /// Cuts all links between these two groups.
    pub fn part(&self, some: &[Peer], others: &[Peer]) {
        for &one in some {
            others.iter().for_each(|&other| self.cut(one, other));
        }
    }

    /// Mends the link between these two. What was sent meanwhile arrives late.
    pub fn heal(&self, one: Peer, other: Peer) {
        self.cuts.send_modify(|cuts| cuts.retain(|link| *link != (one, other) && *link != (other, one)));
    }

    /// Mends all links.
    pub fn heal_all(&self) {
        self.cuts.send_modify(HashSet::clear);
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        // It may be dropped where nothing may block.
        self.runtime.take().expect("dropped once").shutdown_background();
    }
}

/// One port of a node.
#[derive(Clone)]
struct Link {
    network: Network,
    to: u8,
    port: u16,
    cuts: watch::Receiver<Cuts>,
}

impl Link {
    async fn accept(self, listener: std::net::TcpListener) {
        let listener = TcpListener::from_std(listener).expect("a listener");
        loop {
            match listener.accept().await {
                Ok((client, from)) => drop(tokio::spawn(self.clone().connect(client, from))),
                // No file descriptors are left, say.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    async fn connect(self, client: TcpStream, from: SocketAddr) {
        let from = match from.ip() {
            IpAddr::V4(address) => self.network.number(address).map_or(Peer::Client, Peer::Node),
            IpAddr::V6(_) => Peer::Client,
        };
        let to = Peer::Node(self.to);
        passes(&mut self.cuts.clone(), from, to).await;
        passes(&mut self.cuts.clone(), to, from).await;
        let node: Ipv4Addr = self.network.node(self.to);
        let Ok(node) = TcpStream::connect(SocketAddrV4::new(node, self.port)).await else {
            // Nobody is there: what it looks like without a switch.
            let _ = client.set_zero_linger();
            return;
        };
        let (_, _) = (client.set_nodelay(true), node.set_nodelay(true));
        let (from_client, to_client) = client.into_split();
        let (from_node, to_node) = node.into_split();
        tokio::spawn(pass_on(from_client, to_node, self.cuts.clone(), from, to));
        pass_on(from_node, to_client, self.cuts, to, from).await;
    }
}

/// Passes bytes on, and in the end the end; holds both while the link is cut.
async fn pass_on(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut cuts: watch::Receiver<Cuts>,
    sender: Peer,
    receiver: Peer,
) {
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let read = from.read(&mut bytes).await.unwrap_or(0);
        passes(&mut cuts, sender, receiver).await;
        if read == 0 || to.write_all(&bytes[..read]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}

/// Waits until the link isn't cut.
async fn passes(cuts: &mut watch::Receiver<Cuts>, from: Peer, to: Peer) {
    // Closed only where the switch ends, and this task with it.
    let _ = cuts.wait_for(|cuts| !cuts.contains(&(from, to))).await;
}
