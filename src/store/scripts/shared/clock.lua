-- Microseconds since the epoch: Redis' own clock, or what a test gave.
local function micros(given)
  if given ~= '' then return tonumber(given) end
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000000 + tonumber(t[2])
end
