-- Reserves an account that isn't there for whoever restores it; who was at it before has lost it.
-- KEYS record, transit
-- ARGV token, e-mail
-- Returns 1, or 0 where the account is there
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[2], 'token', ARGV[1], 'email', ARGV[2])
return 1
