-- One page of a leaderboard in one atomic read: for when writes keep overtaking the plain pipeline.
-- KEYS board, ranking, entries
-- ARGV '' for the leaderboard's own order or the order asked for (d or a), first index, last index
-- Returns {head, total, {member, score, ...}, {entry, ...}}; {} where the leaderboard is not there
local head, _, order = head_of(KEYS[1])
if not head then return {} end
local asked = ARGV[1] == '' and order or ARGV[1]
local command = asked == 'd' and 'ZREVRANGE' or 'ZRANGE'
local rows = redis.call(command, KEYS[2], ARGV[2], ARGV[3], 'WITHSCORES')
local values = {}
for i = 1, #rows, 2 do
  values[#values + 1] = redis.call('HGET', KEYS[3], string.sub(rows[i], 9))
end
return { head, redis.call('ZCARD', KEYS[2]), rows, values }
