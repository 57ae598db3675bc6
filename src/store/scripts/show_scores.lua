-- Sets how people see a leaderboard's scores.
-- KEYS board
-- ARGV decimals, unit, each '' for none
-- Returns 1, or 0 where the leaderboard is not there
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
for i, field in ipairs({ 'decimals', 'unit' }) do
  if ARGV[i] == '' then
    redis.call('HDEL', KEYS[1], field)
  else
    redis.call('HSET', KEYS[1], field, ARGV[i])
  end
end
return 1
