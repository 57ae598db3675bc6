-- Stores the leaderboard's new last id (sequence number and time, packed), publishes what happened under it, and
-- returns it. An event names its predecessor, so that a listener sees a gap. `change` is what became of a player's entry.
local function publish(board, channel, kind, last, seq, now, change)
  local id = struct.pack('>I8I8', seq, now)
  redis.call('HSET', board, 'last', id)
  redis.call('SPUBLISH', channel, kind .. last .. id .. (change or string.rep('\0', 44)))
  return id
end
