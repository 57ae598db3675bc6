import { errorOf, RankoraError } from "./error.js";
import { fromWire } from "./naming.js";
import { isBrowser } from "./platform.js";
import { deadline, pause, sleep } from "./time.js";

/** @import * as Types from "../index.d.ts" */

/** Seconds: who is told to come back later than this is told so, rather than kept waiting. */
const LONGEST_WAIT = 30;
/** Milliseconds before the second attempt. */
const FIRST_PAUSE = 300;

/** A server and a key, and how they are asked. */
export class Connection {
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
        "%cRankora: a secret key in a page is a secret no more. Whoever opens it can write and delete all entries. " +
          "Revoke it; pages get a publishable key (rk_pub_…), and submit through a server of yours.",
        "font-size:1.5em;color:red",
      );
    }
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
   * Asks until there is an answer or no more hope of one. For the methods of this package: apps have `fetch`.
   *
   * @param {string} method
   * @param {string} path
   * @param {Types.RequestOptions} [options]
   * @param {{ headers?: Record<string, string>, body?: string }} [init]
   */
  async ask(method, path, { retries = this.#retries, timeout = this.#timeout, signal } = {}, init) {
    for (let failures = 1; ; failures++) {
      try {
        return await this.#askOnce(path, { ...init, method }, timeout, signal);
      } catch (error) {
        if (failures > retries || !(error instanceof RankoraError) || !mayRepeat(error, method, init?.headers)) throw error;
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
 * Whether another attempt may help and does no harm. One that changes something does none where it has an
 * Idempotency-Key, or where it was turned away at the door.
 *
 * @param {RankoraError} error
 * @param {string} method
 * @param {Record<string, string>} [headers]
 */
function mayRepeat({ code, status, retryAfter = 0 }, method, headers) {
  const passes = status === 429 || status > 501 || code === "network" || code === "timeout";
  const isSafe = method === "GET" || headers?.["Idempotency-Key"] || status === 429;
  return passes && retryAfter <= LONGEST_WAIT && isSafe;
}
