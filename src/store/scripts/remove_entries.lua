-- Removes players' entries and keeps them apart for a while, as they were.
-- KEYS board, ranking, pending ranking, entries, usage, removed
-- ARGV now, channel, milliseconds to keep them, then the players
-- Returns how many were there, or -1 where the leaderboard is not there
local board, ranking, pending, entries, usage, removed = unpack(KEYS)
local now, channel = micros(ARGV[1]), ARGV[2]
local head, last_seq, order, rebuilding = head_of(board)
if not head then return -1 end
local seq, gone = last_seq, 0
local players = { unpack(ARGV, 4) }
for i, stored in ipairs(redis.call('HMGET', entries, unpack(players))) do
  if stored then
    local player, entry_seq = players[i], struct.unpack('>I8', stored)
    local item = member(order, entry_seq, player)
    local rank = rank_of(order, ranking, item)
    redis.call('HSET', removed, player, stored)
    redis.call('ZREM', ranking, item)
    if rebuilding then redis.call('ZREM', pending, member(rebuilding, entry_seq, player)) end
    redis.call('HDEL', entries, player)
    seq, gone = seq + 1, gone + 1
    local ranks = struct.pack('>I8I8I8I4', rank, 0, redis.call('ZCARD', ranking), #stored)
    head = publish(board, channel, '\3', head, seq, now, player .. ranks .. stored)
  end
end
if gone > 0 then
  redis.call('HINCRBY', usage, 'entries', -gone)
  redis.call('PEXPIRE', removed, ARGV[3])
end
return gone
