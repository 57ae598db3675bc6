-- A ranking's member is the sequence number at which the score was reached, then the player. It is
-- complemented where the order is descending: ZREVRANGE turns ties around, and the first must stay first.
local function member(order, seq, player)
  if order == 'desc' then seq = 9007199254740991 - seq end
  return struct.pack('>I8', seq) .. player
end

local function rank_of(order, ranking, item)
  return redis.call(order == 'desc' and 'ZREVRANK' or 'ZRANK', ranking, item) + 1
end

-- Puts a player where the new score belongs, and takes the old place away.
local function move(ranking, old_item, new_item, score)
  if old_item then redis.call('ZREM', ranking, old_item) end
  redis.call('ZADD', ranking, score, new_item)
end

local function pack_entry(e)
  return struct.pack('>I8dI8I8Bc0', e.seq, e.score, e.created, e.updated, #e.name, e.name) .. e.metadata
end

-- The eight bytes of the score in a packed entry.
local function packed_score(packed)
  return string.sub(packed, 9, 16)
end

local function unpack_entry(packed)
  local e = {}
  local rest
  e.seq, e.score, e.created, e.updated, e.name, rest = struct.unpack('>I8dI8I8Bc0', packed)
  e.metadata = string.sub(packed, rest)
  return e
end

local function other(order)
  return order == 'desc' and 'asc' or 'desc'
end
