-- Removes one player's entry. Frees memory before it writes, so that it works when Redis is full.
-- KEYS board, ranking, pending ranking, entries, usage
-- ARGV now, month as the caller's clock has it, request limit or '', channel, player
-- Returns {status, requests, when the month ends}; status: ok, missing, quota; {'gone'} where the leaderboard is not there
local board, ranking, pending, entries, usage = unpack(KEYS)
local now, request_limit, channel, player = micros(ARGV[1]), tonumber(ARGV[3]), ARGV[4], ARGV[5]

local head, last_seq, order, rebuilding = head_of(board)
if not head then return { 'gone' } end
local month = month_of(now, ARGV[2])
local requests, resets = tonumber(redis.call('HGET', usage, month) or 0), tonumber(month)
if request_limit and requests >= request_limit then return { 'quota', requests, resets } end
local stored = redis.call('HGET', entries, player)
if not stored then return { 'missing', redis.call('HINCRBY', usage, month, '1'), resets } end

local entry_seq = struct.unpack('>I8', stored)
local item = member(order, entry_seq, player)
local rank = rank_of(order, ranking, item)
redis.call('ZREM', ranking, item)
if rebuilding then redis.call('ZREM', pending, member(rebuilding, entry_seq, player)) end
redis.call('HDEL', entries, player)
redis.call('HINCRBY', usage, 'entries', '-1')
local ranks = struct.pack('>I8I8I8I4', rank, 0, redis.call('ZCARD', ranking), #stored)
publish(board, channel, '\3', head, last_seq + 1, now, player .. ranks .. stored)
return { 'ok', redis.call('HINCRBY', usage, month, '1'), resets }
