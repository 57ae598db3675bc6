-- Brings the next few entries into the ranking of the pending order; after the last ones, switches over.
-- Writes go to both rankings meanwhile, so an entry that HSCAN shows twice or late does no harm.
-- KEYS board, ranking, pending ranking, entries
-- ARGV now, channel, entries a call, replica, milliseconds for which the job is this replica's
-- Returns more, switched, none, or busy where another replica is at it
local board, ranking, pending, entries = unpack(KEYS)
local now, channel, count, replica, ttl = micros(ARGV[1]), ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local head, last_seq, _, order = head_of(board)
if not order then return 'none' end
local cursor, runner, lapses = unpack(redis.call('HMGET', board, 'cursor', 'runner', 'lapses'))
if runner and runner ~= replica and tonumber(lapses) > now then return 'busy' end

local scan = redis.call('HSCAN', entries, cursor, 'COUNT', count)
local batch = {}
for i = 1, #scan[2], 2 do
  local entry_seq, score = struct.unpack('>I8d', scan[2][i + 1])
  batch[#batch + 1] = string.format('%.17g', score)
  batch[#batch + 1] = member(order, entry_seq, scan[2][i])
  if #batch >= 2000 or i + 2 > #scan[2] then
    redis.call('ZADD', pending, unpack(batch))
    batch = {}
  end
end
-- A cursor is worth nothing after a restart or a failover, where keys hash differently: then some are still missing.
local complete = scan[1] == '0' and redis.call('ZCARD', pending) >= redis.call('HLEN', entries)
if not complete then
  redis.call('HSET', board, 'cursor', scan[1], 'runner', replica, 'lapses', now + ttl * 1000)
  return 'more'
end

-- UNLINK first: a RENAME over a large live set frees it in the foreground.
redis.call('UNLINK', ranking)
if redis.call('EXISTS', pending) == 1 then redis.call('RENAME', pending, ranking) end
redis.call('HDEL', board, 'cursor', 'runner', 'lapses')
head = string.sub(head, 1, 16) .. order .. string.sub(head, 18, 18) .. '-'
publish(board, channel, '\5', head, last_seq + 1, now)
return 'switched'
