-- The account's usage hash: `requests` of the month that ends at `resets` (unix seconds), `entries`.
-- First day of the month that holds a day (both in days since the epoch), by the civil calendar.
local function month_start(day)
  local floor = math.floor
  local z = day + 719468
  local doe = z - floor(z / 146097) * 146097
  local yoe = floor((doe - floor(doe / 1460) + floor(doe / 36524) - floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + floor(yoe / 4) - floor(yoe / 100))
  local month = floor((5 * doy + 2) / 153)
  return day - (doy - floor((153 * month + 2) / 5))
end

local function read_usage(key, now)
  local stored = redis.call('HMGET', key, 'requests', 'resets', 'entries')
  local used = { key = key, requests = tonumber(stored[1] or 0), resets = tonumber(stored[2] or 0),
    entries = tonumber(stored[3] or 0) }
  if now >= used.resets * 1000000 then
    used.begins, used.requests = true, 0
    used.resets = month_start(month_start(math.floor(now / 86400000000)) + 31) * 86400
  end
  return used
end

local function spend(used, requests, entries)
  used.requests = used.requests + requests
  used.entries = used.entries + entries
  if used.begins then
    redis.call('HSET', used.key, 'requests', used.requests, 'resets', used.resets, 'entries', used.entries)
  elseif entries == 0 then
    redis.call('HSET', used.key, 'requests', used.requests)
  else
    redis.call('HSET', used.key, 'requests', used.requests, 'entries', used.entries)
  end
end
