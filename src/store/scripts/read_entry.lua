-- One player's entry and rank in one atomic read.
-- KEYS board, ranking, entries
-- ARGV player
-- Returns {order, last id, total, entry or '', rank or 0}; {} where the leaderboard is not there
local order, last = unpack(redis.call('HMGET', KEYS[1], 'order', 'last'))
if not order then return {} end
local stored = redis.call('HGET', KEYS[3], ARGV[1])
local rank = stored and rank_of(order, KEYS[2], member(order, struct.unpack('>I8', stored), ARGV[1])) or 0
return { order, last, redis.call('ZCARD', KEYS[2]), stored or '', rank }
