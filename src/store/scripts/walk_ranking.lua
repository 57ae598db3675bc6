-- The next rows of a ranking: those behind the last place seen whose player is still there with the same score.
-- KEYS board, ranking, entries
-- ARGV rows, then the members seen before, the last one first; without any, it begins with the first rank
-- Returns {head, rank before the first row or -1 where all those members are gone, {member, ...}, {entry, ...}};
--         {} where the leaderboard is not there
local board, ranking, entries = unpack(KEYS)
local head, _, order = head_of(board)
if not head then return {} end
local before = #ARGV == 1 and 0
for i = 2, #ARGV do
  local rank = redis.call(order == 'd' and 'ZREVRANK' or 'ZRANK', ranking, ARGV[i])
  before = rank and rank + 1
  if before then break end
end
if not before then return { head, -1 } end
local range = order == 'd' and 'ZREVRANGE' or 'ZRANGE'
local members = redis.call(range, ranking, before, before + ARGV[1] - 1)
local values = {}
for i, item in ipairs(members) do values[i] = redis.call('HGET', entries, string.sub(item, 9)) end
return { head, before, members, values }
