-- Charges up to n requests, never above the limit.
-- KEYS usage
-- ARGV now, n, request limit or ''
-- Returns {granted, requests, resets, entries}
local requests, resets, entries = this_month(KEYS[1], micros(ARGV[1]))
local granted, limit = tonumber(ARGV[2]), tonumber(ARGV[3])
if limit then granted = math.max(0, math.min(granted, limit - requests)) end
if granted > 0 then requests = redis.call('HINCRBY', KEYS[1], 'requests', granted) end
return { granted, requests, resets, entries }
