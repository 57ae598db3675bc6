-- Notes what somebody did, and forgets the oldest beyond the most that are kept.
-- KEYS history, board
-- ARGV now, the most, the note
-- Returns 1, or 0 where the leaderboard is not there
if redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
local now = micros(ARGV[1])
redis.call('ZADD', KEYS[1], now, string.format('%.0f ', now) .. ARGV[3])
local over = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[2])
if over > 0 then redis.call('ZREM', KEYS[1], unpack(redis.call('ZRANGE', KEYS[1], 0, over - 1))) end
return 1
