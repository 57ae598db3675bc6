-- Stores the leaderboard's new last id (sequence number, time) and publishes what happened under it. An event
-- names its predecessor, so that a listener sees a gap.
local function publish(board, channel, kind, last, now, e)
  redis.call('HSET', board, 'seq', last.seq + 1, 'at', now)
  local old, new = e.old or '', e.new or ''
  redis.call('SPUBLISH', channel, struct.pack('>BI8I8I8I8c16I8I8I8I4', kind, last.seq, last.at, last.seq + 1, now,
    e.player or string.rep('\0', 16), e.old_rank or 0, e.new_rank or 0, e.total or 0, #old) .. old .. new)
end
