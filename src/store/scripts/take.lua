-- Charges up to n requests, never above the limit.
-- KEYS usage
-- ARGV now, n, request limit or ''
-- Returns {granted, requests, resets, entries}
local used = read_usage(KEYS[1], micros(ARGV[1]))
local n, limit = tonumber(ARGV[2]), tonumber(ARGV[3])
local granted = limit and math.max(0, math.min(n, limit - used.requests)) or n
if granted > 0 then spend(used, granted, 0) end
return { granted, used.requests, used.resets, used.entries }
