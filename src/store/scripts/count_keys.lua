-- Adds to how often keys were used on this day. What is stored of a key: the last day (4 bytes), when it was last used
-- (8 bytes, seconds), and the requests of each kept day, the last one first (4 bytes each).
-- KEYS record of the account, keys, uses of keys
-- ARGV day, seconds, days that are kept, then ids of keys and requests, in turn
-- Returns 1, or 0 where the account is not there, or not any more
local day, seconds, kept = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
for i = 4, #ARGV, 2 do
  local id = ARGV[i]
  if redis.call('HEXISTS', KEYS[2], id) == 1 then
    local stored = redis.call('HGET', KEYS[3], id)
    local last, used, counts = day, 0, ''
    if stored then
      last, used = struct.unpack('>I4I8', stored)
      counts = string.sub(stored, 13)
    end
    -- A replica whose clock is behind counts to the newest day.
    if day > last then
      counts, last = string.rep('\0', 4 * math.min(day - last, kept)) .. counts, day
    end
    if counts == '' then counts = '\0\0\0\0' end
    local today = math.min(struct.unpack('>I4', counts) + ARGV[i + 1], 4294967295)
    counts = struct.pack('>I4', today) .. string.sub(counts, 5, 4 * kept)
    redis.call('HSET', KEYS[3], id, struct.pack('>I4I8', last, math.max(used, seconds)) .. counts)
  end
end
return 1
