-- A ranking's member is the sequence number at which the score was reached, then the player. It is
-- complemented where the order is descending: ZREVRANGE turns ties around, and the first must stay first.
local function member(order, seq, player)
  if order == 'd' then seq = 9007199254740991 - seq end
  return struct.pack('>I8c16', seq, player)
end
