-- One player's entry and rank in one atomic read.
-- KEYS board, ranking, entries
-- ARGV player
-- Returns {head, total, entry or '', rank or 0}; {} where the leaderboard is not there
local head, _, order = head_of(KEYS[1])
if not head then return {} end
local stored = redis.call('HGET', KEYS[3], ARGV[1])
local rank = stored and rank_of(order, KEYS[2], member(order, struct.unpack('>I8', stored), ARGV[1])) or 0
return { head, redis.call('ZCARD', KEYS[2]), stored or '', rank }
