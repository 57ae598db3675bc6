-- Gives a player's entry the name, score and metadata that its owner wants, whatever the policy.
-- KEYS board, ranking, pending ranking, entries
-- ARGV now, channel, player, name, score, metadata
-- Returns ok, missing, or gone where the leaderboard is not there
local board, ranking, pending, entries = unpack(KEYS)
local now, channel, player, name, score, metadata = micros(ARGV[1]), unpack(ARGV, 2)
local head, last_seq, order, rebuilding = head_of(board)
if not head then return 'gone' end
local stored = redis.call('HGET', entries, player)
if not stored then return 'missing' end

local seq, old_seq, old_score = last_seq + 1, struct.unpack('>I8d', stored)
local moved = score + 0 ~= old_score
local packed = struct.pack('>I8dc8I8Bc0', moved and seq or old_seq, score, string.sub(stored, 17, 24), now, #name, name)
  .. metadata
if not moved and string.sub(packed, 33) == string.sub(stored, 33) then return 'ok' end
local old_item, item = member(order, old_seq, player), member(order, moved and seq or old_seq, player)
local old_rank = rank_of(order, ranking, old_item)
if moved then
  redis.call('ZREM', ranking, old_item)
  redis.call('ZADD', ranking, score, item)
  if rebuilding then
    redis.call('ZREM', pending, member(rebuilding, old_seq, player))
    redis.call('ZADD', pending, score, member(rebuilding, seq, player))
  end
end
redis.call('HSET', entries, player, packed)
local rank = rank_of(order, ranking, item)
local ranks = struct.pack('>I8I8I8I4', old_rank, rank, redis.call('ZCARD', ranking), #stored)
publish(board, channel, '\2', head, seq, now, player .. ranks .. stored .. packed)
return 'ok'
