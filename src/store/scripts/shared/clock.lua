-- Microseconds since the epoch: Redis' own clock, or what a test gave.
local function micros(given)
  if given and given ~= '' then return given + 0 end
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end
