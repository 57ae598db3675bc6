-- Counts an attempt, in a window that begins with the first one.
-- KEYS attempts
-- ARGV now, the most that there may be, milliseconds that the window is long
-- Returns 0 where the attempt may be made, or the milliseconds until the next one may
local now, most, window = math.floor(micros(ARGV[1]) / 1000), tonumber(ARGV[2]), tonumber(ARGV[3])
local made, ends = 0, now + window
local stored = redis.call('GET', KEYS[1])
if stored then
  local count, until_then = string.match(stored, '^(%d+) (%d+)$')
  if tonumber(until_then) > now then made, ends = tonumber(count), tonumber(until_then) end
end
if made >= most then return ends - now end
redis.call('SET', KEYS[1], string.format('%d %.0f', made + 1, ends), 'PX', ends - now)
return 0
