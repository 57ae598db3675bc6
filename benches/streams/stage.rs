//! A replica in a process of its own, with leaderboards to listen to.

use std::net::SocketAddr;

use rankora::domain::leaderboard::{Policy, SortOrder};

use super::{
    audience::Audience,
    support::{
        load::{self, players},
        model::Player,
        process::Process,
        redis::Server,
        scrape::Scrape,
        world::{Board, World},
    },
};

/// Entries on each leaderboard.
const ENTRIES: usize = 1_000;

pub struct Stage {
    pub redis: Server,
    pub rankora: Process,
    pub address: SocketAddr,
    pub boards: Vec<Board>,
    pub players: Vec<Player>,
}

impl Stage {
    /// With so many leaderboards of one account, each with the same entries.
    pub async fn set(boards: usize) -> Self {
        let redis = Server::start(&[]);
        let world = World::on(&redis).with_options(&[
            "--max-connections",
            "50000",
            "--metrics-listen",
            "127.0.0.1:0",
        ]);
        let replica = world.replica().await;
        let account = replica.account("unlimited").await;
        let (mut all, players) = (Vec::new(), players(ENTRIES));
        for _ in 0..boards {
            let board = replica.board_of(&account, SortOrder::Desc, Policy::Latest).await;
            load::pour(&world, &board, players.iter().cloned(), r#"{"level":12,"country":"DE"}"#).await;
            all.push(board);
        }
        replica.stop().await;
        let rankora = world.process().start();
        rankora.ready().await;
        let address = rankora.address().await;
        Self { redis, rankora, address, boards: all, players }
    }

    /// Opens so many streams, on all leaderboards as many.
    pub fn gather(&self, streams: usize) -> Audience {
        let keys: Vec<_> = self.boards.iter().map(|board| board.publishable.clone()).collect();
        tokio::task::block_in_place(|| Audience::gather(self.address, &keys, streams))
    }

    /// How often a stream had to read its page anew because it had missed something.
    pub async fn resyncs(&self) -> f64 {
        Scrape::of(&self.rankora).await.find("rankora_stream_resyncs_total").unwrap_or(0.0)
    }
}
