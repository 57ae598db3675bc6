-- Creates or updates one player's entry, charges the request and tells who listens.
-- Redis calls it more than all others: no tables, few functions, and no numbers for Redis to write out.
-- KEYS board, ranking, pending ranking, entries, usage, kept answer (only with an Idempotency-Key)
-- ARGV now, request limit or '', entry limit or '', channel, player, name, score, metadata or '=' to keep what is there,
--      hash of the request and milliseconds to keep the answer (only with an Idempotency-Key)
-- Returns false where the leaderboard is not there; else requests and resets, packed, then q where the quota is used up,
--         u where the kept answer is another request's, f where there is no room for an entry, v where the sum is no
--         finite number; or r (replayed) or o (done) and then player, rank, total, previous rank or 0, score, previous score
local call, pack = redis.call, struct.pack
local board, ranking, pending, entries, usage, kept = unpack(KEYS)
local now, request_limit, entry_limit, channel, player, name, text, metadata, request_hash, keep_for = unpack(ARGV)
local order, policy, last, rebuilding = unpack(call('HMGET', board, 'order', 'policy', 'last', 'pending'))
if not order then return false end
now = micros(now)
local requests, resets, entry_count = this_month(usage, now)
if request_limit ~= '' and requests >= request_limit + 0 then return pack('>I8I8', requests, resets) .. 'q' end
local used = pack('>I8I8', requests + 1, resets)
-- Each answer from here on counts; nothing is written before what frees memory, since a full Redis stops a script there.
local first = kept and call('GET', kept)
if first then
  call('HINCRBY', usage, 'requests', '1')
  if string.sub(first, 1, 32) ~= request_hash then return used .. 'u' end
  return used .. 'r' .. string.sub(first, 33)
end

local stored = call('HGET', entries, player)
local score, seq, created = text + 0, struct.unpack('>I8', last) + 1, pack('>I8', now)
local old_seq, old_score, old_item, old_rank
local rank_command = order == 'desc' and 'ZREVRANK' or 'ZRANK'
if stored then
  old_seq, old_score = struct.unpack('>I8d', stored)
  created = string.sub(stored, 17, 24)
  local keeps
  score, keeps = settle(policy, order, old_score, score)
  if score - score ~= 0 then
    call('HINCRBY', usage, 'requests', '1')
    return used .. 'v'
  end
  if policy == 'sum' then text = string.format('%.17g', score) end
  if keeps or metadata == '=' then metadata = string.sub(stored, 34 + string.byte(stored, 33)) end
  old_item = member(order, old_seq, player)
  old_rank = call(rank_command, ranking, old_item) + 1
else
  if entry_limit ~= '' and entry_count + 0 >= entry_limit + 0 then
    call('HINCRBY', usage, 'requests', '1')
    return used .. 'f'
  end
  if metadata == '=' then metadata = '' end
end

local moved, rank = score ~= old_score, old_rank
if moved then
  local item = member(order, seq, player)
  if stored then call('ZREM', ranking, old_item) end
  call('ZADD', ranking, text, item)
  if rebuilding then
    if stored then call('ZREM', pending, member(rebuilding, old_seq, player)) end
    call('ZADD', pending, text, member(rebuilding, seq, player))
  end
  rank = call(rank_command, ranking, item) + 1
end
if not stored then call('HINCRBY', usage, 'entries', '1') end
call('HINCRBY', usage, 'requests', '1')
local total = call('ZCARD', ranking)
local packed = pack('>I8dc8I8Bc0', moved and seq or old_seq, score, created, now, #name, name) .. metadata
if moved or string.sub(packed, 33) ~= string.sub(stored, 33) then
  call('HSET', entries, player, packed)
  local ranks = pack('>I8I8I8I4', old_rank or 0, rank, total, stored and #stored or 0)
  publish(board, channel, stored and '\2' or '\1', last, seq, now, player .. ranks .. (stored or '') .. packed)
end
local result = player .. pack('>I8I8I8dd', rank, total, old_rank or 0, score, old_score or 0)
if kept then call('SET', kept, request_hash .. result, 'PX', keep_for) end
return used .. 'o' .. result
