-- Removes one player's entry. Frees memory before it writes, so that it works when Redis is full.
-- KEYS board, ranking, pending ranking, entries, usage
-- ARGV now, request limit or '', channel, player
-- Returns {status, requests, resets}; status: ok, missing, quota; {'gone'} where the leaderboard is not there
local board, ranking, pending, entries, usage = unpack(KEYS)
local now, request_limit, channel, player = micros(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4]

local order, seq, at, rebuilding = unpack(redis.call('HMGET', board, 'order', 'seq', 'at', 'pending'))
if not order then return { 'gone' } end
local used = read_usage(usage, now)
if request_limit and used.requests >= request_limit then return { 'quota', used.requests, used.resets } end
local stored = redis.call('HGET', entries, player)
if not stored then
  spend(used, 1, 0)
  return { 'missing', used.requests, used.resets }
end

local item = member(order, unpack_entry(stored).seq, player)
local rank = rank_of(order, ranking, item)
redis.call('ZREM', ranking, item)
if rebuilding then redis.call('ZREM', pending, member(rebuilding, unpack_entry(stored).seq, player)) end
redis.call('HDEL', entries, player)
spend(used, 1, -1)
publish(board, channel, 3, { seq = tonumber(seq), at = tonumber(at) }, now,
  { player = player, old = stored, old_rank = rank, total = redis.call('ZCARD', ranking) })
return { 'ok', used.requests, used.resets }
