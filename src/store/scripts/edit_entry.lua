-- Gives a player's entry the name, score and metadata that its owner wants, whatever the policy.
-- KEYS board, ranking, pending ranking, entries
-- ARGV now, channel, player, name, score, metadata
-- Returns ok, missing, or gone where the leaderboard is not there
local board, ranking, pending, entries = unpack(KEYS)
local now, channel, player = micros(ARGV[1]), ARGV[2], ARGV[3]
local order, seq, at, rebuilding = unpack(redis.call('HMGET', board, 'order', 'seq', 'at', 'pending'))
if not order then return 'gone' end
local stored = redis.call('HGET', entries, player)
if not stored then return 'missing' end

local old = unpack_entry(stored)
local new = { seq = seq + 1, score = tonumber(ARGV[5]), created = old.created, updated = now, name = ARGV[4],
  metadata = ARGV[6] }
local old_item = member(order, old.seq, player)
local old_rank = rank_of(order, ranking, old_item)
local rank = old_rank
if new.score ~= old.score then
  local item = member(order, new.seq, player)
  move(ranking, old_item, item, ARGV[5])
  if rebuilding then
    move(pending, member(rebuilding, old.seq, player), member(rebuilding, new.seq, player), ARGV[5])
  end
  rank = rank_of(order, ranking, item)
else
  new.seq = old.seq
  if new.name == old.name and new.metadata == old.metadata then return 'ok' end
end
local packed = pack_entry(new)
redis.call('HSET', entries, player, packed)
publish(board, channel, 2, { seq = tonumber(seq), at = tonumber(at) }, now,
  { player = player, old = stored, new = packed, old_rank = old_rank, new_rank = rank, total = redis.call('ZCARD', ranking) })
return 'ok'
