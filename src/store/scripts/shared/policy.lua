-- The score that the policy makes of a player's old and new one, and whether the old metadata stays with it.
local function settle(policy, order, old, new)
  if policy == 'sum' then return old + new, false end
  if policy == 'best' and (new == old or (new > old) ~= (order == 'desc')) then return old, true end
  return new, false
end
