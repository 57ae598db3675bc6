-- Removes a leaderboard with its entries and its keys' records, and gives their places back.
-- KEYS board, ranking, pending ranking, entries, usage, leaderboards, keys, history
-- ARGV now, channel, id, then the ids of the leaderboard's keys
-- Returns 1, or 0 where the leaderboard is not there
local board, ranking, pending, entries, usage, leaderboards, keys, history = unpack(KEYS)
local now = micros(ARGV[1])
local head, last_seq = head_of(board)
if not head then return 0 end
local removed = redis.call('HLEN', entries)
redis.call('UNLINK', ranking, pending, entries)
redis.call('ZREM', leaderboards, ARGV[3])
for i = 4, #ARGV do redis.call('HDEL', keys, ARGV[i]) end
redis.call('HINCRBY', usage, 'entries', 0 - removed)
publish(board, ARGV[2], '\6', head, last_seq + 1, now)
redis.call('UNLINK', board, history)
return 1
