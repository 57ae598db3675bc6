-- Stores the leaderboard's head with a new last id (sequence number and time, packed), publishes what happened under
-- that id, and returns the new head. An event names its predecessor, so that a listener sees a gap. `change` is what
-- became of a player's entry.
local function publish(board, channel, kind, head, seq, now, change)
  local id = struct.pack('>I8I8', seq, now)
  local next_head = id .. string.sub(head, 17)
  redis.call('HSET', board, 'head', next_head)
  redis.call('SPUBLISH', channel, kind .. string.sub(head, 1, 16) .. id .. (change or string.rep('\0', 44)))
  return next_head
end
