-- Sets fields of an account that serves; a new epoch ends all its sessions and voids its links.
-- KEYS record
-- ARGV the epoch that is expected or '', '1' to begin a new one, then field and value of each, '' to remove it
-- Returns the epoch, -1 where the account is not there, -2 where the epoch is another one
local email, epoch = unpack(redis.call('HMGET', KEYS[1], 'email', 'epoch'))
if not email then return -1 end
epoch = tonumber(epoch or 0)
if ARGV[1] ~= '' and tonumber(ARGV[1]) ~= epoch then return -2 end
for i = 3, #ARGV, 2 do
  if ARGV[i + 1] == '' then redis.call('HDEL', KEYS[1], ARGV[i]) else redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
if ARGV[2] == '1' then
  epoch = epoch + 1
  redis.call('HSET', KEYS[1], 'epoch', epoch)
end
return epoch
