-- Where a member stands in the leaderboard's own order, from 1 on.
local function rank_of(order, ranking, item)
  return redis.call(order == 'd' and 'ZREVRANK' or 'ZRANK', ranking, item) + 1
end
