import { errorOf, RankoraError } from "./error.js";
import { fromWire, withQuery } from "./naming.js";
import { isBrowser, uuid } from "./platform.js";
import { deadline, pause, sleep } from "./time.js";
import { checkPlayerId, checkSubmission } from "./validate.js";

/** @import * as Types from "../index.d.ts" */

const ENTRIES = "/leaderboard/entries";
/** Seconds: who is told to come back later than this is told so, rather than kept waiting. */
const LONGEST_WAIT = 30;
/** Milliseconds before the second attempt. */
const FIRST_PAUSE = 300;

/** One leaderboard, as its key lets it be seen; see the types. */
export class Rankora {
  #base;
  #key;
  #fetch;
  #timeout;
  #retries;

  /** @param {Types.RankoraOptions} options */
  constructor({ baseUrl, key, timeout = 10_000, retries = 2, fetch }) {
    this.#base = `${baseUrl.replace(/\/+$/, "")}/api/v1`;
    this.#key = key;
    this.#timeout = timeout;
    this.#retries = retries;
    this.#fetch = fetch ?? ((/** @type {string} */ url, /** @type {RequestInit} */ init) => globalThis.fetch(url, init));
    if (/^rk_(sec|mgt)_/.test(key ?? "") && isBrowser()) {
      console.warn(
        "%cRankora: a secret key in a page is a secret no more. Whoever opens the page can write and delete all entries. " +
          "Revoke it; pages get a publishable key (rk_pub_…), and submit through a server of yours.",
        "font-size:1.5em;color:red",
      );
    }
  }

  /** @returns {Promise<Types.Leaderboard>} */
  leaderboard(/** @type {Types.RequestOptions} */ options) {
    return this.#ask("GET", "/leaderboard", options);
  }

  /** @returns {Promise<Types.Page>} */
  list(/** @type {Types.PageOptions & Types.RequestOptions} */ options = {}) {
    return this.#ask("GET", withQuery(ENTRIES, options), options);
  }

  /** @returns {AsyncGenerator<Types.Page, void, void>} */
  async *pages(/** @type {Types.PageOptions & Types.RequestOptions} */ { limit = 50, offset = 0, ...options } = {}) {
    for (;;) {
      const page = await this.list({ ...options, limit, offset });
      yield page;
      offset += page.entries.length;
      if (!page.entries.length || offset >= page.pagination.total) return;
    }
  }

  /** @returns {AsyncGenerator<Types.Entry, void, void>} */
  async *entries(/** @type {Types.PageOptions & Types.RequestOptions} */ options = {}) {
    const seen = new Set();
    for await (const page of this.pages(options)) {
      for (const entry of page.entries) {
        // Moved down past the end of its page, it would come a second time.
        if (!seen.has(entry.id)) yield entry;
        seen.add(entry.id);
      }
    }
  }

  /** @returns {Promise<Types.PlayerEntry>} */
  async entry(/** @type {string} */ playerId, /** @type {Types.RequestOptions} */ options) {
    return this.#ask("GET", `${ENTRIES}/${checkPlayerId(playerId)}`, options);
  }

  /** @returns {Promise<Types.Submitted>} */
  async submit(
    /** @type {Types.Submission} */ submission,
    /** @type {Types.SubmitOptions} */ { idempotencyKey = uuid(), ...options } = {},
  ) {
    const { score, playerId: player_id, ...rest } = checkSubmission(submission);
    // Beyond 2^53 JSON has digits that the score has not, and the server refuses those. An exponent says it exactly.
    const number = Math.abs(score) > Number.MAX_SAFE_INTEGER ? score.toExponential() : score;
    const body = `${JSON.stringify({ ...rest, player_id }).slice(0, -1)},"score":${number}}`;
    const headers = { "Content-Type": "application/json", "Idempotency-Key": idempotencyKey };
    return this.#ask("POST", ENTRIES, options, { headers, body });
  }

  /** @returns {Promise<void>} */
  async remove(/** @type {string} */ playerId, /** @type {Types.RequestOptions} */ options) {
    await this.#ask("DELETE", `${ENTRIES}/${checkPlayerId(playerId)}`, options);
  }

  /** @returns {Promise<Types.Usage>} */
  usage(/** @type {Types.RequestOptions} */ options) {
    return this.#ask("GET", "/usage", options);
  }

  /** @returns {Promise<Response>} */
  async fetch(/** @type {string} */ path, /** @type {RequestInit} */ { headers, ...init } = {}) {
    const all = new Headers(headers);
    if (this.#key) all.set("Authorization", `Bearer ${this.#key}`);
    // The server keeps pages for a moment, and knows when they are over. Not all runtimes know this option.
    if (isBrowser()) init.cache = "no-store";
    try {
      return await this.#fetch(this.#base + path, { ...init, headers: all });
    } catch (cause) {
      throw init.signal?.aborted ? init.signal.reason : unreachable(cause);
    }
  }

  /**
   * Asks until there is an answer or no more hope of one.
   *
   * @param {string} method
   * @param {string} path
   * @param {Types.RequestOptions} [options]
   * @param {RequestInit} [init]
   */
  async #ask(method, path, { retries = this.#retries, timeout = this.#timeout, signal } = {}, init) {
    for (let failures = 1; ; failures++) {
      try {
        return await this.#askOnce(path, { ...init, method }, timeout, signal);
      } catch (error) {
        if (failures > retries || !(error instanceof RankoraError) || !mayRepeat(error, method)) throw error;
        await sleep(pause(failures, FIRST_PAUSE, error.retryAfter), signal);
      }
    }
  }

  /**
   * @param {string} path
   * @param {RequestInit} init
   * @param {number} timeout
   * @param {AbortSignal} [outer]
   */
  async #askOnce(path, init, timeout, outer) {
    const { signal, end } = deadline(timeout, outer);
    try {
      const response = await this.fetch(path, { ...init, signal });
      const text = await response.text().catch((cause) => {
        throw signal.aborted ? signal.reason : unreachable(cause);
      });
      const body = parsed(text);
      if (!response.ok || !body) throw errorOf(response, body);
      return fromWire(body);
    } finally {
      end();
    }
  }
}

/** @param {unknown} cause */
const unreachable = (cause) => new RankoraError("The server can't be reached", { code: "network", cause });

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Whether another attempt may help and does no harm. A submission has its Idempotency-Key; a removal has none, so only
 * one that was turned away at the door is repeated.
 *
 * @param {RankoraError} error
 * @param {string} method
 */
function mayRepeat({ code, status, retryAfter = 0 }, method) {
  const passes = status === 429 || status > 501 || code === "network" || code === "timeout";
  return passes && retryAfter <= LONGEST_WAIT && (method !== "DELETE" || status === 429);
}
