-- Puts an account on another plan. A record must not come to be by it: the account may have been deleted meanwhile.
-- KEYS record
-- ARGV plan
-- Returns 1, or 0 where the account is not there
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'plan', ARGV[1])
return 1
