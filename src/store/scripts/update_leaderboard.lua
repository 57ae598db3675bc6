-- Changes a leaderboard's settings; another sort order only begins here, and sort_chunk.lua carries it out.
-- KEYS board
-- ARGV name, format, policy, order, each '' to leave it as it is
-- Returns ok, gone, or conflict where a change of the order is going on already
local order, pending = unpack(redis.call('HMGET', KEYS[1], 'order', 'pending'))
if not order then return 'gone' end
if ARGV[4] ~= '' and pending then return 'conflict' end
for i, field in ipairs({ 'name', 'format', 'policy' }) do
  if ARGV[i] ~= '' then redis.call('HSET', KEYS[1], field, ARGV[i]) end
end
if ARGV[4] ~= '' and ARGV[4] ~= order then redis.call('HSET', KEYS[1], 'pending', ARGV[4], 'cursor', '0') end
return 'ok'
