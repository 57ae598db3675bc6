import { RankoraError } from "./error.js";
import { Fold } from "./fold.js";
import { fromWire, withQuery } from "./naming.js";
import { tell } from "./platform.js";
import { readStream } from "./stream.js";
import { pause, sleep } from "./time.js";

/** @import * as Types from "../index.d.ts" */

/** Milliseconds, until the server has told another time. */
const RETRY = 3_000;
/** Milliseconds until a stream is asked for again where the plan or this runtime has none. */
const RETRY_WITHOUT_STREAMS = 300_000;
const NO_STREAMS = ["plan_restriction", "no_streams"];
/** Answers that asking again doesn't change. */
const FINAL = [400, 401, 403, 404];

/** A page of the leaderboard that stays right by itself; see the types. */
export class LiveLeaderboard {
  #client;
  #options;
  #pollEvery;
  #fold;
  #lastEventId = "";
  #retry = RETRY;
  /** @type {Set<(snapshot: Types.LiveSnapshot) => void>} */
  #listeners = new Set();
  /** @type {AbortController | undefined} */
  #running;
  /** @type {Types.LiveSnapshot} */
  #snapshot = { state: "connecting", entries: [], total: 0, player: null };

  /**
   * @param {Types.Rankora} client
   * @param {Types.LiveOptions} [options]
   */
  constructor(client, { pollEvery = 5_000, limit = 10, ...options } = {}) {
    this.#client = client;
    this.#options = { limit, ...options };
    this.#pollEvery = pollEvery;
    this.#fold = new Fold(this.#options);
  }

  // Both are often handed on without their object.
  getSnapshot = () => this.#snapshot;

  subscribe = (/** @type {(snapshot: Types.LiveSnapshot) => void} */ listener) => {
    // The same function may listen twice.
    const own = (/** @type {Types.LiveSnapshot} */ snapshot) => listener(snapshot);
    this.#listeners.add(own);
    if (!this.#running) {
      this.#running = new AbortController();
      this.#run(this.#running.signal);
    }
    own(this.#snapshot);
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size) return;
      this.#running?.abort();
      this.#running = undefined;
    };
  };

  /** Streams, and polls for as long as a stream can't be had. Ends with the signal, or where asking is of no use. */
  async #run(/** @type {AbortSignal} */ signal) {
    try {
      for (let failures = 0; ; ) {
        const failure = await this.#stream(signal);
        signal.throwIfAborted();
        if (failure) {
          const { code, retryAfter } = failure;
          const first = NO_STREAMS.includes(code) ? RETRY_WITHOUT_STREAMS : this.#retry;
          await this.#pollFor(pause(++failures, first, retryAfter), signal);
        } else {
          // It goes on where it was; polled pages would be newer than that.
          failures = 0;
          this.#tell({ state: "reconnecting" }, signal);
          await sleep(this.#retry, signal);
        }
      }
    } catch (error) {
      this.#tell({ state: "stopped", error: /** @type {Error} */ (error) }, signal);
      if (this.#running?.signal === signal) this.#running = undefined;
    }
  }

  /**
   * Reads one stream to its end.
   *
   * @returns {Promise<Types.RankoraError | undefined>} Why it could not be had.
   */
  async #stream(/** @type {AbortSignal} */ signal) {
    const path = withQuery("/realtime", this.#options);
    let isOpen = false;
    try {
      for await (const { data, id, retry } of readStream(this.#client, path, this.#lastEventId, signal)) {
        isOpen = true;
        this.#retry = retry ?? this.#retry;
        const { type, payload, ...page } = fromWire(JSON.parse(data));
        if (type === "initial") {
          const isMirrored = await this.#isMirrored(signal);
          signal.throwIfAborted();
          this.#fold.takePage(page, isMirrored);
        }
        if (type === "update" && !this.#fold.takeChange(payload)) {
          this.#lastEventId = "";
          return undefined;
        }
        this.#lastEventId = id || this.#lastEventId;
        // One that resumes has no page to begin with.
        if (type !== "error" && this.#lastEventId) this.#tell({ state: "live" }, signal);
      }
    } catch (error) {
      if (!isOpen) return /** @type {Types.RankoraError} */ (error);
    }
    return isOpen ? undefined : new RankoraError("The stream ended at once", { code: "unexpected_answer" });
  }

  /** Reads the page again and again for so many milliseconds. Throws where there is no use in asking. */
  async #pollFor(/** @type {number} */ ms, /** @type {AbortSignal} */ signal) {
    for (const until = Date.now() + ms; Date.now() < until; ) {
      let rest = this.#pollEvery;
      try {
        await this.#poll(signal);
      } catch (error) {
        signal.throwIfAborted();
        const { status, retryAfter } = /** @type {Types.RankoraError} */ (error);
        if (FINAL.includes(status)) throw error;
        this.#tell({ state: "reconnecting", error: /** @type {Error} */ (error) }, signal);
        rest = Math.max(rest, pause(1, 0, retryAfter));
      }
      await sleep(Math.min(rest, until - Date.now()), signal);
    }
  }

  async #poll(/** @type {AbortSignal} */ signal) {
    const options = { retries: 0, signal };
    const page = await this.#client.list({ ...this.#options, ...options });
    const isMirrored = await this.#isMirrored(signal);
    const marked = page.entries.find((entry) => entry.isCurrentPlayer);
    const player = marked ?? (await this.#readPlayer(page.pagination.total, isMirrored, signal));
    signal.throwIfAborted();
    this.#fold.takePage({ ...page, player }, isMirrored);
    // What a stream would go on from is older than this.
    this.#lastEventId = "";
    this.#tell({ state: "polling" }, signal);
  }

  /** The followed player's entry from outside the page, with its rank in the page's order. */
  async #readPlayer(
    /** @type {number} */ total,
    /** @type {boolean} */ isMirrored,
    /** @type {AbortSignal} */ signal,
  ) {
    const { playerId } = this.#options;
    if (!playerId) return null;
    try {
      const entry = await this.#client.entry(playerId, { retries: 0, signal });
      return { ...entry, rank: isMirrored ? total + 1 - entry.rank : entry.rank, isCurrentPlayer: /** @type {const} */ (true) };
    } catch (error) {
      if (/** @type {Types.RankoraError} */ (error).status === 404) return null;
      throw error;
    }
  }

  /** Changes come with ranks in the leaderboard's own order, which may have been turned around. */
  async #isMirrored(/** @type {AbortSignal} */ signal) {
    const { order } = this.#options;
    return order ? (await this.#client.leaderboard({ signal })).sortOrder !== order : false;
  }

  #tell(/** @type {{ state: Types.LiveState, error?: Error }} */ news, /** @type {AbortSignal} */ signal) {
    if (signal.aborted) return;
    const { entries, total, player } = this.#fold;
    this.#snapshot = { ...news, entries, total, player };
    for (const listener of this.#listeners) tell(listener, this.#snapshot);
  }
}
