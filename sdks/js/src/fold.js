/** @import { Entry, LiveSnapshot, Page, PageOptions } from "../index.d.ts" */

/**
 * @typedef {object} Change
 * @property {"INSERT" | "UPDATE" | "DELETE"} eventType
 * @property {Entry | null} new
 * @property {Entry | null} old
 */

/** One page of a leaderboard, kept right by the messages of its stream. */
export class Fold {
  total = 0;
  /** The followed player's entry. @type {LiveSnapshot["player"]} */
  player = null;
  /** What stands on each place of the page; undefined where that can't be known yet. @type {(Entry | undefined)[]} */
  #rows = [];
  #isMirrored = false;
  #limit;
  #offset;
  #follows;

  /** @param {PageOptions} options */
  constructor({ limit = 5, offset = 0, playerId }) {
    this.#limit = limit;
    this.#offset = offset;
    this.#follows = Boolean(playerId);
  }

  /** The entries that are known. For a moment one may be missing; the ranks of the others are right. */
  get entries() {
    return /** @type {Entry[]} */ (this.#rows.filter(Boolean));
  }

  /**
   * @param {Page & { player?: LiveSnapshot["player"] }} page
   * @param {boolean} isMirrored Whether the page's order is not the leaderboard's own.
   */
  takePage({ entries, pagination, player }, isMirrored) {
    this.#rows = entries;
    this.#isMirrored = isMirrored;
    this.total = pagination.total;
    this.player = player ?? entries.find((entry) => entry.isCurrentPlayer) ?? null;
  }

  /**
   * @param {Change} change
   * @returns {boolean} False where it contradicts what is known: then a fresh page is needed.
   */
  takeChange({ new: after, old: before }) {
    const from = before && this.#placeOf(before);
    this.total += (after ? 1 : 0) - (before ? 1 : 0);
    const to = after && this.#placeOf(after);
    if (this.#follows) {
      // Others' changes aren't told, so only a page makes the entries right, and it comes.
      this.player = after && { ...after, rank: /** @type {number} */ (to), isCurrentPlayer: true };
      return true;
    }
    const first = this.#offset + 1;
    const known = before && this.#rows[(from ?? 0) - first];
    if (known && known.id !== before.id) return false;

    const shown = Math.min(this.#limit, Math.max(0, this.total - this.#offset));
    const rows = Array.from({ length: shown }, (_, index) => {
      const place = first + index;
      if (after && to === place) return { ...after, rank: place };
      // Where the entry on this place stood before: one entry was put in, and one was taken out.
      let stood = to && to < place ? place - 1 : place;
      if (from && from <= stood) stood += 1;
      const row = this.#rows[stood - first];
      return row && row.rank !== place ? { ...row, rank: place } : row;
    });
    this.#rows = rows;
    return true;
  }

  /** @param {Entry} entry With its rank in the leaderboard's own order. */
  #placeOf({ rank }) {
    return this.#isMirrored ? this.total + 1 - rank : rank;
  }
}
