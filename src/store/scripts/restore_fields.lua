-- Sets fields of one hash of an account that is being restored.
-- KEYS transit, hash
-- ARGV token, then field and value of each
-- Returns 1, or 0 where the token is another one
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[2], unpack(ARGV, 2))
return 1
