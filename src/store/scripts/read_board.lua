-- All that a leaderboard's own hash says, and which server says it: a scan's cursor is worth nothing on another one.
-- KEYS board
-- ARGV the fields wanted
-- Returns {run id, value or nil for each field}
local info = redis.call('INFO', 'server')
return { string.match(info, 'run_id:(%w+)') or '', unpack(redis.call('HMGET', KEYS[1], unpack(ARGV))) }
