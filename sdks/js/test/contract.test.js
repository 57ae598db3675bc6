// The SDK sends the requests of the fixtures, and understands their answers.

import assert from "node:assert/strict";
import { test } from "node:test";

import { checkName, LiveLeaderboard, Rankora, RankoraError } from "../src/index.js";
import { Management } from "../src/management.js";
import { eventually } from "./support/eventually.js";
import { filled, scenarios, withHandles } from "./support/fixtures.js";

const BASE = "https://scores.example.org";
const KEYS = { secret: "rk_sec_test", publishable: "rk_pub_test", management: "rk_mgt_test", none: undefined };

/** The method that sends a request, and what it makes of the answer. */
function call(client, { method, path, headers, body }) {
  const url = new URL(path, BASE);
  const query = url.searchParams;
  const player = /^\/leaderboard\/entries\/(.+)$/.exec(url.pathname)?.[1];
  if (method === "POST") {
    const { player_id: playerId, ...rest } = body;
    return client.submit({ ...rest, playerId }, { idempotencyKey: headers?.["Idempotency-Key"] });
  }
  if (method === "DELETE") return client.remove(player);
  if (player) return client.entry(player);
  if (url.pathname === "/leaderboard") return client.leaderboard();
  if (url.pathname === "/usage") return client.usage();
  const number = (name) => (query.has(name) ? Number(query.get(name)) : undefined);
  return client.list({
    limit: number("limit"),
    offset: number("offset"),
    order: query.get("order"),
    playerId: query.get("player_id"),
  });
}

function checkRequest({ url, init }, { method, path, headers, body, key }) {
  assert.equal(url, `${BASE}/api/v1${path}`);
  assert.equal(init.method, method);
  const sent = new Headers(init.headers);
  assert.equal(sent.get("authorization"), KEYS[key] ? `Bearer ${KEYS[key]}` : null);
  for (const [name, value] of Object.entries(headers ?? {})) assert.equal(sent.get(name), value);
  // Names are sent as they will be kept.
  const isSubmission = body && path === "/leaderboard/entries";
  const expected = isSubmission ? { ...body, name: checkName(body.name) } : body;
  assert.deepEqual(init.body && JSON.parse(init.body), expected);
  assert.equal(sent.get("content-type"), body ? "application/json" : null);
}

/** An answer in the names of the wire, so that what the SDK made of it can be compared. */
function toWire(value) {
  if (Array.isArray(value)) return value.map(toWire);
  if (value === null || typeof value !== "object") return value;
  const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const pairs = Object.entries(value).map(([name, inner]) => [
    snake(name),
    name === "metadata" ? inner : toWire(inner),
  ]);
  return Object.fromEntries(pairs);
}

/** The method that sends a request with a management key. */
function manage(client, { method, path, body }) {
  const url = new URL(path, BASE);
  const [, , id, part, keyId] = url.pathname.split("/");
  const settings = body && { ...body, sortOrder: body.sort_order, scoreFormat: body.score_format };
  if (url.pathname === "/usage") return client.usage();
  if (part === "reset") return client.resetLeaderboard(id);
  if (part === "keys" && method === "POST") return client.createKey(id, body);
  if (part === "keys") return method === "DELETE" ? client.revokeKey(id, keyId) : client.keys(id);
  if (method === "POST") return client.createLeaderboard(settings);
  if (method === "PATCH") return client.updateLeaderboard(id, settings);
  if (method === "DELETE") return client.deleteLeaderboard(id);
  if (id) return client.leaderboard(id);
  const number = (name) => (url.searchParams.has(name) ? Number(url.searchParams.get(name)) : undefined);
  return client.leaderboards({ limit: number("limit"), offset: number("offset") });
}

async function checkStep({ request, response, refused_before_sending: isKnown }, { Client = Rankora, ask = call } = {}) {
  const sent = [];
  const answer = filled(response.body);
  const fetch = async (url, init) => {
    sent.push({ url, init });
    return new Response(JSON.stringify(answer), { status: response.status, headers: filled(response.headers ?? {}) });
  };
  const client = new Client({ baseUrl: BASE, key: KEYS[request.key], fetch, retries: 0 });
  const result = await ask(client, request).catch((error) => error);

  assert.equal(sent.length, isKnown ? 0 : 1, "requests that were sent");
  if (!isKnown) checkRequest(sent[0], request);
  if (response.status < 300) {
    if (request.method === "DELETE") assert.equal(result, undefined);
    else if (request.path.endsWith("/reset")) assert.equal(result, answer.removed_entries);
    else if (answer.keys) assert.deepEqual(toWire(result), answer.keys);
    // Usage has the SDK's names on the wire already.
    else assert.deepEqual(toWire(result), request.path === "/usage" ? toWire(answer) : answer);
    return;
  }
  assert.ok(result instanceof RankoraError, String(result));
  assert.equal(result.code, answer.code);
  assert.equal(result.field, answer.field);
  assert.ok(result.message.length > 5);
  if (isKnown) return;
  assert.equal(result.status, response.status);
  assert.equal(result.message, answer.error);
  assert.equal(result.retryAfter, response.headers?.["retry-after"] && 40);
  assert.equal(result.requestId, response.headers?.["x-request-id"] && "Some text");
}

/** Plays a stream's messages to a live leaderboard. */
async function checkStream(steps, t) {
  const { request } = steps.find((step) => step.messages?.[0]?.type === "connected");
  const query = new URL(request.path, BASE).searchParams;
  const encoder = new TextEncoder();
  let stream;
  const fetch = async (url, init) => {
    if (url.endsWith("/leaderboard")) return Response.json({ sort_order: "desc" });
    checkRequest({ url, init: { ...init, method: "GET" } }, request);
    const body = new ReadableStream({ start: (controller) => void (stream = controller) });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
  const live = new LiveLeaderboard(new Rankora({ baseUrl: BASE, key: KEYS[request.key], fetch }), {
    limit: Number(query.get("limit")),
    ...(query.has("order") && { order: query.get("order") }),
    ...(query.has("player_id") && { playerId: query.get("player_id") }),
  });
  let told = 0;
  t.after(live.subscribe(() => (told += 1)));
  await eventually("the stream is opened", () => stream);
  let id = 0;
  for (const { name, messages = [], page } of steps) {
    for (const message of messages) {
      const before = told;
      id += 1;
      const ids = message.type === "connected" ? "" : `id: ${id}-1\n`;
      stream.enqueue(encoder.encode(`${ids}data: ${JSON.stringify(withHandles(filled(message)))}\n\n`));
      if (message.type !== "connected") await eventually(`${name} is told`, () => told > before);
    }
    const shown = live.getSnapshot().entries.map(({ name, score, rank }) => ({ name, score, rank }));
    if (page) assert.deepEqual(shown, page, name);
  }
  return live;
}

for (const { name, steps } of scenarios()) {
  test(name, async (t) => {
    const isStreamed = steps.some((step) => step.messages?.length);
    if (isStreamed) return void (await checkStream(steps, t));
    for (const step of steps) {
      const { text, path } = step.request;
      if (text || path.startsWith("/realtime")) continue;
      await t.test(step.name, () => checkStep(step));
    }
  });
}

for (const { name, steps } of scenarios("management/")) {
  test(`management/${name}`, async (t) => {
    // What a name in braces stands for makes no difference to a client, as long as it is an id.
    const text = JSON.stringify(steps).replace(/\{[a-z]+\}/g, "67e55044-10b1-426f-9247-bb680e5fe0c8");
    for (const step of JSON.parse(text)) {
      await t.test(step.name, () => checkStep(step, { Client: Management, ask: manage }));
    }
  });
}
