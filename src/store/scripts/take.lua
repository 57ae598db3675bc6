-- Charges up to n requests, never above the limit.
-- KEYS usage
-- ARGV now, month as the caller's clock has it, n, request limit or ''
-- Returns {granted, requests, when the month ends, entries}
local usage, month = KEYS[1], month_of(micros(ARGV[1]), ARGV[2])
local requests, entries = unpack(redis.call('HMGET', usage, month, 'entries'))
requests = tonumber(requests or 0)
local granted, limit = tonumber(ARGV[3]), tonumber(ARGV[4])
if limit then granted = math.max(0, math.min(granted, limit - requests)) end
if granted > 0 then
  requests = redis.call('HINCRBY', usage, month, granted)
  -- The month before stays for a while, so that what is given back late is not this month's.
  if redis.call('HLEN', usage) > 3 then
    local fields = redis.call('HSCAN', usage, '0')[2]
    for i = 1, #fields, 2 do
      if (tonumber(fields[i]) or math.huge) < month - 2678400 then redis.call('HDEL', usage, fields[i]) end
    end
  end
end
return { granted, requests, tonumber(month), entries or 0 }
