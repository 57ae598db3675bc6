-- Removes what is left of an account that doesn't serve, once its leaderboards are gone.
-- KEYS transit, then the keys to remove
-- ARGV token
-- Returns 1, or 0 where the token is another one
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
redis.call('UNLINK', unpack(KEYS, 2))
return 1
