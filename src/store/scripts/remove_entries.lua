-- Removes players' entries and keeps them apart for a while, as they were.
-- KEYS board, ranking, pending ranking, entries, usage, removed
-- ARGV now, channel, milliseconds to keep them, then the players
-- Returns how many were there, or -1 where the leaderboard is not there
local board, ranking, pending, entries, usage, removed = unpack(KEYS)
local now, channel = micros(ARGV[1]), ARGV[2]
local order, seq, at, rebuilding = unpack(redis.call('HMGET', board, 'order', 'seq', 'at', 'pending'))
if not order then return -1 end
local last, gone = { seq = tonumber(seq), at = tonumber(at) }, 0
local players = { unpack(ARGV, 4) }
for i, stored in ipairs(redis.call('HMGET', entries, unpack(players))) do
  if stored then
    local player, old_seq = players[i], unpack_entry(stored).seq
    local item = member(order, old_seq, player)
    local rank = rank_of(order, ranking, item)
    redis.call('HSET', removed, player, stored)
    redis.call('ZREM', ranking, item)
    if rebuilding then redis.call('ZREM', pending, member(rebuilding, old_seq, player)) end
    redis.call('HDEL', entries, player)
    publish(board, channel, 3, last, now,
      { player = player, old = stored, old_rank = rank, total = redis.call('ZCARD', ranking) })
    last, gone = { seq = last.seq + 1, at = now }, gone + 1
  end
end
if gone > 0 then
  redis.call('HINCRBY', usage, 'entries', -gone)
  redis.call('PEXPIRE', removed, ARGV[3])
end
return gone
