// In a real Chromium: a page of one site, and the server on another.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";

import { Rankora } from "../src/index.js";
import { Browser } from "./support/browser.js";
import { eventually } from "./support/eventually.js";
import { InstalledPackage } from "./support/package.js";
import { Server } from "./support/server.js";
import { Site } from "./support/site.js";

let [server, installed, site, browser] = [];

before(async () => {
  installed = new InstalledPackage();
  const map = installed.importMap();
  const page = `<!doctype html><title>A game</title><link rel="icon" href="data:," />
    <script type="importmap">${JSON.stringify(map)}</script>
    <script type="module">
      import * as sdk from "rankora";
      globalThis.sdk = sdk;
    </script>`;
  // Maps of imports aren't for workers.
  const worker = `import { Rankora } from "${map.imports.rankora}";
    onmessage = async ({ data: { options, list } }) => {
      const client = new Rankora(options);
      postMessage([self.constructor.name, await client.list(list)]);
    };`;
  site = await Site.start(installed.directory, { "/game.html": page, "/worker.js": worker });
  server = await Server.start();
  browser = await Browser.start();
});
afterEach(async () => {
  await server.ensureRunning();
  await browser.setOnline(true);
});
after(async () => {
  await browser?.stop();
  await server?.stop();
  await site?.stop();
  installed?.remove();
});

/** Opens the game, and waits until the package is there. */
async function open() {
  await browser.open(`${site.url}/game.html`);
  await browser.until("the package is loaded", () => "sdk" in globalThis);
  await browser.console();
}

async function filled(settings) {
  const board = await server.board(settings);
  const writer = new Rankora(board.secret);
  const playerId = randomUUID();
  for (const [name, score] of [["Ada", 30], ["Bob", 20], ["Cyd", 10]]) {
    await writer.submit({ name, score, metadata: { level: score / 10 }, ...(name === "Bob" && { playerId }) });
  }
  return { board, writer, playerId };
}

test("a page of another site lists and ranks with a publishable key, without a word on the console", async (t) => {
  t.diagnostic(browser.version);
  const { board, writer, playerId } = await filled();
  await open();
  const seen = await browser.run(
    async (options, playerId) => {
      const client = new sdk.Rankora(options);
      const page = await client.list({ limit: 2, playerId });
      const all = [];
      for await (const { name } of client.entries({ limit: 2 })) all.push(name);
      return { page, all, entry: await client.entry(playerId), board: await client.leaderboard(), origin };
    },
    board.publishable,
    playerId,
  );
  assert.notEqual(seen.origin, new URL(board.publishable.baseUrl).origin);
  assert.deepEqual(seen.page, await writer.list({ limit: 2, playerId }));
  assert.equal(seen.page.entries[1].isCurrentPlayer, true);
  assert.deepEqual(seen.all, ["Ada", "Bob", "Cyd"]);
  assert.deepEqual([seen.entry.rank, seen.entry.score, seen.entry.metadata], [2, 20, { level: 2 }]);
  assert.equal(seen.board.totalEntries, 3);
  assert.deepEqual(await browser.console(), []);
});

test("the sample page shows the leaderboard as it changes", async () => {
  const { board, writer } = await filled({ score_format: "time" });
  const samples = join(installed.directory, "node_modules/rankora/samples");
  const sample = await readFile(join(samples, "browser.html"), "utf8");
  // As its head says: a server and a publishable key of one's own.
  const filledIn = sample.replace("http://127.0.0.1:8080", board.publishable.baseUrl).replace("rk_pub_…", board.publishable.key);
  await writeFile(join(samples, "mine.html"), filledIn);
  await browser.open(`${site.url}/node_modules/rankora/samples/mine.html`);
  await browser.until("it is live", () => document.getElementById("state").innerText === "3 players, live");
  assert.match(await browser.run(() => document.getElementById("entries").innerText), /^Ada +0:30.000/);
  await writer.submit({ name: "Dan", score: 83.25 });
  await browser.until("the new one is first", () => /^Dan +1:23.25/.test(document.getElementById("entries").innerText));
});

test("errors come with the server's code across sites, and with what the headers say", async () => {
  const board = await server.board({}, "slow");
  await open();
  const errors = await browser.run(async ({ baseUrl, key }) => {
    const said = ({ code, status, retryAfter = null, requestId }) => ({ code, status, retryAfter, hasRequestId: !!requestId });
    const failure = (asking) => asking.then(() => null, said);
    const client = new sdk.Rankora({ baseUrl, key, retries: 0 });
    const stranger = new sdk.Rankora({ baseUrl, key: "rk_pub_x", retries: 0 });
    const nowhere = new sdk.Rankora({ baseUrl: "http://127.0.0.1:1", key, retries: 0 });
    const fast = await Promise.all(Array.from({ length: 3 }, () => failure(client.leaderboard())));
    return { stranger: await failure(stranger.list()), nowhere: await failure(nowhere.list()), fast: fast.find(Boolean) };
  }, board.publishable);
  assert.deepEqual(errors, {
    stranger: { code: "unauthorized", status: 401, retryAfter: null, hasRequestId: true },
    nowhere: { code: "network", status: 0, retryAfter: null, hasRequestId: false },
    fast: { code: "rate_limited", status: 429, retryAfter: 1, hasRequestId: true },
  });
});

test("a live leaderboard streams into a page, and goes on where it was when the server was restarted", async () => {
  const { board, writer } = await filled();
  await open();
  await browser.run((options) => {
    globalThis.streams = [];
    const fetch = (url, init) => {
      if (url.includes("/realtime")) streams.push(init.headers.get("Last-Event-ID"));
      return globalThis.fetch(url, init);
    };
    globalThis.live = new sdk.LiveLeaderboard(new sdk.Rankora({ ...options, fetch }), { limit: 10 });
    live.subscribe(() => {});
  }, board.publishable);
  const isLive = () => browser.until("it is live", () => live.getSnapshot().state === "live");
  const shows = async () => {
    const { entries } = await writer.list({ limit: 10 });
    await browser.until("it shows the list", (text) => JSON.stringify(live.getSnapshot().entries) === text, JSON.stringify(entries));
  };
  await isLive();
  await shows();
  await writer.submit({ name: "Dee", score: 40 });
  await shows();
  assert.equal(await browser.run(() => live.getSnapshot().entries[0].name), "Dee");

  await server.kill();
  await browser.until("it is noticed", () => live.getSnapshot().state === "reconnecting");
  assert.equal(await browser.run(() => live.getSnapshot().entries.length), 4, "what is known is shown on");
  await server.restart();
  await writer.submit({ name: "Eve", score: 50 });
  await isLive();
  await writer.submit({ name: "Fay", score: 5 });
  await shows();
  const [first, second] = await browser.run(() => streams);
  assert.equal(first, null);
  assert.match(second, /^\d+-/);
});

test("a secret key in a page is warned of on the console, and a publishable one is not", async () => {
  const board = await server.board();
  const warningsOf = async (options) => {
    await open();
    await browser.run((options) => {
      new sdk.Rankora(options);
      console.info("that is all");
    }, options);
    const said = [];
    await eventually("the console is read to its end", async () => {
      said.push(...(await browser.console()));
      return said.some(({ message }) => message.includes("that is all"));
    });
    return said.filter(({ level, message }) => level === "WARNING" && message.includes("secret key"));
  };
  assert.equal((await warningsOf(board.secret)).length, 1);
  assert.deepEqual(await warningsOf(board.publishable), []);
});

test("what waits in localStorage survives a reload, and is sent once when the server is back", async () => {
  const board = await server.board({ policy: "sum" });
  site.env = { RANKORA_URL: server.baseUrl, RANKORA_SECRET_KEY: board.secret.key };
  const queued = () =>
    browser.run(async () => {
      // The game's own server, which has the key.
      globalThis.queue ??= new sdk.SubmissionQueue(new sdk.Rankora({ baseUrl: origin, retries: 0 }), { keep: "all" });
      return { playerId: await queue.playerId(), scores: (await queue.pending()).map(({ score }) => score) };
    });
  const submit = (score) => browser.run((score) => queue.submit({ name: "Ada", score }), score);
  await open();
  const { playerId, scores } = await queued();
  assert.deepEqual(scores, []);
  assert.equal((await submit(1)).rank, 1);

  await server.kill();
  assert.deepEqual([await submit(10), await submit(20)], [null, null]);
  await browser.reload();
  await browser.until("the package is loaded again", () => "sdk" in globalThis);
  assert.deepEqual(await queued(), { playerId, scores: [10, 20] });

  await server.restart();
  await browser.run(() => queue.flush());
  assert.deepEqual(await queued(), { playerId, scores: [] });
  const reader = new Rankora(board.publishable);
  assert.equal((await reader.entry(playerId)).score, 31);

  // And without a network at all.
  await browser.setOnline(false);
  assert.equal(await submit(100), null);
  await browser.setOnline(true);
  await eventually("it is sent by itself", async () => (await reader.entry(playerId)).score === 131);
  await eventually("its answer is there", async () => (await queued()).scores.length === 0);
});

test("a worker lists as its page does", async () => {
  const { board, writer } = await filled();
  await open();
  const [kind, list] = await browser.run(
    (message) =>
      new Promise((resolve, reject) => {
        const worker = new Worker("/worker.js", { type: "module" });
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.postMessage(message);
      }),
    { options: board.publishable, list: { limit: 2, order: "asc" } },
  );
  assert.equal(kind, "DedicatedWorkerGlobalScope");
  assert.deepEqual(list, await writer.list({ limit: 2, order: "asc" }));
});
