import assert from "node:assert/strict";
import { test } from "node:test";

import { formatScore } from "../src/index.js";

test("numbers are grouped as the locale does it", () => {
  const of = (score, options) => formatScore(score, "number", { locale: "en", ...options });
  assert.equal(of(1234567), "1,234,567");
  assert.equal(of(12.0201234), "12.020123");
  assert.equal(of(-5.5, { decimals: 0 }), "-6");
  assert.equal(formatScore(1234.5, "number", { locale: "de" }), "1.234,5");
  assert.equal(formatScore(7), "7");
});

test("times are told in hours, minutes and seconds, and rounded as a whole", () => {
  const of = (score, decimals) => formatScore(score, "time", { locale: "en", decimals });
  for (const [score, text] of [
    [0, "0:00.000"],
    [83.25, "1:23.250"],
    [59.9996, "1:00.000"],
    [59.9994, "0:59.999"],
    [3599.9999, "1:00:00.000"],
    [3723, "1:02:03.000"],
    [360000, "100:00:00.000"],
    [-5, "-0:05.000"],
    [-0.0001, "0:00.000"],
  ]) {
    assert.equal(of(score), text);
  }
  assert.equal(of(83.25, 0), "1:23");
  assert.equal(of(83.25, 1), "1:23.3");
  // Seconds beyond counting are a number like another.
  assert.equal(of(1e15), "1,000,000,000,000,000");
});
