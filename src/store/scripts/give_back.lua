-- Returns what was taken and not used, unless the month has turned since.
-- KEYS usage
-- ARGV n, the `resets` that came with what was taken
-- Returns 1 where it was taken back
local requests, resets = unpack(redis.call('HMGET', KEYS[1], 'requests', 'resets'))
if resets ~= ARGV[2] then return 0 end
-- Never below nothing: after a crash or a failover Redis may have forgotten that it was taken.
redis.call('HSET', KEYS[1], 'requests', math.max(0, tonumber(requests or 0) - tonumber(ARGV[1])))
return 1
