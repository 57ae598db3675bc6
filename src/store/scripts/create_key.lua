-- Notes an API key with what it belongs to, which may have been deleted meanwhile.
-- KEYS keys, then what must be there: the account's record, and of a leaderboard's key the leaderboard
-- ARGV id, record
-- Returns 1, or 0 where something of it is not there
if redis.call('EXISTS', unpack(KEYS, 2)) < #KEYS - 1 then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
