-- Adds to what happened on an account on this day, and forgets the day that is too old.
-- KEYS record of the account, days, players of the day
-- ARGV day, requests, submissions, refusals, days that are kept, milliseconds to keep the players, then players
-- Returns 1, or 0 where the account is not there, or not any more
local days, players, day = KEYS[2], KEYS[3], tonumber(ARGV[1])
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
for i, kind in ipairs({ 'requests', 'submissions', 'refusals' }) do
  if ARGV[i + 1] ~= '0' then redis.call('HINCRBY', days, day .. ' ' .. kind, ARGV[i + 1]) end
  redis.call('HDEL', days, (day - ARGV[5]) .. ' ' .. kind)
end
if #ARGV > 6 then
  redis.call('PFADD', players, unpack(ARGV, 7))
  redis.call('PEXPIRE', players, ARGV[6])
end
return 1
