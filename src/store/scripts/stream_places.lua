-- Sets how many streams a replica holds open for an account; the count lapses when it isn't renewed.
-- KEYS places
-- ARGV now, replica, its streams, milliseconds to live, limit over all replicas or ''
-- Returns {1 where it was set, streams on all replicas}; nothing changes where the limit is passed
local now, replica, own, ttl, limit = micros(ARGV[1]), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local total = own
local stored = redis.call('HGETALL', KEYS[1])
for i = 1, #stored, 2 do
  local count, expires = string.match(stored[i + 1], '^(%d+) (%d+)$')
  if tonumber(expires) <= now then
    redis.call('HDEL', KEYS[1], stored[i])
  elseif stored[i] ~= replica then
    total = total + tonumber(count)
  end
end
if limit and total > limit then return { 0, total } end
if own == 0 then
  redis.call('HDEL', KEYS[1], replica)
else
  redis.call('HSET', KEYS[1], replica, string.format('%d %.0f', own, now + ttl * 1000))
end
return { 1, total }
