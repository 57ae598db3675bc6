import assert from "node:assert/strict";
import { test } from "node:test";

import { checkMetadata, checkName, checkScore } from "../src/index.js";

test("a name comes back as it will be kept", () => {
  assert.equal(checkName("\u0085 Zoe\u0308\u3000"), "Zoë");
  assert.throws(() => checkName("a.b"), { code: "invalid_name", field: "name", message: /not U\+002E$/ });
  assert.throws(() => checkName("ab😀"), { message: /not U\+1F600$/ });
  assert.throws(() => checkName("ab\ud83d"), { code: "invalid_name" });
  assert.throws(() => checkName(undefined), { code: "invalid_name" });
});

test("a letter that this engine doesn't know yet is left to the server", () => {
  assert.equal(checkName("ab\u0378"), "ab\u0378");
});

test("a score is a finite number", () => {
  assert.equal(checkScore(-1.5), -1.5);
  for (const score of [NaN, Infinity, -Infinity, "1", 1n, null, undefined, [1]]) {
    assert.throws(() => checkScore(score), { code: "invalid_score", field: "score" });
  }
});

test("metadata is a small flat object", () => {
  const metadata = { level: 12, hero: "Ünal", hard: true, unset: undefined };
  assert.deepEqual(checkMetadata(metadata), { level: 12, hero: "Ünal", hard: true });
  assert.equal(checkMetadata(null), null);
  assert.deepEqual(checkMetadata(Object.create(null)), {});
  // The longest numbers that fit in 64 characters as the server writes them, and the shortest that don't.
  // 1e61 as a double has 61 digits.
  for (const value of [9e61, -1e61, 1e-62, -1e-61, 1.5e-61, 0, -0, 5e-7]) assert.deepEqual(checkMetadata({ value }), { value });
  for (const value of [1e62, -2e61, 1e-63, -1e-62, 1.5e-62, NaN, Infinity, 1n, Symbol.iterator, () => 1, new Date()]) {
    assert.throws(() => checkMetadata({ value }), { code: "invalid_metadata", field: "metadata" }, String(value));
  }
  for (const wrong of [new Map([["a", 1]]), [], "a", 1, { "a\ud83d": 1 }, { a: "\ude00" }]) {
    assert.throws(() => checkMetadata(wrong), { code: "invalid_metadata" });
  }
});
