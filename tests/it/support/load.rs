//! Fills leaderboards faster than HTTP can: with the submit script itself, pipelined.

use rand::{RngExt, SeedableRng, rngs::StdRng};
use redis::Script;

use super::{
    model::Player,
    world::{Board, World},
};

const SUBMIT: &str = concat!(
    include_str!("../../../src/store/scripts/shared/clock.lua"),
    include_str!("../../../src/store/scripts/shared/quota.lua"),
    include_str!("../../../src/store/scripts/shared/member.lua"),
    include_str!("../../../src/store/scripts/shared/event.lua"),
    include_str!("../../../src/store/scripts/submit.lua"),
);

/// Players with names of ten characters and scores that many share.
pub fn players(n: usize) -> Vec<Player> {
    let mut rng = StdRng::seed_from_u64(n as u64);
    (0..n)
        .map(|index| Player {
            id: uuid::Builder::from_random_bytes(rng.random()).into_uuid(),
            name: format!("P{index:09}"),
            score: f64::from(rng.random_range(0..n.div_ceil(20) as u32)),
        })
        .collect()
}

/// Submits these scores in this order.
pub async fn fill(world: &World, board: &Board, players: &[Player], metadata: &str) {
    let mut connection = world.redis().await;
    let keys = world.keys(board);
    let script = Script::new(SUBMIT);
    let hash: String =
        redis::cmd("SCRIPT").arg("LOAD").arg(SUBMIT).query_async(&mut connection).await.expect("load");
    assert_eq!(hash, script.get_hash());
    for players in players.chunks(500) {
        let mut pipeline = redis::pipe();
        for Player { id, name, score } in players {
            pipeline.cmd("EVALSHA").arg(&hash).arg(5);
            pipeline.arg(&[&keys.board, &keys.ranking, &keys.pending, &keys.entries, &keys.usage]);
            pipeline.arg(&["", "", "", &keys.channel]);
            pipeline.arg(id.as_bytes()).arg(name).arg(score.to_string()).arg(metadata).ignore();
        }
        let () = pipeline.query_async(&mut connection).await.expect("submissions");
    }
}
