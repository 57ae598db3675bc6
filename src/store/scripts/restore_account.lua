-- Ends a restoration: from here on the account serves.
-- KEYS transit, record
-- ARGV token, then field and value of each
-- Returns 1, or 0 where the token is another one
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[2], unpack(ARGV, 2))
redis.call('DEL', KEYS[1])
return 1
