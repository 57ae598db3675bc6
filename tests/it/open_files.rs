//! How many connections a replica can hold.

use tokio::{net::TcpStream, time::timeout};

use crate::support::{PATIENCE, world::World};

#[tokio::test(flavor = "multi_thread")]
async fn more_connections_than_the_soft_limit_of_open_files_are_served() {
    let program = World::new().process().open_files(64).start_ready().await;
    let mut held = Vec::new();
    for _ in 0..128 {
        held.push(TcpStream::connect(program.address().await).await.expect("a connection"));
    }
    // Accepted after all of those.
    let answer = timeout(PATIENCE, program.api("none").await.get("/leaderboard")).await;
    assert_eq!(answer.expect("an answer").status, 401);
}
