import assert from "node:assert/strict";
import { test } from "node:test";

import { localPlayerId, Rankora, SubmissionQueue } from "../src/index.js";
import { answering, json, refusal, unreachable } from "./support/answers.js";

const ADA = "67e55044-10b1-426f-9247-bb680e5fe0c8";
const BOB = "0b5fd1c4-3a0e-4cb8-9f0c-6a2d8a5b7e11";
const CYD = "3e8a2f6b-91d7-4c05-8b4e-d2c7a1f09b33";

class Kept extends Map {
  getItem = async (name) => this.get(name) ?? null;
  setItem = async (name, value) => void this.set(name, value);
}

/** An answer like the server's, to whatever was submitted. */
const accepting = ({ body }) => {
  const { player_id, score } = JSON.parse(body);
  return Response.json({ success: true, player_id, score, rank: 1 });
};

function queueOf(t, server, options) {
  const client = new Rankora({ baseUrl: "https://scores.example.org", key: "rk_sec_x", fetch: server.fetch });
  const queue = new SubmissionQueue(client, { storage: new Kept(), ...options });
  t.after(() => queue.close());
  return queue;
}

const sent = ({ asked }) => asked.map(({ body }) => JSON.parse(body));

test("what can be sent is sent at once", async (t) => {
  const storage = new Kept();
  const server = answering(accepting);
  const queue = queueOf(t, server, { storage });
  assert.equal((await queue.submit({ name: "Ada", score: 5 })).rank, 1);
  assert.deepEqual(await queue.pending(), []);
  assert.equal(sent(server)[0].player_id, await localPlayerId(storage));
});

test("what can't be sent waits, and is sent in order, each under its own key", async (t) => {
  const server = answering(unreachable);
  const storage = new Kept();
  const accepted = [];
  const first = queueOf(t, server, { storage });
  assert.equal(await first.submit({ name: "Ada", score: 1, playerId: ADA }), null);
  assert.equal(await first.submit({ name: "Bob", score: 2, playerId: BOB }), null);
  first.close();
  const keys = server.asked.map(({ headers }) => headers["idempotency-key"]);

  const online = answering(accepting);
  const second = queueOf(t, online, { storage, onAccepted: (answer, { name }) => accepted.push([name, answer.score]) });
  await second.flush();
  assert.deepEqual(accepted, [["Ada", 1], ["Bob", 2]]);
  assert.equal(online.asked[0].headers["idempotency-key"], keys[0]);
  assert.notEqual(online.asked[1].headers["idempotency-key"], keys[0]);
  assert.deepEqual(await second.pending(), []);
});

test("of a player, the latest submission waits, with the metadata that would be kept, under a new key", async (t) => {
  const server = answering(unreachable);
  const queue = queueOf(t, server);
  await queue.submit({ name: "Ada", score: 9, playerId: ADA, metadata: { level: 1 } });
  await queue.submit({ name: "Bob", score: 5, playerId: BOB });
  await queue.submit({ name: "Ada L", score: 7, playerId: ADA.toUpperCase() });
  assert.deepEqual(await queue.pending(), [
    { name: "Bob", score: 5, playerId: BOB },
    { name: "Ada L", score: 7, playerId: ADA, metadata: { level: 1 } },
  ]);
});

test("of a player, the best submission waits, in either order, with the newest name", async (t) => {
  for (const [order, best] of [
    ["desc", 9],
    ["asc", 7],
  ]) {
    const server = answering(unreachable);
    const queue = queueOf(t, server, { keep: "best", order });
    await queue.submit({ name: "Ada", score: 8, playerId: ADA, metadata: { run: 1 } });
    await queue.submit({ name: "Ada B", score: 9, playerId: ADA, metadata: { run: 2 } });
    await queue.submit({ name: "Ada C", score: 7, playerId: ADA, metadata: { run: 3 } });
    const [{ name, score, metadata }, ...more] = await queue.pending();
    assert.deepEqual([name, score, metadata, more.length], ["Ada C", best, { run: best === 9 ? 2 : 3 }, 0], order);
    // Each is another text, which under an old key would be refused.
    assert.equal(new Set(server.asked.map(({ headers }) => headers["idempotency-key"])).size, 3);
  }
});

test("where scores are added up, all of them wait", async (t) => {
  const queue = queueOf(t, answering(unreachable), { keep: "all" });
  for (const score of [1, 2, 3]) await queue.submit({ name: "Ada", score, playerId: ADA });
  assert.deepEqual((await queue.pending()).map(({ score }) => score), [1, 2, 3]);
});

test("no more wait than there is room for, and the oldest are told of", async (t) => {
  const refused = [];
  const queue = queueOf(t, answering(unreachable), { limit: 2, onRefused: ({ code }, { name }) => refused.push([code, name]) });
  for (const [name, playerId] of [["Ada", ADA], ["Bob", BOB], ["Cyd", CYD]]) await queue.submit({ name, score: 1, playerId });
  assert.deepEqual((await queue.pending()).map(({ name }) => name), ["Bob", "Cyd"]);
  assert.deepEqual(refused, [["queue_full", "Ada"]]);
});

test("what the server refuses is told and doesn't hold up the others", async (t) => {
  const refused = [];
  const server = answering(unreachable, unreachable, refusal(400, "plan_limit"), accepting);
  const queue = queueOf(t, server, { onRefused: ({ code }, { name }) => refused.push([code, name]) });
  await queue.submit({ name: "Ada", score: 1, playerId: ADA });
  await queue.submit({ name: "Bob", score: 1, playerId: BOB });
  await queue.flush();
  assert.deepEqual(refused, [["plan_limit", "Ada"]]);
  assert.deepEqual(await queue.pending(), []);
  const alone = queueOf(t, answering(refusal(400, "plan_limit")));
  await assert.rejects(alone.submit({ name: "Ada", score: 1 }), { code: "plan_limit" });
  await assert.rejects(alone.submit({ name: "a.b", score: 1 }), { code: "invalid_name" });
  assert.deepEqual(await alone.pending(), []);
});

test("a key that is refused is told, and nothing is lost", async (t) => {
  const server = answering(refusal(401, "unauthorized"), accepting);
  const queue = queueOf(t, server);
  await assert.rejects(queue.submit({ name: "Ada", score: 1 }), { code: "unauthorized" });
  assert.equal((await queue.pending()).length, 1);
  await queue.flush();
  assert.equal((await queue.pending()).length, 0);
});

test("Retry-After is waited for before what waits is sent by itself", async (t) => {
  const server = answering(refusal(429, "rate_limited", { "retry-after": "1" }), accepting);
  let tellAccepted;
  const accepted = new Promise((resolve) => (tellAccepted = resolve));
  const queue = queueOf(t, server, { onAccepted: tellAccepted });
  // A timer that lets the program end needs another one that doesn't, in a test.
  const awake = setInterval(() => {}, 1000);
  t.after(() => clearInterval(awake));
  assert.equal(await queue.submit({ name: "Ada", score: 1 }), null);
  await accepted;
  assert.ok(server.asked[1].at - server.asked[0].at >= 1000);
});

test("submissions at the same time all get their own answers", async (t) => {
  const queue = queueOf(t, answering(accepting), { keep: "all" });
  const answers = await Promise.all([1, 2, 3, 4].map((score) => queue.submit({ name: "Ada", score, playerId: ADA })));
  assert.deepEqual(answers.map(({ score }) => score), [1, 2, 3, 4]);
});

test("a storage that is full, broken or empty keeps nothing from being sent later", async (t) => {
  const full = { getItem: () => null, setItem: () => { throw new Error("full"); } };
  const stale = new Kept([["rankora.queue.default", JSON.stringify({ waiting: [], accepted: [] })]]);
  stale.setItem = full.setItem;
  const broken = { getItem: () => "{not JSON", setItem: () => {} };
  const foreign = { getItem: () => "[1]", setItem: () => {} };
  for (const storage of [full, stale, broken, foreign]) {
    const server = answering(unreachable, accepting);
    const queue = queueOf(t, server, { storage });
    assert.equal(await queue.submit({ name: "Ada", score: 1, playerId: ADA }), null);
    assert.equal((await queue.pending()).length, 1);
    await queue.flush();
    assert.equal(server.asked.length, 2);
    assert.equal((await queue.pending()).length, 0);
  }
});

test("an entry that the leaderboard has lost is submitted anew", async (t) => {
  const entry = json({ player_id: ADA, score: 15, rank: 1 });
  const server = answering(json({ success: true, score: 15, rank: 1 }), refusal(404, "not_found"), accepting, entry);
  const queue = queueOf(t, server);
  await queue.submit({ name: "Ada", score: 10, playerId: ADA, metadata: { level: 2 } });
  assert.equal((await queue.entry(ADA)).rank, 1);
  const [first, , again] = server.asked;
  // The score that the leaderboard had made of it, under a key that has no answer yet.
  assert.deepEqual(JSON.parse(again.body), { name: "Ada", score: 15, player_id: ADA, metadata: { level: 2 } });
  assert.notEqual(again.headers["idempotency-key"], first.headers["idempotency-key"]);
  const stranger = queueOf(t, answering(refusal(404, "not_found")));
  await assert.rejects(stranger.entry(BOB), { code: "not_found" });
});

test("a lost entry is made by what waits for the player, where something does", async (t) => {
  const entry = json({ player_id: ADA, score: 20, rank: 1 });
  const server = answering(accepting, unreachable, refusal(404, "not_found"), accepting, entry);
  const queue = queueOf(t, server);
  await queue.submit({ name: "Ada", score: 10, playerId: ADA });
  assert.equal(await queue.submit({ name: "Ada", score: 20, playerId: ADA }), null);
  assert.equal((await queue.entry(ADA)).score, 20);
  assert.equal(JSON.parse(server.asked[3].body).score, 20);
});

test("what an app's function throws is reported, and stops nothing", async (t) => {
  const reported = [];
  const later = globalThis.queueMicrotask;
  t.mock.method(globalThis, "queueMicrotask", (task) =>
    later(() => {
      try {
        task();
      } catch (error) {
        reported.push(error.message);
      }
    }),
  );
  const queue = queueOf(t, answering(accepting), {
    onAccepted: () => {
      throw new Error("the app's own");
    },
  });
  assert.equal((await queue.submit({ name: "Ada", score: 1 })).rank, 1);
  assert.deepEqual(reported, ["the app's own"]);
});

test("a player keeps one id, and storages that fail keep nobody from playing", async () => {
  const storage = new Kept();
  const ids = await Promise.all([localPlayerId(storage), localPlayerId(storage)]);
  assert.equal(ids[0], await localPlayerId(storage));
  assert.equal(await localPlayerId(), await localPlayerId());
  const broken = {
    getItem: async () => null,
    setItem: async () => {
      throw new Error("full");
    },
  };
  assert.equal(await localPlayerId(broken), await localPlayerId(broken));
});
