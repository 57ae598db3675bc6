// What a client knows of any page of a leaderboard, kept right by the messages of its stream.

import { Fold, WINDOW } from "./fold.js";

/** Begins after `offset` ranks. A row that isn't known is `null`. */
export class PageFold extends Fold {
  constructor(offset) {
    super();
    this.offset = offset;
  }

  update({ eventType, new: after, old: before }) {
    this.total += { INSERT: 1, DELETE: -1 }[eventType] ?? 0;
    if (before) this.#take(before);
    if (after) this.#put(after);
    this.rows.length = Math.min(this.rows.length, WINDOW);
    this.rows = this.rows.map((row, index) => {
      const rank = this.offset + index + 1;
      return !row || row.rank === rank ? row : { ...row, rank };
    });
  }

  #take({ id, rank }) {
    const index = this.rows.findIndex((row) => row?.id === id);
    if (index >= 0) this.rows.splice(index, 1);
    // Who left from before the page pulls its first row out of it.
    else if (rank <= this.offset) this.rows.shift();
  }

  #put(row) {
    const index = row.rank - 1 - this.offset;
    // Who came before the page pushes somebody into it. The stream sends a fresh page where one is needed, as it does
    // where rows beyond what is known would leave a gap.
    if (index < 0 && this.total > this.offset) this.rows.unshift(null);
    else if (index >= 0 && index <= this.rows.length) this.rows.splice(index, 0, row);
  }
}
