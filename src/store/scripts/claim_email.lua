-- Passes an e-mail address on, from one holder to another; nobody is ''.
-- KEYS claim
-- ARGV the holder that is expected, the next holder
-- Returns the holder that was found; where that isn't the one expected, nothing changed
local holder = redis.call('GET', KEYS[1]) or ''
if holder == ARGV[1] then
  if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2]) end
end
return holder
