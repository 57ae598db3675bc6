// Read by tsc alone: what is declared is what there is, and what a program may and may not write.

import type * as declared from "rankora";
import { formatScore, LiveLeaderboard, Rankora, RankoraError, SubmissionQueue } from "rankora";
import type * as declaredManagement from "rankora/management";
import { Management } from "rankora/management";

import * as actual from "../src/index.js";
import * as actualManagement from "../src/management.js";

const whatIsDeclaredIsThere: typeof declared = actual;
const whatIsThereIsDeclared: Record<keyof typeof actual, unknown> = whatIsDeclaredIsThere;
void whatIsThereIsDeclared;
const managementIsThere: typeof declaredManagement = actualManagement;
const managementIsDeclared: Record<keyof typeof actualManagement, unknown> = managementIsThere;
void managementIsDeclared;

const client = new Rankora({ baseUrl: "https://scores.example.org", key: "rk_pub_x" });

export async function mayBeWritten() {
  const { rank, previousScore } = await client.submit({ name: "Ada", score: 1, metadata: { level: 2, hard: true } });
  const change: number = rank - (previousScore ?? 0);
  const board = await client.leaderboard();
  const text: string = formatScore(change, board.scoreFormat, { decimals: 2 });
  for await (const entry of client.entries({ order: "asc" })) {
    const level: string | number | boolean | undefined = entry.metadata?.level;
    void level;
  }
  const live = new LiveLeaderboard(client, { limit: 10, playerId: "67e55044-10b1-426f-9247-bb680e5fe0c8" });
  const stop: () => void = live.subscribe(({ state, entries, player }) => void [state === "live", entries[0]?.id, player?.rank]);
  stop();
  const queue = new SubmissionQueue(client, { keep: "best", order: "asc", storage: new Notebook() });
  const answer = await queue.submit({ name: "Ada", score: 1 });
  const total: number | undefined = answer?.totalEntries;
  return [text, total];
}

const management = new Management({ baseUrl: "https://scores.example.org", key: "rk_mgt_x" });

export async function mayBeManaged() {
  const { id, pendingSortOrder } = await management.createLeaderboard({ name: "Weekly", policy: "best" });
  const order: "asc" | "desc" | null = pendingSortOrder;
  await management.updateLeaderboard(id, { sortOrder: "asc" });
  const removed: number = await management.resetLeaderboard(id);
  const made = await management.createKey(id, { kind: "secret" });
  const client = new Rankora({ baseUrl: "https://scores.example.org", key: made.key });
  const texts: (string | null)[] = (await management.keys(id)).map(({ key }) => key);
  for await (const { totalEntries } of management.allLeaderboards()) void (totalEntries + removed);
  return [order, client, texts, (await management.usage()).remainingLeaderboards];
}

export async function mayNotBeManaged() {
  // @ts-expect-error A leaderboard has a name.
  await management.createLeaderboard({ policy: "best" });
  // @ts-expect-error Management keys are made elsewhere.
  await management.createKey("", { kind: "management" });
  // @ts-expect-error Of a secret key there may be no text any more.
  (await management.keys(""))[0]?.key.length;
  // @ts-expect-error Entries are a leaderboard's affair.
  await management.list();
}

export async function mayNotBeWritten() {
  // @ts-expect-error A server has to be named.
  new Rankora({ key: "rk_pub_x" });
  // @ts-expect-error A score is a number.
  await client.submit({ name: "Ada", score: "1" });
  // @ts-expect-error Metadata is flat.
  await client.submit({ name: "Ada", score: 1, metadata: { inner: {} } });
  // @ts-expect-error There are two orders.
  await client.list({ order: "up" });
  // @ts-expect-error What waits may be null.
  (await new SubmissionQueue(client).submit({ name: "Ada", score: 1 })).rank;
  // @ts-expect-error A snapshot doesn't change.
  new LiveLeaderboard(client).getSnapshot().entries.push();
  // @ts-expect-error What went wrong doesn't change either.
  new RankoraError("", { code: "network" }).code = "other";
}

class Notebook {
  #kept = new Map<string, string>();
  async getItem(name: string) {
    return this.#kept.get(name) ?? null;
  }
  async setItem(name: string, value: string) {
    this.#kept.set(name, value);
  }
}
