// The visitor as a player: who they are, what they submit, and where they stand.

import { seek } from "./seek.js";

const STORE = "rankora.demo.player";

export class Own {
  /** The public handle of the visitor's entry, by which it is found among the others. */
  handle = null;
  /** True where the visitor has no entry, on a leaderboard that was made anew. */
  isAbsent = false;

  constructor({ base, key, secret }) {
    Object.assign(this, { base, key, secret });
    try {
      const { player, name } = JSON.parse(localStorage.getItem(STORE)) ?? {};
      Object.assign(this, { player, name });
    } catch {
      // Kept for this visit alone, then.
    }
  }

  /** Submits a score, and returns the answer; throws an error with a sentence for people. */
  async submit(name, score) {
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${this.secret}` };
    const body = JSON.stringify({ name, score, player_id: this.player ?? "" });
    const answer = await this.#ask("/leaderboard/entries", { method: "POST", headers, body });
    this.player = answer.player_id;
    this.name = name;
    try {
      localStorage.setItem(STORE, JSON.stringify({ player: this.player, name }));
    } catch {
      // As above.
    }
    await this.find(answer.rank);
    return answer;
  }

  /** The visitor's own row, by way of the page that has it; `null` where it has just moved away from there. */
  async find(rank) {
    const row = await seek((path) => this.#ask(path), this.key, this.player, rank);
    this.handle = row?.id ?? this.handle;
    return row;
  }

  async #ask(path, options) {
    const response = await fetch(this.base + path, { cache: "no-store", ...options }).catch(() => null);
    if (!response) throw new Error("The server can’t be reached.");
    const answer = await response.json().catch(() => ({}));
    this.isAbsent = response.status === 404;
    if (!response.ok) throw new Error(`${answer.error ?? `The server answered ${response.status}`}.`);
    return answer;
  }
}
