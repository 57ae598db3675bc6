import assert from "node:assert/strict";
import { test } from "node:test";

import { Rankora, RankoraError } from "../src/index.js";
import { answering, json, refusal, silence, unreachable } from "./support/answers.js";

const PLAYER = "67e55044-10b1-426f-9247-bb680e5fe0c8";
const leaderboard = json({ sort_order: "asc", total_entries: 3 });
const submitted = json({ success: true, player_id: PLAYER, rank: 1 });

const clientOf = ({ fetch }, options) =>
  new Rankora({ baseUrl: "https://scores.example.org/", key: "rk_pub_x", fetch, ...options });

test("a read is repeated until it is answered", async () => {
  const server = answering(unreachable, refusal(503, "unavailable"), leaderboard);
  assert.equal((await clientOf(server).leaderboard()).sortOrder, "asc");
  assert.equal(server.asked.length, 3);
  assert.equal(server.asked[0].url, "https://scores.example.org/api/v1/leaderboard");
});

test("who keeps failing is given up after as many retries as were asked for", async () => {
  const server = answering(unreachable);
  const error = await clientOf(server, { retries: 1 }).leaderboard().catch((error) => error);
  assert.ok(error instanceof RankoraError);
  assert.deepEqual([error.code, error.status, error.cause.message], ["network", 0, "fetch failed"]);
  assert.equal(server.asked.length, 2);
});

test("a submission is repeated under one Idempotency-Key, and another one has another", async () => {
  const server = answering(unreachable, submitted);
  const client = clientOf(server);
  for (let times = 0; times < 2; times += 1) await client.submit({ name: "Ada", score: 1 });
  const keys = server.asked.map(({ headers }) => headers["idempotency-key"]);
  assert.match(keys[0], /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/);
  assert.equal(keys[0], keys[1]);
  assert.notEqual(keys[1], keys[2]);
});

test("a removal is repeated only where it was turned away", async () => {
  const lost = answering(refusal(503, "unavailable"), json({ success: true }));
  await assert.rejects(clientOf(lost).remove(PLAYER), { code: "unavailable" });
  assert.equal(lost.asked.length, 1);
  const refused = answering(refusal(429, "rate_limited"), json({ success: true }));
  assert.equal(await clientOf(refused).remove(PLAYER), undefined);
});

test("what can't get better is not repeated", async () => {
  for (const [status, code] of [
    [400, "invalid_limit"],
    [401, "unauthorized"],
    [403, "forbidden"],
    [404, "not_found"],
    [500, "internal"],
  ]) {
    const server = answering(refusal(status, code));
    await assert.rejects(clientOf(server).leaderboard(), { code, status });
    assert.equal(server.asked.length, 1, code);
  }
});

test("Retry-After is waited for, and told where it is long", async () => {
  const short = answering(refusal(429, "rate_limited", { "retry-after": "1" }), leaderboard);
  await clientOf(short).leaderboard();
  assert.ok(short.asked[1].at - short.asked[0].at >= 1000);
  const long = answering(refusal(429, "quota_exceeded", { "retry-after": "86400", "x-request-id": "r1" }));
  const refused = { code: "quota_exceeded", retryAfter: 86400, requestId: "r1" };
  await assert.rejects(clientOf(long).leaderboard(), refused);
  assert.equal(long.asked.length, 1);
  const dated = answering(refusal(503, "unavailable", { "retry-after": new Date(Date.now() + 90_500).toUTCString() }));
  const { retryAfter } = await clientOf(dated).leaderboard().catch((error) => error);
  assert.ok(retryAfter >= 89 && retryAfter <= 91, String(retryAfter));
});

test("an answer that doesn't come is given up, and a body that doesn't end as well", async () => {
  const endless = ({ signal }) => {
    const start = (controller) => signal.addEventListener("abort", () => controller.error(signal.reason));
    return new Response(new ReadableStream({ start }));
  };
  for (const answer of [silence, endless]) {
    await assert.rejects(clientOf(answering(answer), { timeout: 20, retries: 1 }).leaderboard(), { code: "timeout" });
  }
});

test("the caller's signal ends a request, and the wait for another attempt", async () => {
  const reason = new Error("enough");
  for (const answer of [silence, refusal(503, "unavailable", { "retry-after": "20" })]) {
    const controller = new AbortController();
    const asking = clientOf(answering(answer)).leaderboard({ signal: controller.signal });
    setTimeout(() => controller.abort(reason), 20);
    await assert.rejects(asking, reason);
  }
  await assert.rejects(clientOf(answering(leaderboard)).leaderboard({ signal: AbortSignal.abort(reason) }), reason);
});

test("what isn't the server's is no answer", async () => {
  const page = () => new Response("<html>Sign in to the Wi-Fi</html>");
  const gateway = () => new Response("Bad gateway", { status: 502 });
  const foreign = json({ error: { message: "of another kind" } }, { status: 418 });
  for (const answer of [page, foreign]) {
    await assert.rejects(clientOf(answering(answer)).leaderboard(), { name: "RankoraError", code: "unexpected_answer" });
  }
  const repeated = answering(gateway, leaderboard);
  await clientOf(repeated).leaderboard();
  assert.equal(repeated.asked.length, 2);
});

test("names come in camelCase, and a game's own as they are", async () => {
  const metadata = { max_combo: 3, __proto__x: "y" };
  const row = { id: "a", name: "Ada", score: 1, metadata, rank: 1, updated_at: "t", is_current_player: true };
  const page = { success: true, entries: [row], pagination: { limit: 5, offset: 0, total: 1 } };
  const server = answering(json(page));
  const { entries } = await clientOf(server).list({ playerId: PLAYER, limit: 5 });
  const { updated_at: _, is_current_player: __, ...rest } = row;
  assert.deepEqual(entries, [{ ...rest, updatedAt: "t", isCurrentPlayer: true }]);
  assert.ok(server.asked[0].url.endsWith(`/leaderboard/entries?limit=5&player_id=${PLAYER}`));
});

test("all entries are told once, though rows move between two pages", async () => {
  const pageOf = (names, offset) =>
    json({ entries: names.map((id) => ({ id })), pagination: { limit: 2, offset, total: 5 } });
  const server = answering(pageOf(["a", "b"], 0), pageOf(["b", "c"], 2), pageOf(["d"], 4));
  const told = [];
  for await (const { id } of clientOf(server).entries({ limit: 2 })) told.push(id);
  assert.deepEqual(told, ["a", "b", "c", "d"]);
  assert.deepEqual(server.asked.map(({ url }) => new URL(url).searchParams.get("offset")), ["0", "2", "4"]);
});

test("scores that no plain number says are sent exactly", async () => {
  const server = answering(submitted);
  for (const [score, text] of [
    [2 ** 60, '"score":1.152921504606847e+18'],
    [-(2 ** 53), '"score":-9.007199254740992e+15'],
    [9500, '"score":9500'],
    [0.25, '"score":0.25'],
    [-0, '"score":0'],
  ]) {
    await clientOf(server).submit({ name: "Ada", score });
    assert.ok(server.asked.at(-1).body.includes(`${text}}`), server.asked.at(-1).body);
  }
});

test("a secret key in a page is warned of, loudly, and nowhere else", (t) => {
  const warn = t.mock.method(console, "warn", () => {});
  const own = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  t.after(() => (own ? Object.defineProperty(globalThis, "navigator", own) : delete globalThis.navigator));
  const runIn = (userAgent) => Object.defineProperty(globalThis, "navigator", { value: { userAgent }, configurable: true });
  runIn("Mozilla/5.0 (X11; Linux x86_64)");
  for (const key of ["rk_sec_x", "rk_mgt_x", "rk_pub_x", undefined]) clientOf(answering(leaderboard), { key });
  assert.equal(warn.mock.callCount(), 2);
  assert.match(warn.mock.calls[0].arguments[0], /secret key/);
  assert.ok(!JSON.stringify(warn.mock.calls[0].arguments).includes("rk_sec_x"));
  runIn("Node.js/22");
  clientOf(answering(leaderboard), { key: "rk_sec_x" });
  assert.equal(warn.mock.callCount(), 2);
});
