import { RankoraError } from "./error.js";
import { defaultStorage, tell, uuid } from "./platform.js";
import { localPlayerId } from "./player.js";
import { pause } from "./time.js";
import { checkPlayerId, checkSubmission } from "./validate.js";

/** @import * as Types from "../index.d.ts" */

/**
 * @typedef {Types.Submission & { playerId: string }} Kept
 * @typedef {Kept & { key: string }} Waiting With its Idempotency-Key.
 * @typedef {{ waiting: Waiting[], accepted: Kept[] }} State
 */

/** Milliseconds until what could not be sent is tried again. */
const FIRST_PAUSE = 2_000;
/** Answers that are about the submission; others are about the key, the server or the way there. */
const REFUSED = [400, 413, 415];
/** Answers that are about the key: nothing can be sent with it. */
const KEY_REFUSED = [401, 403, 404];

/** Submissions that aren't lost while the server can't be reached; see the types. */
export class SubmissionQueue {
  #client;
  #name;
  #storage;
  #options;
  /** @type {State} */
  #state = { waiting: [], accepted: [] };
  #isUnsaved = false;
  /** @type {Promise<unknown>} */
  #turn = Promise.resolve();
  /** @type {Promise<void> | undefined} */
  #flushing;
  #isAskedAgain = false;
  #isClosed = false;
  #failures = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** Answers for whoever waits for one, by Idempotency-Key. @type {Map<string, Types.Submitted | RankoraError | null>} */
  #answers = new Map();

  /**
   * @param {Types.Rankora} client
   * @param {Types.QueueOptions} [options]
   */
  constructor(client, { name = "default", storage = defaultStorage(), limit = 100, ...options } = {}) {
    this.#client = client;
    this.#name = `rankora.queue.${name}`;
    this.#storage = storage;
    this.#options = { limit, ...options };
    globalThis.addEventListener?.("online", this.#flushQuietly);
    this.#flushQuietly();
  }

  /** The id under which submissions without one are sent. */
  playerId() {
    return localPlayerId(this.#storage);
  }

  /** Sends a submission, or keeps it: then the answer is null. */
  async submit(/** @type {Types.Submission} */ submission) {
    const checked = checkSubmission(submission);
    const key = uuid();
    const kept = { ...checked, playerId: checked.playerId ?? (await this.playerId()), key };
    // Whichever flush gets hold of it.
    this.#answers.set(key, null);
    const dropped = await this.#change((state) => this.#add(state, kept));
    for (const { key: _, ...lost } of dropped) {
      tell(this.#options.onRefused, new RankoraError("Too many submissions are waiting", { code: "queue_full" }), lost);
    }
    try {
      await this.flush();
      const answer = this.#answers.get(key) ?? null;
      if (answer instanceof Error) throw answer;
      return answer;
    } finally {
      this.#answers.delete(key);
    }
  }

  /** What waits to be sent, in the order in which it will be. */
  async pending() {
    const { waiting } = await this.#read();
    return waiting.map(({ key, ...submission }) => submission);
  }

  /** Sends what waits, as far as it can be sent now. */
  flush() {
    this.#isAskedAgain = true;
    this.#flushing ??= this.#flushAll().finally(() => (this.#flushing = undefined));
    return this.#flushing;
  }

  /** A player's entry. One that the leaderboard has lost is submitted anew. */
  async entry(/** @type {string | undefined} */ playerId) {
    const id = playerId ?? (await this.playerId());
    try {
      return await this.#client.entry(id);
    } catch (error) {
      const { waiting, accepted } = await this.#read();
      // What waits is newer than what was accepted, and makes the entry as well.
      const last = [...waiting, ...accepted].find((kept) => kept.playerId === id.toLowerCase());
      if (/** @type {RankoraError} */ (error).status !== 404 || !last) throw error;
      // Under a new Idempotency-Key: the old one would get the old answer, and write nothing.
      await ("key" in last ? this.flush() : this.submit(last));
      return this.#client.entry(id);
    }
  }

  /** Removes a player's entry for good, and what waits to be sent for it. */
  async remove(/** @type {string | undefined} */ playerId) {
    const id = checkPlayerId(playerId ?? (await this.playerId()));
    await this.#change((state) => {
      state.waiting = without(state.waiting, id);
      state.accepted = without(state.accepted, id);
    });
    await this.#client.remove(id);
  }

  /** Stops sending; what waits is kept. */
  close() {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    globalThis.removeEventListener?.("online", this.#flushQuietly);
  }

  #flushQuietly = () => {
    this.flush().catch(() => {});
  };

  async #flushAll() {
    clearTimeout(this.#timer);
    while (this.#isAskedAgain) {
      this.#isAskedAgain = false;
      try {
        while (await this.#sendFirst());
        this.#failures = 0;
      } catch (error) {
        const { status, retryAfter } = /** @type {RankoraError} */ (error);
        this.#flushIn(pause(++this.#failures, FIRST_PAUSE, retryAfter));
        if (KEY_REFUSED.includes(status)) throw error;
      }
    }
  }

  #flushIn(/** @type {number} */ ms) {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    this.#timer = setTimeout(this.#flushQuietly, ms);
    // In Node, it keeps no program from its end.
    /** @type {{ unref?(): void }} */ (/** @type {unknown} */ (this.#timer)).unref?.();
  }

  /** Sends what waits longest; false where nothing does. Throws where it has to wait on. */
  async #sendFirst() {
    const [first] = (await this.#read()).waiting;
    if (!first) return false;
    const { key, ...submission } = first;
    /** @type {Types.Submitted | RankoraError} */
    let answer;
    try {
      answer = await this.#client.submit(submission, { idempotencyKey: key, retries: 0 });
    } catch (error) {
      answer = /** @type {RankoraError} */ (error);
      // Older versions of an app may have kept what the rules refuse by now.
      const isRefused = REFUSED.includes(answer.status) || answer.code?.startsWith("invalid_");
      if (!isRefused) throw error;
    }
    await this.#change((state) => {
      state.waiting = state.waiting.filter((waiting) => waiting.key !== key);
      if (answer instanceof Error) return;
      const kept = { ...submission, score: answer.score };
      state.accepted = [...without(state.accepted, kept.playerId), kept].slice(-this.#options.limit);
    });
    if (this.#answers.has(key)) this.#answers.set(key, answer);
    if (answer instanceof Error) tell(this.#options.onRefused, answer, submission);
    else tell(this.#options.onAccepted, answer, submission);
    return true;
  }

  /** Adds to the queue; returns what had no room any more. */
  #add(/** @type {State} */ state, /** @type {Waiting} */ added) {
    const { keep, order, limit } = this.#options;
    const old = keep !== "all" && state.waiting.find((waiting) => waiting.playerId === added.playerId);
    if (old) {
      // What the server would make of the two, one after the other. The text is another one, and so is the key.
      const { name, key } = added;
      const isBetter = order === "asc" ? added.score < old.score : added.score > old.score;
      added = keep !== "best" || isBetter ? { ...old, ...added } : { ...old, name, key };
      state.waiting = without(state.waiting, added.playerId);
    }
    state.waiting.push(added);
    return state.waiting.splice(0, state.waiting.length - limit);
  }

  /** @returns {Promise<State>} */
  async #read() {
    if (this.#isUnsaved) return this.#state;
    try {
      const known = JSON.parse((await this.#storage.getItem(this.#name)) ?? "null");
      if (Array.isArray(known?.waiting) && Array.isArray(known?.accepted)) return known;
    } catch {
      // Not allowed, or not ours.
    }
    return this.#state;
  }

  /**
   * Changes what is kept, one change at a time, in all tabs.
   *
   * @template T
   * @param {(state: State) => T} change
   * @returns {Promise<T>}
   */
  #change(change) {
    const run = async () => {
      const state = await this.#read();
      const result = change(state);
      this.#state = state;
      try {
        await this.#storage.setItem(this.#name, JSON.stringify(state));
        this.#isUnsaved = false;
      } catch {
        // Full, or not allowed: kept here, for as long as this lives.
        this.#isUnsaved = true;
      }
      return result;
    };
    const locks = globalThis.navigator?.locks;
    // The types speak of a promise of a promise.
    if (locks) return /** @type {Promise<any>} */ (locks.request(this.#name, run));
    const turn = this.#turn.then(run);
    this.#turn = turn.catch(() => {});
    return turn;
  }
}

/**
 * @template {{ playerId: string }} T
 * @param {T[]} kept
 * @param {string} playerId
 */
const without = (kept, playerId) => kept.filter((one) => one.playerId !== playerId);
