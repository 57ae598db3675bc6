// Against a real server: what holds when it is killed, when networks break, and when the key has limits.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { checkMetadata, checkName, LiveLeaderboard, Rankora, SubmissionQueue } from "../src/index.js";
import { eventually } from "./support/eventually.js";
import { Server } from "./support/server.js";

let server;
before(async () => (server = await Server.start()));
after(() => server.stop());

/** The runtime's `fetch`, which keeps what was asked, and can break the streams that it opened. */
function breakable() {
  const asked = [];
  let breaks = new AbortController();
  return {
    asked,
    streams: () => asked.filter(({ path }) => path.startsWith("/api/v1/realtime")),
    breakStreams() {
      breaks.abort(new Error("the network is gone"));
      breaks = new AbortController();
    },
    async fetch(url, init) {
      const { pathname, search } = new URL(url);
      const headers = Object.fromEntries(init.headers);
      asked.push({ path: pathname + search, headers });
      return fetch(url, { ...init, signal: AbortSignal.any([init.signal, breaks.signal]) });
    },
  };
}

/** A live leaderboard with all snapshots that it told. */
function follow(t, client, options) {
  const live = new LiveLeaderboard(client, options);
  const told = [];
  t.after(live.subscribe((snapshot) => told.push(snapshot)));
  return { live, told };
}

const isLive = ({ live }) => eventually("it is live", () => live.getSnapshot().state === "live");

/** Waits until a live leaderboard shows what the list shows. */
async function showsTheList(reader, { live }, options) {
  let seen;
  const { entries, pagination } = await reader.list(options);
  await eventually(`${JSON.stringify(options)} shows the list`, () => {
    seen = live.getSnapshot();
    return seen.total === pagination.total && JSON.stringify(seen.entries) === JSON.stringify(entries);
  }).catch((error) => {
    assert.deepEqual(seen.entries, entries, error.message);
    throw error;
  });
}

test("whatever happens on the leaderboard, a live one shows what the list shows", async (t) => {
  const board = await server.board();
  const [writer, reader] = [new Rankora(board.secret), new Rankora(board.publishable)];
  const players = Array.from({ length: 12 }, () => randomUUID());
  const pages = [
    { limit: 5 },
    { limit: 3, offset: 2 },
    { limit: 50 },
    { limit: 5, order: "asc" },
    { limit: 4, offset: 3, order: "asc" },
    { limit: 5, order: "desc" },
  ];
  const followers = pages.map((page) => follow(t, reader, page));
  await Promise.all(followers.map(isLive));
  for (let round = 0; round < 12; round += 1) {
    for (let change = 0; change < 8; change += 1) {
      const playerId = players[Math.floor(Math.random() * players.length)];
      // Few scores, so that many are equal.
      const score = Math.floor(Math.random() * 6);
      const name = `Player ${Math.floor(Math.random() * 3)}`;
      if (Math.random() < 0.25) await writer.remove(playerId).catch(({ code }) => assert.equal(code, "not_found"));
      else await writer.submit({ name, score, playerId });
    }
    for (const [index, page] of pages.entries()) await showsTheList(reader, followers[index], page);
  }
  // And nothing that it told was out of order on the way.
  for (const { told } of followers) {
    for (const { entries } of told) {
      for (let index = 1; index < entries.length; index += 1) assert.ok(entries[index].rank > entries[index - 1].rank);
    }
  }
});

test("a leaderboard that is turned around shows in both orders", async (t) => {
  const board = await server.board();
  const [writer, reader] = [new Rankora(board.secret), new Rankora(board.publishable)];
  for (let score = 0; score < 8; score += 1) await writer.submit({ name: `Player ${score}`, score });
  const pages = [{ limit: 5 }, { limit: 5, order: "asc" }];
  const followers = pages.map((page) => follow(t, reader, page));
  await Promise.all(followers.map(isLive));
  await server.manage("everything", `/leaderboards/${board.id}`, { sort_order: "asc" }, "PATCH");
  await eventually("it is turned around", async () => (await reader.leaderboard()).sortOrder === "asc");
  await writer.submit({ name: "In between", score: 2.5 });
  for (const [index, page] of pages.entries()) await showsTheList(reader, followers[index], page);
});

test("a followed player's entry is right, on the page or not", async (t) => {
  const board = await server.board();
  const [writer, reader] = [new Rankora(board.secret), new Rankora(board.publishable)];
  const playerId = randomUUID();
  const mine = follow(t, reader, { limit: 1, playerId });
  await isLive(mine);
  assert.equal(mine.live.getSnapshot().player, null);
  const ranked = (rank, score) => () => {
    const { player } = mine.live.getSnapshot();
    return player?.rank === rank && player.score === score && player.isCurrentPlayer;
  };
  await writer.submit({ name: "Ada", score: 10, playerId });
  await eventually("the player is first", ranked(1, 10));
  await writer.submit({ name: "Bob", score: 20 });
  await eventually("the player is second", ranked(2, 10));
  await showsTheList(reader, mine, { limit: 1, playerId });
  await writer.submit({ name: "Ada", score: 30, playerId });
  await eventually("the player is first again", ranked(1, 30));
  await showsTheList(reader, mine, { limit: 1, playerId });
});

test("a stream that broke goes on where it was, and tells one by one what it missed", async (t) => {
  const board = await server.board();
  const writer = new Rankora(board.secret);
  const network = breakable();
  const reader = new Rankora({ ...board.publishable, fetch: network.fetch });
  const follower = follow(t, reader, { limit: 50 });
  // The server remembers what happened for as long as somebody listens.
  const other = follow(t, writer, { limit: 50 });
  await Promise.all([follower, other].map(isLive));
  const playerId = randomUUID();
  const shownScores = () => follower.told.map(({ entries }) => entries[0]?.score);

  // To a leaderboard that is younger than ten seconds, a fresh page comes instead.
  await eventually("what was missed is told one by one", async () => {
    const { length } = network.streams();
    await writer.submit({ name: "Ada", score: 0, playerId });
    await showsTheList(writer, follower, { limit: 50 });
    network.breakStreams();
    await eventually("it is noticed", () => follower.live.getSnapshot().state === "reconnecting");
    assert.equal(follower.live.getSnapshot().entries[0].name, "Ada", "what is known is shown on");
    for (const score of [1, 2, 3]) await writer.submit({ name: "Ada", score, playerId });
    await showsTheList(writer, follower, { limit: 50 });
    const streams = network.streams();
    assert.equal(streams.length, length + 1);
    assert.match(streams.at(-1).headers["last-event-id"], /^\d+-/);
    return shownScores().slice(-4).join() === "0,1,2,3";
  });
  assert.equal(network.asked.length, network.streams().length, "nothing but streams was asked for");
});

test("a server that is killed and comes back leaves nothing wrong", async (t) => {
  const board = await server.board();
  const [writer, reader] = [new Rankora(board.secret), new Rankora(board.publishable)];
  await writer.submit({ name: "Ada", score: 1 });
  const follower = follow(t, reader, { limit: 10 });
  await isLive(follower);
  await server.kill();
  await eventually("it is noticed", () => follower.live.getSnapshot().state === "reconnecting");
  await server.restart();
  await writer.submit({ name: "Bob", score: 2 });
  await isLive(follower);
  await writer.submit({ name: "Cyd", score: 3 });
  await showsTheList(reader, follower, { limit: 10 });
  await isLive(follower);
});

test("a plan without streams is polled, the player from outside the page as well", async (t) => {
  const board = await server.board({}, "no-streams");
  const [writer, reader] = [new Rankora(board.secret), new Rankora(board.publishable)];
  const playerId = randomUUID();
  for (const score of [5, 6]) await writer.submit({ name: "Ahead", score });
  await writer.submit({ name: "Ada", score: 1, playerId });
  const follower = follow(t, reader, { limit: 1, playerId, pollEvery: 50 });
  await eventually("it is polled", () => follower.live.getSnapshot().state === "polling");
  assert.deepEqual([follower.live.getSnapshot().player.rank, follower.live.getSnapshot().total], [3, 3]);
  await writer.submit({ name: "Late", score: 9 });
  await showsTheList(reader, follower, { limit: 1 });
  await eventually("the player falls", () => follower.live.getSnapshot().player.rank === 4);
  assert.ok(!follower.told.some(({ state }) => state === "live"));
});

test("where something holds streams back, it is polled, and streamed as soon as that ends", async (t) => {
  const board = await server.board();
  const writer = new Rankora(board.secret);
  await writer.submit({ name: "Ada", score: 1 });
  const network = breakable();
  let isHeldBack = true;
  const proxied = async (url, init) => {
    const isStream = new URL(url).pathname.endsWith("/realtime");
    return isStream && isHeldBack ? new Response("<html>", { status: 200 }) : network.fetch(url, init);
  };
  const reader = new Rankora({ ...board.publishable, fetch: proxied });
  const follower = follow(t, reader, { limit: 10, pollEvery: 50 });
  const isPolled = () => follower.live.getSnapshot().state === "polling";
  await eventually("it is polled", isPolled);
  await writer.submit({ name: "Bob", score: 2 });
  await showsTheList(writer, follower, { limit: 10 });
  isHeldBack = false;
  await isLive(follower);
  await writer.submit({ name: "Cyd", score: 3 });
  await showsTheList(writer, follower, { limit: 10 });

  // Once more, with something to go on from: what was polled meanwhile is newer than that.
  isHeldBack = true;
  network.breakStreams();
  await eventually("it is polled again", isPolled);
  await writer.submit({ name: "Dee", score: 4 });
  await showsTheList(writer, follower, { limit: 10 });
  isHeldBack = false;
  await isLive(follower);
  await writer.submit({ name: "Eve", score: 5 });
  await showsTheList(writer, follower, { limit: 10 });
  assert.deepEqual(network.streams().map(({ headers }) => headers["last-event-id"]), [undefined, undefined]);
});

test("a key that is revoked ends it, and says so", async (t) => {
  const board = await server.board();
  const follower = follow(t, new Rankora(board.publishable));
  await isLive(follower);
  await server.manage("everything", `/leaderboards/${board.id}/keys/${board.publishable.id}`, undefined, "DELETE");
  await eventually("it is stopped", () => follower.live.getSnapshot().state === "stopped");
  assert.equal(follower.live.getSnapshot().error.code, "unauthorized");
});

test("who unsubscribes asks no more, and who comes back goes on", async (t) => {
  const board = await server.board();
  const writer = new Rankora(board.secret);
  const network = breakable();
  const live = new LiveLeaderboard(new Rankora({ ...board.publishable, fetch: network.fetch }));
  const stop = live.subscribe(() => {});
  await isLive({ live });
  stop();
  await writer.submit({ name: "Ada", score: 1 });
  assert.equal(live.getSnapshot().total, 0);
  t.after(live.subscribe(() => {}));
  await showsTheList(writer, { live }, {});
  assert.equal(network.streams().length, 2);
});

test("who is too fast waits as long as the server says", async () => {
  const board = await server.board({}, "slow");
  const client = new Rankora(board.publishable);
  await client.leaderboard();
  const began = Date.now();
  await client.leaderboard();
  assert.ok(Date.now() - began >= 1000, `${Date.now() - began} ms`);
  const impatient = { retries: 0 };
  const error = await Promise.any([client.leaderboard(impatient), client.leaderboard(impatient)].map((asking) =>
    asking.then(() => Promise.reject(new Error("was answered")), (error) => error)));
  assert.deepEqual([error.code, error.status, error.retryAfter], ["rate_limited", 429, 1]);
  assert.ok(error.requestId);
});

test("a submission whose answer is lost is counted once", async () => {
  const board = await server.board({ policy: "sum" });
  let lost = 0;
  const losing = async (url, init) => {
    const response = await fetch(url, init);
    if (init.method === "POST" && lost < 2) {
      lost += 1;
      throw new TypeError("connection reset");
    }
    return response;
  };
  const client = new Rankora({ ...board.secret, fetch: losing });
  const { score, playerId } = await client.submit({ name: "Ada", score: 7 });
  assert.deepEqual([lost, score, (await client.entry(playerId)).score], [2, 7, 7]);
});

test("what waits is sent once by the next process, though the first one was killed meanwhile", async (t) => {
  const board = await server.board({ policy: "sum" });
  const directory = mkdtempSync(join(tmpdir(), "rankora-js-queue-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const program = fileURLToPath(new URL("support/player.js", import.meta.url));
  const play = async (...args) => {
    const all = [program, board.secret.baseUrl, board.secret.key, join(directory, "kept.json"), ...args];
    return JSON.parse((await promisify(execFile)(process.execPath, all)).stdout);
  };
  const { playerId } = await play("submit", "3");
  await server.kill();
  for (const score of ["10", "20"]) assert.deepEqual((await play("submit", score)).answer, null);
  await server.restart();
  const { waiting } = await play("flush");
  assert.equal(waiting, 0);
  const entry = await new Rankora(board.publishable).entry(playerId);
  assert.deepEqual([entry.score, entry.name], [33, "Ada"]);
  assert.equal((await play("flush")).waiting, 0);
  assert.equal((await new Rankora(board.publishable).entry(playerId)).score, 33);
});

test("an entry that a reset took away comes back", async () => {
  const board = await server.board({ policy: "best" });
  const queue = new SubmissionQueue(new Rankora(board.secret), { name: randomUUID(), keep: "best" });
  const playerId = await queue.playerId();
  await queue.submit({ name: "Ada", score: 10, metadata: { level: 3 } });
  await queue.submit({ name: "Ada", score: 5 });
  await server.manage("everything", `/leaderboards/${board.id}/reset`, {});
  const entry = await queue.entry();
  assert.deepEqual([entry.playerId, entry.score, entry.rank], [playerId, 10, 1]);
  await queue.remove();
  await assert.rejects(queue.entry(), { code: "not_found" });
  queue.close();
});

test("all entries can be read, page by page", async () => {
  const board = await server.board();
  const client = new Rankora(board.secret);
  for (let score = 1; score <= 12; score += 1) await client.submit({ name: `Player ${score}`, score });
  const scores = [];
  for await (const entry of client.entries({ limit: 5, order: "asc" })) scores.push(entry.score);
  assert.deepEqual(scores, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
});

test("the rules that are checked before sending are the server's", async () => {
  const board = await server.board();
  const client = new Rankora(board.secret);
  const verdict = async (body) => {
    const response = await client.fetch("/leaderboard/entries", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    return response.ok ? response.json() : (await response.json()).code;
  };
  const local = (check, value) => {
    try {
      return [check(value)];
    } catch ({ code }) {
      return code;
    }
  };
  const parts = ["a", "Z", "9", " ", "_", "-", ".", "é", "e\u0301", "ह", "\u093f", "中", "١", "²", "😀", "𝒜", "\ufeff", "\u0085", "\u200d", "\u3000", "\t"];
  const names = Array.from({ length: 150 }, () =>
    Array.from({ length: 1 + Math.floor(Math.random() * 8) }, () => parts[Math.floor(Math.random() ** 2 * parts.length)]).join(""));
  for (const name of [...names, ...[49, 50, 51].map((length) => "é".repeat(length))]) {
    const answer = await verdict({ name, score: 1 });
    const kept = local(checkName, name);
    if (typeof answer === "string") assert.equal(kept, answer, JSON.stringify(name));
    else assert.deepEqual(kept, [(await client.entry(answer.player_id)).name], JSON.stringify(name));
  }
  const numbers = [9e61, 1e62, -9e60, -1e61, -2e61, 1e-62, 1e-63, -1e-61, -1e-62, 1.5e-61, 1.5e-62, 5e-324, 1e308, 2 ** 63, -(2 ** 60), 1e21];
  const texts = [63, 64, 65].flatMap((length) => ["a".repeat(length), "😀".repeat(length)]);
  for (const value of [...numbers, ...texts, true, null, [], {}]) {
    const answer = await verdict({ name: "Ada", score: 1, metadata: { value } });
    const kept = local(checkMetadata, { value });
    assert.equal(typeof kept === "string" ? kept : "taken", typeof answer === "string" ? answer : "taken", `${typeof value} ${value}`);
  }
  for (const score of [2 ** 53, 2 ** 60, -(2 ** 70), 1e21, 1.5e300, 5e-324, 0.1]) {
    const { playerId } = await client.submit({ name: "Ada", score });
    assert.equal((await client.entry(playerId)).score, score);
  }
});
