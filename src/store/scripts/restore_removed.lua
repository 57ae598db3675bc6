-- Puts removed entries back at the places that they had; who has played again since keeps the new entry.
-- KEYS board, ranking, pending ranking, entries, usage, removed
-- ARGV now, channel, entry limit or '', entries a call
-- Returns {restored, left}; {-1} where the leaderboard is not there, {-2} where the plan is full
local board, ranking, pending, entries, usage, removed = unpack(KEYS)
local now, channel, limit = micros(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local order, seq, at, rebuilding = unpack(redis.call('HMGET', board, 'order', 'seq', 'at', 'pending'))
if not order then return { -1 } end
local last, back = { seq = tonumber(seq), at = tonumber(at) }, 0
local cursor, kept = '0', nil
-- A hash that was larger has empty places.
repeat cursor, kept = unpack(redis.call('HSCAN', removed, cursor, 'COUNT', ARGV[4])) until #kept > 0 or cursor == '0'
local used = tonumber(redis.call('HGET', usage, 'entries') or 0)
if limit and used + #kept / 2 > limit then return { -2 } end
for i = 1, #kept, 2 do
  local player, stored = kept[i], kept[i + 1]
  if redis.call('HEXISTS', entries, player) == 0 then
    local entry = unpack_entry(stored)
    local text = string.format('%.17g', entry.score)
    redis.call('HSET', entries, player, stored)
    redis.call('ZADD', ranking, text, member(order, entry.seq, player))
    if rebuilding then redis.call('ZADD', pending, text, member(rebuilding, entry.seq, player)) end
    publish(board, channel, 1, last, now, { player = player, new = stored,
      new_rank = rank_of(order, ranking, member(order, entry.seq, player)), total = redis.call('ZCARD', ranking) })
    last, back = { seq = last.seq + 1, at = now }, back + 1
  end
  redis.call('HDEL', removed, player)
end
if back > 0 then redis.call('HINCRBY', usage, 'entries', back) end
return { back, redis.call('HLEN', removed) }
