-- The score that the policy makes of a player's old and new one, and whether the old metadata stays with it.
local function settle(policy, order, old, new)
  if policy == 's' then return old + new, false end
  if policy == 'b' and (new == old or (new > old) ~= (order == 'd')) then return old, true end
  return new, false
end
