-- Returns what was taken and not used, unless the month has turned since.
-- KEYS usage
-- ARGV n, the `resets` that came with what was taken
-- Returns 1 where it was taken back
if redis.call('HGET', KEYS[1], 'resets') ~= ARGV[2] then return 0 end
redis.call('HINCRBY', KEYS[1], 'requests', -tonumber(ARGV[1]))
return 1
