-- Takes a one-time link: of those who ask at once, one gets it.
-- KEYS link
-- Returns what it is for, or '' where it is not there
local purpose = redis.call('GET', KEYS[1])
if purpose then redis.call('DEL', KEYS[1]) end
return purpose or ''
