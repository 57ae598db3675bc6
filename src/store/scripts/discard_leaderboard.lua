-- Removes all that is stored of a leaderboard whose account doesn't serve.
-- KEYS transit, leaderboards, usage, board, ranking, pending ranking, entries, history
-- ARGV token, leaderboard
-- Returns 1, or 0 where the token is another one
local transit, leaderboards, usage, board, ranking, pending, entries, history = unpack(KEYS)
if redis.call('HGET', transit, 'token') ~= ARGV[1] then return 0 end
redis.call('HINCRBY', usage, 'entries', 0 - redis.call('HLEN', entries))
redis.call('ZREM', leaderboards, ARGV[2])
redis.call('UNLINK', board, ranking, pending, entries, history)
return 1
