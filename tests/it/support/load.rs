//! Fills leaderboards faster than HTTP can: with the submit script itself, pipelined, or many entries a script.

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

/// New entries as `submit.lua` stores them, without an event and without asking for ranks.
const POUR: &str = concat!(
    include_str!("../../../src/store/scripts/shared/member.lua"),
    "local board, ranking, entries, usage = unpack(KEYS)
    local order, last = unpack(redis.call('HMGET', board, 'order', 'last'))
    local seq, time = struct.unpack('>I8', last), redis.call('TIME')
    local now, fields, members = time[1] * 1e6 + time[2], {}, {}
    for i = 2, #ARGV, 3 do
      local player, name, score = ARGV[i], ARGV[i + 1], ARGV[i + 2]
      seq = seq + 1
      fields[#fields + 1], fields[#fields + 2] = player,
        struct.pack('>I8dI8I8Bc0', seq, score + 0, now, now, #name, name) .. ARGV[1]
      members[#members + 1], members[#members + 2] = score, member(order, seq, player)
    end
    redis.call('ZADD', ranking, unpack(members))
    redis.call('HSET', entries, unpack(fields))
    redis.call('HINCRBY', usage, 'entries', #fields / 2)
    redis.call('HSET', board, 'last', struct.pack('>I8I8', seq, now))",
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

/// Puts players on the leaderboard who are not there yet: tens of times as fast as [`fill`], and nobody hears of it.
pub async fn pour(world: &World, board: &Board, players: impl Iterator<Item = Player>, metadata: &str) {
    let mut connection = world.redis().await;
    let keys = world.keys(board);
    let script = Script::new(POUR);
    let mut players = players.peekable();
    while players.peek().is_some() {
        let mut call = script.key(&keys.board);
        call.key(&keys.ranking).key(&keys.entries).key(&keys.usage).arg(metadata);
        for Player { id, name, score } in players.by_ref().take(1000) {
            call.arg(id.as_bytes()).arg(name).arg(score.to_string());
        }
        let () = call.invoke_async(&mut connection).await.expect("entries");
    }
}
