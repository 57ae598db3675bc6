// A server between a game in the browser and the leaderboard: it holds the secret key, and is the place for rules against
// cheats. In the game, `new Rankora({ baseUrl })` with this server's address and no key then submits through it.
// Cloudflare Workers as it stands; for Deno, `Deno.serve((request) => worker.fetch(request, env))`.

import { Rankora, RankoraError } from "rankora";

const MOST_POINTS = 1_000_000;

const worker = {
  async fetch(request, env) {
    if (request.method !== "POST") return new Response(null, { status: 405, headers: { allow: "POST" } });
    const rankora = new Rankora({ baseUrl: env.RANKORA_URL, key: env.RANKORA_SECRET_KEY });
    try {
      const { name, score, player_id: playerId, metadata } = await request.json();
      if (!(score >= 0 && score <= MOST_POINTS)) {
        return Response.json({ error: "Nobody is that good", code: "invalid_score", field: "score" }, { status: 400 });
      }
      // The game's own key makes its repetitions safe as well.
      const idempotencyKey = request.headers.get("Idempotency-Key") ?? undefined;
      return Response.json(await rankora.submit({ name, score, playerId, metadata }, { idempotencyKey }));
    } catch (error) {
      if (!(error instanceof RankoraError)) return Response.json({ error: "No JSON" }, { status: 400 });
      const { message, code, field, status, retryAfter } = error;
      // Where no answer came, that is no verdict on the score: on 502 the game keeps it, on 400 it would give it up.
      const ownStatus = code.startsWith("invalid_") ? 400 : 502;
      const headers = retryAfter ? { "Retry-After": `${retryAfter}` } : {};
      return Response.json({ error: message, code, field }, { status: status >= 400 ? status : ownStatus, headers });
    }
  },
};

export default worker;
