-- The account's usage hash: `requests` of the month that ends at `resets` (unix seconds), `entries`. Returns the three,
-- the last as it is stored. Where another month has begun since, it begins at 0.
local function this_month(usage, now)
  local requests, resets, entries = unpack(redis.call('HMGET', usage, 'requests', 'resets', 'entries'))
  if resets and now < resets * 1000000 then return (requests or 0) + 0, resets + 0, entries or 0 end

  local floor = math.floor
  -- First day of the month that holds a day (both in days since the epoch), by the civil calendar.
  local function month_start(day)
    local z = day + 719468
    local doe = z - floor(z / 146097) * 146097
    local yoe = floor((doe - floor(doe / 1460) + floor(doe / 36524) - floor(doe / 146096)) / 365)
    local doy = doe - (365 * yoe + floor(yoe / 4) - floor(yoe / 100))
    local month = floor((5 * doy + 2) / 153)
    return day - (doy - floor((153 * month + 2) / 5))
  end
  resets = month_start(month_start(floor(now / 86400000000)) + 31) * 86400
  redis.call('HSET', usage, 'requests', 0, 'resets', resets)
  return 0, resets, entries or 0
end
