// A player's program: what waits is kept in a file.
// node player.js BASE_URL KEY FILE submit SCORE | flush

import { existsSync, readFileSync, writeFileSync } from "node:fs";

import { Rankora, SubmissionQueue } from "../../src/index.js";

const [baseUrl, key, file, action, score] = process.argv.slice(2);
const read = () => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {});
const storage = {
  getItem: (name) => read()[name] ?? null,
  setItem: (name, value) => writeFileSync(file, JSON.stringify({ ...read(), [name]: value })),
};
const queue = new SubmissionQueue(new Rankora({ baseUrl, key }), { storage, keep: "all" });
const playerId = await queue.playerId();
const answer = action === "submit" ? await queue.submit({ name: "Ada", score: Number(score) }) : await queue.flush();
const waiting = (await queue.pending()).length;
console.log(JSON.stringify({ playerId, answer, waiting }));
// Ended as a player ends a game.
process.exit();
