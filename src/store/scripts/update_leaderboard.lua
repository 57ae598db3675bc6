-- Changes a leaderboard's settings; another sort order only begins here, and sort_chunk.lua carries it out.
-- KEYS board
-- ARGV name, format, policy and order as the head has them, decimals and unit behind a '=', each '' to leave it as it is
-- Returns ok, gone, or conflict where a change of the order is going on already
local board, name, format, policy, order, decimals, unit = KEYS[1], unpack(ARGV)
local head, _, old_order, rebuilding = head_of(board)
if not head then return 'gone' end
if order ~= '' and rebuilding then return 'conflict' end
if name ~= '' then redis.call('HSET', board, 'name', name) end
if format ~= '' then redis.call('HSET', board, 'format', format) end
for field, text in pairs({decimals = decimals, unit = unit}) do
  if text == '=' then
    redis.call('HDEL', board, field)
  elseif text ~= '' then
    redis.call('HSET', board, field, string.sub(text, 2))
  end
end
if policy == '' then policy = string.sub(head, 18, 18) end
local being_built = rebuilding or '-'
if order ~= '' and order ~= old_order then
  being_built = order
  redis.call('HSET', board, 'cursor', '0')
end
redis.call('HSET', board, 'head', string.sub(head, 1, 17) .. policy .. being_built)
return 'ok'
