-- Takes an account out of service; who was restoring or removing it before has lost it.
-- KEYS record, transit
-- ARGV token
-- Returns its e-mail address, or '' where nothing is there
local email = redis.call('HGET', KEYS[1], 'email') or redis.call('HGET', KEYS[2], 'email')
if not email then return '' end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[2], 'token', ARGV[1], 'email', email)
return email
