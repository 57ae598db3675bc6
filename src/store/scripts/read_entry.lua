-- One player's entry and rank in one atomic read.
-- KEYS board, ranking, entries
-- ARGV player
-- Returns {order, seq, at, total, entry or '', rank or 0}; {} where the leaderboard is not there
local order, seq, at = unpack(redis.call('HMGET', KEYS[1], 'order', 'seq', 'at'))
if not order then return {} end
local stored = redis.call('HGET', KEYS[3], ARGV[1])
local rank = stored and rank_of(order, KEYS[2], member(order, unpack_entry(stored).seq, ARGV[1])) or 0
return { order, seq, at, redis.call('ZCARD', KEYS[2]), stored or '', rank }
