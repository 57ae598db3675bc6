/**
 * A value from the wire with `camelCase` names. What is in `metadata` is the game's own and stays as it is.
 *
 * @param {any} value
 * @returns {any}
 */
export function fromWire(value) {
  if (Array.isArray(value)) return value.map(fromWire);
  if (typeof value !== "object" || !value) return value;
  const pairs = Object.entries(value).map(([name, inner]) => [
    name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase()),
    name === "metadata" ? inner : fromWire(inner),
  ]);
  return Object.fromEntries(pairs);
}

/**
 * A path with a query of what is given.
 *
 * @param {string} path
 * @param {import("../index.d.ts").PageOptions} [options]
 */
export function withQuery(path, { limit, offset, order, playerId } = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ limit, offset, order, player_id: playerId })) {
    if (value != null) query.set(name, String(value));
  }
  return `${query}` ? `${path}?${query}` : path;
}
