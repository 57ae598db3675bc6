-- Creates or updates one player's entry, charges the request and tells who listens.
-- KEYS board, ranking, pending ranking, entries, usage, kept answer (only with an Idempotency-Key)
-- ARGV now, request limit or '', entry limit or '', channel, player, name, score, '1' to keep the metadata,
--      metadata, hash of the request, milliseconds to keep the answer
-- Returns {status, requests, resets, player, rank, score, previous score, previous rank, total}, scores as packed doubles;
--         status: ok, replayed, reused, quota, full, overflow; {'gone'} where the leaderboard is not there
local board, ranking, pending, entries, usage, kept = unpack(KEYS)
local now, request_limit, entry_limit, channel = micros(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local player, name, score, metadata, request_hash = ARGV[5], ARGV[6], tonumber(ARGV[7]), ARGV[9], ARGV[10]

local order, policy, seq, at, rebuilding = unpack(redis.call('HMGET', board, 'order', 'policy', 'seq', 'at', 'pending'))
if not order then return { 'gone' } end
local used = read_usage(usage, now)
if request_limit and used.requests >= request_limit then return { 'quota', used.requests, used.resets } end
local function answer(status, ...)
  return { status, used.requests, used.resets, ... }
end
local function refuse(status)
  spend(used, 1, 0)
  return answer(status)
end

local first = kept and redis.call('GET', kept)
if first then
  first = cmsgpack.unpack(first)
  if first[1] ~= request_hash then return refuse('reused') end
  spend(used, 1, 0)
  return answer('replayed', unpack(first, 2))
end

local stored = redis.call('HGET', entries, player)
local old = stored and unpack_entry(stored)
if not old and entry_limit and used.entries >= entry_limit then return refuse('full') end
local new = { seq = seq + 1, score = score, created = now, updated = now, name = name, metadata = metadata }
if old and not update(old, new, order, policy, ARGV[8] == '1') then return refuse('overflow') end

local old_item = old and member(order, old.seq, player)
local previous_rank = old and rank_of(order, ranking, old_item)
local rank, moved = previous_rank, not old or new.score ~= old.score
if moved then
  -- A number is written as Redis reads it back, but that takes a while.
  local text = new.score == score and ARGV[7] or string.format('%.17g', new.score)
  local item = member(order, new.seq, player)
  move(ranking, old_item, item, text)
  if rebuilding then
    move(pending, old and member(rebuilding, old.seq, player), member(rebuilding, new.seq, player), text)
  end
  rank = rank_of(order, ranking, item)
else
  new.seq = old.seq
end
local total = redis.call('ZCARD', ranking)
local changed = moved or new.name ~= old.name or new.metadata ~= old.metadata
local packed = changed and pack_entry(new) or stored
if changed then
  redis.call('HSET', entries, player, packed)
  publish(board, channel, old and 2 or 1, { seq = tonumber(seq), at = tonumber(at) }, now,
    { player = player, old = stored, new = packed, old_rank = previous_rank, new_rank = rank, total = total })
end
spend(used, 1, old and 0 or 1)
local result = { player, rank, packed_score(packed), old and packed_score(stored) or '', previous_rank or 0, total }
if kept then redis.call('SET', kept, cmsgpack.pack({ request_hash, unpack(result) }), 'PX', ARGV[11]) end
return answer('ok', unpack(result))
