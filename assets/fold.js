// What a client knows of the top of a leaderboard, kept right by the messages of its stream.

/** Rows that are asked for: the most that one page has. */
export const WINDOW = 50;

export class Fold {
  /** In the order of their ranks, from rank 1, without gaps. */
  rows = [];
  total = 0;

  initial(message) {
    this.rows = message.entries.slice();
    this.total = message.pagination.total;
  }

  update({ eventType, new: after, old: before }) {
    if (before) {
      const index = this.rows.findIndex((row) => row.id === before.id);
      if (index >= 0) this.rows.splice(index, 1);
    }
    // Beyond what is known there would be a gap. The stream sends a fresh page where one is needed.
    if (after && after.rank <= this.rows.length + 1) this.rows.splice(after.rank - 1, 0, after);
    this.rows.length = Math.min(this.rows.length, WINDOW);
    this.rows = this.rows.map((row, index) => (row.rank === index + 1 ? row : { ...row, rank: index + 1 }));
    this.total += { INSERT: 1, DELETE: -1 }[eventType] ?? 0;
  }
}
