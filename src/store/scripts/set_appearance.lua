-- Keeps how a leaderboard's page for frames looks, and who may show it.
-- KEYS board
-- ARGV style sheet, sites, each '' for none
-- Returns 1, or 0 where the leaderboard is not there
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
for i, field in ipairs({ 'css', 'sites' }) do
  if ARGV[i] == '' then redis.call('HDEL', KEYS[1], field) else redis.call('HSET', KEYS[1], field, ARGV[i]) end
end
return 1
