// The server's rules, so that a form can say at once what is wrong. What these let through the server may still refuse;
// what they refuse it would refuse too.

import { RankoraError } from "./error.js";

/** @import { Metadata, Submission } from "../index.d.ts" */

const MAX_KEYS = 10;
const MAX_KEY_CHARACTERS = 32;
const MAX_VALUE_CHARACTERS = 64;
export const UUID = /^[\da-f]{8}(-?)([\da-f]{4}\1){3}[\da-f]{12}$/i;
// White space as the server trims it; `trim` would leave U+0085 and take U+FEFF.
const OUTER_SPACE = /^\p{White_Space}+|\p{White_Space}+$/gu;
// A character that this engine's Unicode doesn't know (Cn) may be a letter by now: the server decides.
const OUTSIDE_NAMES = /[^\p{L}\p{M}\p{Nd}\p{Cn} _-]/u;
const HALF_PAIR = /\p{Cs}/u;

/**
 * @param {string} field
 * @param {string} message
 */
export const invalid = (field, message) => new RankoraError(message, { code: `invalid_${field}`, field });

/** @param {string} text */
const characters = (text) => [...text].length;

/** @param {unknown} name */
export function checkName(name) {
  if (typeof name !== "string") throw invalid("name", "The name must be a string");
  const normal = name.replace(OUTER_SPACE, "").normalize();
  const length = characters(normal);
  if (length < 3 || length > 50) throw invalid("name", "The name must have 3 to 50 characters");
  const wrong = OUTSIDE_NAMES.exec(normal)?.[0];
  if (wrong) {
    const code = wrong.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0");
    throw invalid("name", `The name may have letters, digits, spaces, _ and - only, not U+${code}`);
  }
  return normal;
}

/** @param {unknown} score */
export function checkScore(score) {
  if (!Number.isFinite(score)) throw invalid("score", "The score must be a finite number");
  return /** @type {number} */ (score);
}

/** @param {unknown} metadata */
export function checkMetadata(metadata) {
  if (metadata === null) return null;
  if (Object.prototype.toString.call(metadata) !== "[object Object]") {
    throw invalid("metadata", "The metadata must be an object");
  }
  const record = /** @type {Record<string, unknown>} */ (metadata);
  const pairs = Object.entries(record).filter(([, value]) => value !== undefined);
  if (pairs.length > MAX_KEYS) throw invalid("metadata", `The metadata may have at most ${MAX_KEYS} keys`);
  for (const [key, value] of pairs) {
    const length = characters(key);
    if (!length || length > MAX_KEY_CHARACTERS || HALF_PAIR.test(key)) {
      throw invalid("metadata", `A metadata key must have 1 to ${MAX_KEY_CHARACTERS} characters`);
    }
    if (!isValue(value)) {
      const kinds = `a string, a finite number or a boolean, of at most ${MAX_VALUE_CHARACTERS} characters`;
      throw invalid("metadata", `The metadata value of "${key}" must be ${kinds}`);
    }
  }
  return /** @type {Metadata} */ (Object.fromEntries(pairs));
}

/** @param {unknown} value */
function isValue(value) {
  if (typeof value === "string") return characters(value) <= MAX_VALUE_CHARACTERS && !HALF_PAIR.test(value);
  if (typeof value === "number") return Number.isFinite(value) && plainLength(value) <= MAX_VALUE_CHARACTERS;
  return typeof value === "boolean";
}

/**
 * Characters of a number as the server writes it, without an exponent; exact where that is long.
 *
 * @param {number} value
 */
function plainLength(value) {
  if (Math.abs(value) >= 1) return `${BigInt(Math.trunc(value))}.0`.length;
  const [digits = "", power] = value.toExponential().replace(/[-.](?=.*e)/g, "").split("e");
  // `0.` and zeros before the digits.
  return (value < 0 ? 1 : 0) + 1 - Number(power) + digits.length;
}

/** @param {unknown} playerId */
export function checkPlayerId(playerId) {
  if (typeof playerId !== "string" || !UUID.test(playerId)) {
    throw invalid("player_id", "The player_id must be a UUID");
  }
  return playerId.toLowerCase();
}

/**
 * A submission as it is sent: what is left out stays out.
 *
 * @param {Submission} submission
 * @returns {Submission}
 */
export function checkSubmission({ name, score, playerId, metadata }) {
  return {
    name: checkName(name),
    score: checkScore(score),
    ...(playerId && { playerId: checkPlayerId(playerId) }),
    ...(metadata !== undefined && { metadata: checkMetadata(metadata) }),
  };
}
