-- The account's usage hash: `entries`, and the requests of each month under the unix second at which it ends. Returns
-- that second of the month of `now`: `guess`, where that is plain to see.
local function month_of(now, guess)
  local ends = guess * 1000000
  if now < ends and now >= ends - 2419200000000 then return guess end

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
  return string.format('%.0f', month_start(month_start(floor(now / 86400000000)) + 31) * 86400)
end
