//! Fills leaderboards faster than HTTP can: with the submit script itself, pipelined, or many entries a script.

use rand::{RngExt, SeedableRng, rngs::StdRng};
use redis::{AsyncCommands, Script};

use super::{
    model::Player,
    world::{Board, World},
};

const SUBMIT: &str = concat!(
    include_str!("../../../src/store/scripts/shared/clock.lua"),
    include_str!("../../../src/store/scripts/shared/quota.lua"),
    include_str!("../../../src/store/scripts/shared/member.lua"),
    include_str!("../../../src/store/scripts/shared/policy.lua"),
    include_str!("../../../src/store/scripts/submit.lua"),
);

/// New entries as `submit.lua` stores them, without an event and without asking for ranks.
const POUR: &str = concat!(
    include_str!("../../../src/store/scripts/shared/member.lua"),
    include_str!("../../../src/store/scripts/shared/head.lua"),
    "local board, ranking, entries, usage = unpack(KEYS)
    local head, seq, order = head_of(board)
    local time = redis.call('TIME')
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
    redis.call('HSET', board, 'head', struct.pack('>I8I8', seq, now) .. string.sub(head, 17))",
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
            let length = u8::try_from(name.len()).expect("a short name");
            let named = [&[length], name.as_bytes(), metadata.as_bytes()].concat();
            // As of a clock that stands at the epoch.
            pipeline
                .arg(&keys.channel)
                .arg(id.as_bytes())
                .arg(score.to_string())
                .arg(named)
                .arg(&["0", "", ""])
                .ignore();
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

/// Leaves a leaderboard as a change to the ascending order does that has just begun.
pub async fn begin_ascending(redis: &mut impl AsyncCommands, board: &str) {
    let mut head: Vec<u8> = redis.hget(board, "head").await.expect("a head");
    *head.last_mut().expect("a head") = b'a';
    let () = redis.hset(board, "head", head).await.expect("a hash");
}
