// The account's leaderboards and keys, on a real server.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { Rankora, RankoraError } from "../src/index.js";
import { Management } from "../src/management.js";
import { answering, json, refusal, unreachable } from "./support/answers.js";
import { eventually } from "./support/eventually.js";
import { Server } from "./support/server.js";

let server;
let management;
before(async () => {
  server = await Server.start();
  management = new Management(server.management("everything"));
});
after(() => server.stop());

test("a leaderboard is made, changed, read and deleted", async () => {
  const made = await management.createLeaderboard({ name: "Weekly", sortOrder: "asc", scoreFormat: "time", policy: "best", decimals: 2 });
  const { id, createdAt, ...rest } = made;
  assert.deepEqual(rest, {
    name: "Weekly",
    sortOrder: "asc",
    scoreFormat: "time",
    decimals: 2,
    unit: null,
    policy: "best",
    totalEntries: 0,
    pendingSortOrder: null,
  });
  assert.ok(!Number.isNaN(Date.parse(createdAt)));
  const changed = await management.updateLeaderboard(id, { name: "Monthly" });
  assert.deepEqual(changed, { ...made, name: "Monthly" });
  assert.deepEqual(await management.leaderboard(id), changed);
  await management.updateLeaderboard(id, { sortOrder: "desc", scoreFormat: "number", decimals: null, unit: "km/h", policy: "sum" });
  const expected = { ...changed, sortOrder: "desc", scoreFormat: "number", decimals: null, unit: "km/h", policy: "sum" };
  await eventually("it is turned around", async () => (await management.leaderboard(id)).sortOrder === "desc");
  assert.deepEqual(await management.leaderboard(id), expected);
  assert.equal(await management.deleteLeaderboard(id), undefined);
  await assert.rejects(management.leaderboard(id), { code: "not_found", status: 404 });
});

test("what is left out gets its default", async () => {
  const { sortOrder, scoreFormat, policy } = await management.createLeaderboard({ name: "Plain" });
  assert.deepEqual([sortOrder, scoreFormat, policy], ["desc", "number", "latest"]);
});

test("a key that is made works, is listed, and works no more when it is revoked", async () => {
  const { id } = await management.createLeaderboard({ name: "Keys" });
  const secret = await management.createKey(id, { kind: "secret", label: "Game server" });
  const publishable = await management.createKey(id, { kind: "publishable" });
  assert.match(secret.key, /^rk_sec_/);
  assert.match(publishable.key, /^rk_pub_/);
  assert.deepEqual([secret.kind, secret.label, publishable.label], ["secret", "Game server", ""]);
  await new Rankora({ baseUrl: server.baseUrl, key: secret.key }).submit({ name: "Ada", score: 5 });
  const reader = new Rankora({ baseUrl: server.baseUrl, key: publishable.key, retries: 0 });
  assert.equal((await reader.list()).entries[0].score, 5);
  assert.deepEqual(await management.keys(id), [{ ...secret, key: null }, publishable]);
  assert.equal(await management.revokeKey(id, publishable.id), undefined);
  assert.deepEqual((await management.keys(id)).map(({ kind }) => kind), ["secret"]);
  await eventually("it is refused", () => reader.list().then(() => false, ({ code }) => code === "unauthorized"));
});

test("a reset removes the entries, and says how many", async () => {
  const board = await server.board();
  const writer = new Rankora(board.secret);
  for (const score of [1, 2, 3]) await writer.submit({ name: "Ada", score });
  assert.equal(await management.resetLeaderboard(board.id), 3);
  assert.equal((await management.leaderboard(board.id)).totalEntries, 0);
});

test("all leaderboards come, page after page", async () => {
  const made = [];
  for (let number = 1; number <= 52; number += 1) {
    made.push((await management.createLeaderboard({ name: `Number ${number}` })).id);
  }
  const { leaderboards, pagination } = await management.leaderboards({ limit: 2, offset: 1 });
  assert.deepEqual([leaderboards.length, pagination.limit, pagination.offset], [2, 2, 1]);
  const all = [];
  for await (const { id } of management.allLeaderboards()) all.push(id);
  assert.equal(all.length, pagination.total);
  assert.equal(new Set(all).size, all.length);
  // Oldest first.
  assert.deepEqual(all.filter((id) => made.includes(id)), made);
  assert.equal(all[1], leaderboards[0].id);
});

test("usage is the account's", async () => {
  const { plan, currentLeaderboards, remainingLeaderboards } = await management.usage();
  assert.equal(plan, "everything");
  assert.ok(currentLeaderboards >= 1);
  assert.equal(remainingLeaderboards, null);
});

test("what goes wrong is typed, with the server's code and field", async () => {
  const refused = async (asking) => {
    const error = await asking.then(() => assert.fail("was answered"), (error) => error);
    assert.ok(error instanceof RankoraError, error);
    return [error.code, error.field, error.status];
  };
  assert.deepEqual(await refused(management.createLeaderboard({ name: "" })), ["invalid_name", "name", 400]);
  assert.deepEqual(await refused(management.updateLeaderboard(randomUUID(), { name: "Any" })), ["not_found", undefined, 404]);
  const board = await server.board();
  assert.deepEqual(await refused(management.createKey(board.id, { kind: "management" })), ["invalid_kind", "kind", 400]);
  assert.deepEqual(await refused(new Management(board.secret).leaderboards()), ["forbidden", undefined, 403]);
  assert.deepEqual(await refused(new Rankora(server.management("everything")).list()), ["forbidden", undefined, 403]);
});

test("nothing is sent where an id would make another route of the path", async () => {
  const nowhere = answering(json({ success: true }));
  const careful = new Management({ baseUrl: "https://scores.example.org", fetch: nowhere.fetch });
  const board = randomUUID();
  for (const wrong of ["", "..", `${board}/keys`, `${board}?`, undefined]) {
    await assert.rejects(careful.deleteLeaderboard(wrong), { code: "invalid_id", field: "id" });
    await assert.rejects(careful.keys(wrong), { code: "invalid_id" });
    await assert.rejects(careful.revokeKey(board, wrong), { code: "invalid_key_id", field: "key_id" });
  }
  assert.equal(nowhere.asked.length, 0);
});

test("reads are repeated, and what changes something only where it was turned away", async () => {
  const board = randomUUID();
  const changes = [
    (client) => client.createLeaderboard({ name: "Once" }),
    (client) => client.updateLeaderboard(board, { name: "Once" }),
    (client) => client.resetLeaderboard(board),
    (client) => client.deleteLeaderboard(board),
    (client) => client.createKey(board, { kind: "secret" }),
    (client) => client.revokeKey(board, board),
  ];
  const clientOf = ({ fetch }) => new Management({ baseUrl: "https://scores.example.org", fetch });
  for (const change of changes) {
    const lost = answering(unreachable, json({}));
    await assert.rejects(change(clientOf(lost)), { code: "network" });
    assert.equal(lost.asked.length, 1, change);
    const refused = answering(refusal(429, "rate_limited"), json({}));
    await change(clientOf(refused));
    assert.equal(refused.asked.length, 2, change);
  }
  const read = answering(unreachable, json({ keys: [] }));
  assert.deepEqual(await clientOf(read).keys(board), []);
});
