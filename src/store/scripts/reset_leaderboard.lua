-- Removes all entries; a change of the sort order that is going on then finds nothing left to do.
-- KEYS board, ranking, pending ranking, entries, usage
-- ARGV now, channel
-- Returns the number of entries removed, or -1 where the leaderboard is not there
local board, ranking, pending, entries, usage = unpack(KEYS)
local now = micros(ARGV[1])
local head, last_seq = head_of(board)
if not head then return -1 end
local removed = redis.call('HLEN', entries)
redis.call('UNLINK', ranking, pending, entries)
redis.call('HINCRBY', usage, 'entries', 0 - removed)
-- Whoever is reading all entries one after the other sees by this that they have to begin again.
local seq = last_seq + 1
redis.call('HSET', board, 'cleared', seq)
publish(board, ARGV[2], '\4', head, seq, now)
return removed
