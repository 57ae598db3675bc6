// Finds a player's row, wherever on the leaderboard it is.

/**
 * The player's row as lists show it, by way of the page that has it; `null` where it has just moved away from there.
 * `ask` gets a path and answers with its JSON, or throws.
 */
export async function seek(ask, key, player, rank) {
  const by = `key=${encodeURIComponent(key)}`;
  const path = `/leaderboard/entries/${encodeURIComponent(player)}`;
  const at = rank ?? (await ask(`${path}?${by}`)).rank;
  const query = `limit=50&offset=${Math.max(0, at - 25)}&player_id=${encodeURIComponent(player)}&${by}`;
  const page = await ask(`/leaderboard/entries?${query}`);
  return page.entries.find((entry) => entry.is_current_player) ?? null;
}
