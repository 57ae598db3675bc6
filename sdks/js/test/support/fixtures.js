// The fixtures in sdks/contract, as its README describes them.

import { readdirSync, readFileSync } from "node:fs";

const directory = new URL("../../../contract/", import.meta.url);

/** What stands for a placeholder in an answer that a test gives. */
const VALUES = {
  "<uuid>": "67e55044-10b1-426f-9247-bb680e5fe0c8",
  "<handle>": "h-4f1c",
  "<time>": "2025-07-21T19:22:47.782875+00:00",
  "<instant>": "2025-07-21T19:22:47.782Z",
  "<text>": "Some text",
  "<count>": 7,
  "<seconds>": "40",
};

export function filled(said) {
  if (typeof said === "string") return VALUES[said] ?? said;
  if (Array.isArray(said)) return said.map(filled);
  if (said === null || typeof said !== "object") return said;
  return Object.fromEntries(Object.entries(said).map(([name, value]) => [name, filled(value)]));
}

/** Rows of different players have different handles. */
export function withHandles(message) {
  const copy = structuredClone(message);
  for (const row of [...(copy.entries ?? []), copy.payload?.new, copy.payload?.old]) {
    if (row) row.id = row.name.slice(0, 3);
  }
  return copy;
}

/** Those of leaderboards, or of "management/". */
export function scenarios(under = ".") {
  const place = new URL(under, directory);
  const files = readdirSync(place).filter((name) => name.endsWith(".json"));
  return files.flatMap((name) => {
    const { scenarios } = JSON.parse(readFileSync(new URL(name, place), "utf8"));
    return scenarios.map((scenario) => ({ ...scenario, name: `${name}: ${scenario.name}` }));
  });
}
