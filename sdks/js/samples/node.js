// Submits a score and prints the top ten around it. Node 20, Deno and Bun.
//
//   RANKORA_KEY=rk_sec_… node node.js http://127.0.0.1:8080 "Ada" 9500

import { formatScore, Rankora, RankoraError } from "rankora";

const [baseUrl, name, score] = process.argv.slice(2);
const rankora = new Rankora({ baseUrl, key: process.env.RANKORA_KEY });

try {
  const { playerId, rank } = await rankora.submit({ name, score: Number(score) });
  const { scoreFormat } = await rankora.leaderboard();
  const { entries } = await rankora.list({ limit: 10, offset: Math.max(0, rank - 5), playerId });
  for (const entry of entries) {
    const mark = entry.isCurrentPlayer ? "→" : " ";
    console.log(`${mark} ${entry.rank}. ${entry.name}  ${formatScore(entry.score, scoreFormat)}`);
  }
} catch (error) {
  if (!(error instanceof RankoraError)) throw error;
  console.error(`${error.message} (${error.code}${error.requestId ? `, request ${error.requestId}` : ""})`);
  process.exitCode = 1;
}
