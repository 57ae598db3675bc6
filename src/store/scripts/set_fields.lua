-- Sets fields of a leaderboard that it can be without.
-- KEYS board
-- ARGV name and text of each, in turn; '' for none
-- Returns 1, or 0 where the leaderboard is not there
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
for i = 1, #ARGV, 2 do
  if ARGV[i + 1] == '' then
    redis.call('HDEL', KEYS[1], ARGV[i])
  else
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
return 1
