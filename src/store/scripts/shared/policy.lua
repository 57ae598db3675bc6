-- What the policy makes of a submission for a player who has an entry; false where a sum is no finite number.
local function update(old, new, order, policy, keeps_metadata)
  new.created = old.created
  if keeps_metadata then new.metadata = old.metadata end
  if policy == 'sum' then new.score = old.score + new.score end
  if policy == 'best' and (new.score == old.score or (new.score > old.score) ~= (order == 'desc')) then
    new.score, new.metadata = old.score, old.metadata
  end
  return new.score == new.score and math.abs(new.score) ~= math.huge
end
