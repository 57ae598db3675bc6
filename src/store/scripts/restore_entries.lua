-- Puts entries on a leaderboard that is being restored. Of a player's states the later one stays.
-- KEYS transit, leaderboards, ranking, entries, usage
-- ARGV token, leaderboard, its time of creation, order (d or a), then player, entry, member, score of each, no player twice
-- Returns the number of players who are new, or -1 where the token is another one
local transit, leaderboards, ranking, entries, usage = unpack(KEYS)
local order = ARGV[4]
if redis.call('HGET', transit, 'token') ~= ARGV[1] then return -1 end
redis.call('ZADD', leaderboards, ARGV[3], ARGV[2])
local players = {}
for i = 5, #ARGV, 4 do players[#players + 1] = ARGV[i] end
if #players == 0 then return 0 end

local added, fields, members = 0, {}, {}
for i, stored in ipairs(redis.call('HMGET', entries, unpack(players))) do
  local player, packed, item, score = unpack(ARGV, 4 * i + 1, 4 * i + 4)
  if not stored then
    added = added + 1
  else
    local old_seq, _, _, old_updated = struct.unpack('>I8dI8I8', stored)
    local new_seq, _, _, new_updated = struct.unpack('>I8dI8I8', packed)
    if old_seq < new_seq or (old_seq == new_seq and old_updated <= new_updated) then
      redis.call('ZREM', ranking, member(order, old_seq, player))
    else
      player = nil
    end
  end
  if player then
    fields[#fields + 1], fields[#fields + 2] = player, packed
    members[#members + 1], members[#members + 2] = score, item
  end
end
if #fields == 0 then return 0 end
redis.call('HSET', entries, unpack(fields))
redis.call('ZADD', ranking, unpack(members))
redis.call('HINCRBY', usage, 'entries', added)
return added
