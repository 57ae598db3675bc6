// Where leaderboards on a page get their rows from: one stream for all that have the same key.

import { follow } from "./feed.js";
import { Fold, WINDOW } from "./fold.js";
import { seek } from "./seek.js";

/** Between two pages that are asked for because something changed. */
const REST = 3_000;
/** A lost connection is often back before it has to be spoken of. */
const PATIENCE = 2_500;

const sources = new Map();

/** The one source of a leaderboard on this page. */
export function sourceOf(server, { key, hasStream }) {
  const name = JSON.stringify([server, key, hasStream]);
  if (!sources.has(name)) sources.set(name, new Source(`${server}/api/v1`, key, hasStream));
  return sources.get(name);
}

class Source {
  /** `loading`, `live`, `polling`, `offline`, or `refused`. */
  state = "loading";
  /** Name and settings, once they are known. */
  board = null;
  /** The first rows, in the leaderboard's own order; `null` until they are known. */
  fold = null;
  #viewers = new Set();
  #stop = null;
  #losing = 0;
  #isAsking = false;

  constructor(base, key, hasStream) {
    Object.assign(this, { base, key, hasStream });
    document.addEventListener("visibilitychange", () => this.#attend());
  }

  /** `viewer.changed()` is called after each change, and `viewer.every` is how often it wants one without a stream. */
  join(viewer) {
    this.#viewers.add(viewer);
    this.#attend();
  }

  leave(viewer) {
    this.#viewers.delete(viewer);
    this.#attend();
  }

  /** Begins anew after a refusal. */
  retry() {
    this.#end();
    this.#set("loading");
    this.#attend();
  }

  // Nobody looks at a hidden tab.
  #attend() {
    if (document.hidden || this.#viewers.size === 0) this.#end();
    else if (!this.#stop && this.state !== "refused") this.#begin();
  }

  #end() {
    this.#stop?.();
    this.#stop = null;
    clearTimeout(this.#losing);
    this.#losing = 0;
  }

  #begin() {
    const changed = () => this.#viewers.forEach((viewer) => viewer.changed());
    this.#stop = follow(this.base, this.key, WINDOW, {
      streams: this.hasStream,
      every: () => Math.min(...Array.from(this.#viewers, (viewer) => viewer.every)),
      onState: (state) => {
        if (state !== "reconnecting") this.#set(state);
        else this.#losing ||= setTimeout(() => this.#set("offline"), PATIENCE);
      },
      onInitial: (message) => {
        this.fold ??= new Fold();
        this.fold.initial(message);
        this.#askForBoard();
        changed();
      },
      onUpdate: (payload) => {
        this.fold.update(payload);
        changed();
      },
      onRefused: () => {
        this.#end();
        this.#set("refused");
      },
    });
  }

  #set(state) {
    clearTimeout(this.#losing);
    this.#losing = 0;
    if (this.state === state) return;
    this.state = state;
    this.#viewers.forEach((viewer) => viewer.changed());
  }

  async #askForBoard() {
    if (this.board || this.#isAsking || ![...this.#viewers].some((viewer) => viewer.needsBoard)) return;
    this.#isAsking = true;
    this.board = await this.#ask(`/leaderboard?key=${encodeURIComponent(this.key)}`).catch(() => null);
    this.#isAsking = false;
    if (this.board) this.#viewers.forEach((viewer) => viewer.changed());
    else setTimeout(() => this.#askForBoard(), REST);
  }

  /** A page that lies beyond the first rows or has another order. */
  page({ limit, offset, order }) {
    const query = `limit=${limit}&offset=${offset}${order ? `&order=${order}` : ""}`;
    return this.#ask(`/leaderboard/entries?${query}&key=${encodeURIComponent(this.key)}`);
  }

  /** The row of a player. */
  seek(player) {
    return seek((path) => this.#ask(path), this.key, player);
  }

  async #ask(path) {
    const answer = await fetch(this.base + path, { cache: "no-store" });
    if (!answer.ok) throw new Error(`${answer.status}`);
    return answer.json();
  }
}

/** Something that is asked for again when it may have changed, but not all the time. */
export class Asked {
  value = null;
  #at = -Infinity;
  #timer = 0;
  #asked = 0;
  #taken = 0;

  constructor(ask, done) {
    Object.assign(this, { ask, done });
  }

  /** It may have changed. */
  refresh(rest = REST) {
    this.#timer ||= setTimeout(() => this.#run(), Math.max(0, this.#at + rest - performance.now()));
  }

  /** What is known belongs to another question. */
  forget() {
    this.stop();
    this.value = null;
    this.#at = -Infinity;
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#taken = this.#asked;
  }

  async #run() {
    this.#timer = 0;
    this.#at = performance.now();
    const number = ++this.#asked;
    const value = await this.ask().catch(() => undefined);
    // An answer that was overtaken is old.
    if (number <= this.#taken || value === undefined) return;
    this.#taken = number;
    this.value = value;
    this.done();
  }
}
