-- Creates or updates one player's entry, charges the request and tells who listens.
-- Redis calls it more than all others: few tables, few functions, few strings, no numbers for Redis to write out, and
-- member() written out where the leaderboard's own order is meant.
-- KEYS board, ranking, pending ranking, entries, usage, kept answer (only with an Idempotency-Key)
-- ARGV channel, player, score, name (after its length in a byte) and metadata, month as the caller's clock has it,
--      request limit or '', entry limit or ''; as far as there is need of them, '=' to keep the metadata that is there
--      or '', hash of the request and milliseconds to keep the answer, now
-- Returns false where the leaderboard is not there; else requests and when the month ends, packed, then q where the
--         quota is used up, u where the kept answer is another request's, f where there is no room for an entry, v where
--         the sum is no finite number; or r (replayed) or o (done) and then player, rank, total, previous rank or 0,
--         score, previous score
local structs, sub = struct, string.sub
local call, pack, unpacked = redis.call, structs.pack, structs.unpack
local board, ranking, pending, entries, usage, kept = unpack(KEYS)
local channel, player, text, named, month, request_limit, entry_limit, keep, request_hash, keep_for, now = unpack(ARGV)
local head = call('HGET', board, 'head')
if not head then return false end
local last_seq, _, order, policy, rebuilding = unpacked('>I8I8c1c1c1', head)
now = micros(now)
month = month_of(now, month)
if request_limit ~= '' then
  local requests = call('HGET', usage, month) or 0
  if requests + 0 >= request_limit + 0 then return pack('>I8I8c1', requests, month, 'q') end
end
-- Each answer from here on counts; nothing is written before what frees memory, since a full Redis stops a script there.
local first = kept and call('GET', kept)
if first then
  local used = pack('>I8I8', call('HINCRBY', usage, month, '1'), month)
  if sub(first, 1, 32) ~= request_hash then return used .. 'u' end
  return used .. 'r' .. sub(first, 33)
end

local stored = call('HGET', entries, player)
local score, seq, created = text + 0, last_seq + 1, now
local old_seq, old_score, old_item, old_rank
local rank_command = order == 'd' and 'ZREVRANK' or 'ZRANK'
if stored then
  local _, name_length, keeps
  old_seq, old_score, created, _, name_length = unpacked('>I8dI8I8B', stored)
  score, keeps = settle(policy, order, old_score, score)
  if score - score ~= 0 then return pack('>I8I8c1', call('HINCRBY', usage, month, '1'), month, 'v') end
  if policy == 's' then text = string.format('%.17g', score) end
  if keeps or keep == '=' then named = sub(named, 1, 1 + string.byte(named)) .. sub(stored, 34 + name_length) end
  old_item = pack('>I8c16', order == 'd' and 9007199254740991 - old_seq or old_seq, player)
  old_rank = call(rank_command, ranking, old_item) + 1
elseif entry_limit ~= '' and (call('HGET', usage, 'entries') or 0) + 0 >= entry_limit + 0 then
  return pack('>I8I8c1', call('HINCRBY', usage, month, '1'), month, 'f')
end

local moved, rank = score ~= old_score, old_rank
if moved then
  local item = pack('>I8c16', order == 'd' and 9007199254740991 - seq or seq, player)
  if stored then call('ZREM', ranking, old_item) end
  call('ZADD', ranking, text, item)
  if rebuilding ~= '-' then
    if stored then call('ZREM', pending, member(rebuilding, old_seq, player)) end
    call('ZADD', pending, text, member(rebuilding, seq, player))
  end
  rank = call(rank_command, ranking, item) + 1
end
if not stored then call('HINCRBY', usage, 'entries', '1') end
local requests = call('HINCRBY', usage, month, '1')
local total = call('ZCARD', ranking)
local packed = pack('>I8dI8I8', moved and seq or old_seq, score, created, now) .. named
if moved or sub(packed, 33) ~= sub(stored, 33) then
  call('HSET', entries, player, packed)
  local id = pack('>I8I8', seq, now)
  call('HSET', board, 'head', id .. sub(head, 17))
  local event = pack('>c1c16c16c16I8I8I8I4',
    stored and '\2' or '\1', head, id, player, old_rank or 0, rank, total, stored and #stored or 0)
  call('SPUBLISH', channel, event .. (stored or '') .. packed)
end
local done = pack('>I8I8c1c16I8I8I8dd',
  requests, month, 'o', player, rank, total, old_rank or 0, score, old_score or 0)
if kept then call('SET', kept, request_hash .. sub(done, 18), 'PX', keep_for) end
return done
