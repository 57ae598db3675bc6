// What an app does first, on whatever runtime this is run by, with the package as it is installed beside it.
// smoke.js BASE_URL SECRET_KEY PUBLISHABLE_KEY MANAGEMENT_KEY

import process from "node:process";

import { LiveLeaderboard, Rankora, RankoraError, SubmissionQueue } from "rankora";
import { Management } from "rankora/management";

const [baseUrl, secret, publishable, managing] = process.argv.slice(2);
const writer = new Rankora({ baseUrl, key: secret });
const reader = new Rankora({ baseUrl, key: publishable });

const { playerId, rank } = await writer.submit({ name: "Ada", score: 10, metadata: { level: 3 } });
const { entries } = await reader.list({ limit: 5, playerId });
const refusal = await reader.submit({ name: "Ada", score: 11 }).catch((error) => error);

const live = new LiveLeaderboard(reader, { limit: 5 });
let stop = () => {};
/** Waits until the live leaderboard shows something. */
const shown = (probe) => {
  stop();
  return new Promise((resolve) => (stop = live.subscribe((snapshot) => probe(snapshot) && resolve(snapshot))));
};
await shown(({ state }) => state === "live");
const queue = new SubmissionQueue(writer, { keep: "best" });
await queue.submit({ name: "Bob", score: 20 });
const snapshot = await shown(({ entries }) => entries[0]?.name === "Bob");
stop();
queue.close();

const { leaderboards } = await new Management({ baseUrl, key: managing }).leaderboards();
console.log(
  JSON.stringify({
    rank,
    listed: entries.map(({ name, score, metadata, isCurrentPlayer }) => ({ name, score, metadata, isCurrentPlayer })),
    refusal: [refusal instanceof RankoraError, refusal.code, refusal.status],
    live: [snapshot.state, snapshot.total, snapshot.entries.map(({ name, rank }) => `${rank} ${name}`)],
    managed: leaderboards.some(({ name }) => name === "Smoke"),
  }),
);
