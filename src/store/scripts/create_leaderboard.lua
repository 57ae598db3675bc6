-- Creates a leaderboard where the account's plan has room for one.
-- KEYS board, leaderboards, record
-- ARGV now, limit or '', id, name, format, secret of the handles, order and policy as the head has them, decimals, unit
--   the last two '' for none
-- Returns 1, 0 where the limit is reached, or -1 where the account is not there
local now, limit = micros(ARGV[1]), tonumber(ARGV[2])
if redis.call('EXISTS', KEYS[3]) == 0 then return -1 end
if limit and redis.call('ZCARD', KEYS[2]) >= limit then return 0 end
redis.call('HSET', KEYS[1], 'name', ARGV[4], 'format', ARGV[5], 'secret', ARGV[6], 'created', now,
  'head', struct.pack('>I8I8', 0, now) .. ARGV[7] .. '-')
if ARGV[8] ~= '' then redis.call('HSET', KEYS[1], 'decimals', ARGV[8]) end
if ARGV[9] ~= '' then redis.call('HSET', KEYS[1], 'unit', ARGV[9]) end
redis.call('ZADD', KEYS[2], now, ARGV[3])
return 1
