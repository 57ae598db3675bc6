-- A leaderboard's head: its last id (sequence number and time), its order (d or a), its policy (l, b or s), and the
-- order that is being built (d, a, or - for none). Returns the head as it is stored, the sequence number, the order and
-- the order being built or false; nothing where the leaderboard is not there.
local function head_of(board)
  local head = redis.call('HGET', board, 'head')
  if not head then return end
  local seq, _, order, _, rebuilding = struct.unpack('>I8I8c1c1c1', head)
  return head, seq, order, rebuilding ~= '-' and rebuilding
end
