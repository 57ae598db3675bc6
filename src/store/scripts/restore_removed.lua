-- Puts removed entries back at the places that they had; who has played again since keeps the new entry.
-- KEYS board, ranking, pending ranking, entries, usage, removed
-- ARGV now, channel, entry limit or '', entries a call
-- Returns {restored, left}; {-1} where the leaderboard is not there, {-2} where the plan is full
local board, ranking, pending, entries, usage, removed = unpack(KEYS)
local now, channel, limit = micros(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local head, last_seq, order, rebuilding = head_of(board)
if not head then return { -1 } end
local seq, back = last_seq, 0
local cursor, kept = '0', nil
-- A hash that was larger has empty places.
repeat cursor, kept = unpack(redis.call('HSCAN', removed, cursor, 'COUNT', ARGV[4])) until #kept > 0 or cursor == '0'
local used = tonumber(redis.call('HGET', usage, 'entries') or 0)
if limit and used + #kept / 2 > limit then return { -2 } end
for i = 1, #kept, 2 do
  local player, stored = kept[i], kept[i + 1]
  if redis.call('HEXISTS', entries, player) == 0 then
    local entry_seq, score = struct.unpack('>I8d', stored)
    local text, item = string.format('%.17g', score), member(order, entry_seq, player)
    redis.call('HSET', entries, player, stored)
    redis.call('ZADD', ranking, text, item)
    if rebuilding then redis.call('ZADD', pending, text, member(rebuilding, entry_seq, player)) end
    local rank = rank_of(order, ranking, item)
    seq, back = seq + 1, back + 1
    local ranks = struct.pack('>I8I8I8I4', 0, rank, redis.call('ZCARD', ranking), 0)
    head = publish(board, channel, '\1', head, seq, now, player .. ranks .. stored)
  end
  redis.call('HDEL', removed, player)
end
if back > 0 then redis.call('HINCRBY', usage, 'entries', back) end
return { back, redis.call('HLEN', removed) }
