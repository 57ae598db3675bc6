-- Returns what was taken and not used to the month that it was taken from.
-- KEYS usage
-- ARGV n, when that month ends
-- Returns 1 where it was taken back
local requests = redis.call('HGET', KEYS[1], ARGV[2])
if not requests then return 0 end
-- Never below nothing: after a crash or a failover Redis may have forgotten that it was taken.
redis.call('HSET', KEYS[1], ARGV[2], math.max(0, requests - ARGV[1]))
return 1
