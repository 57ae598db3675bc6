// One row: a player, with a cell for each column.

import { put } from "./marks.js";

const MEDALS = ["gold", "silver", "bronze"];
/** How long a row shows how far it came. */
const SHOW_MOVE = 3_500;

/** The columns of a leaderboard: their kind, their place among the metadata, and their headings. */
export function columnsOf({ columns, metadata }, texts) {
  return columns.flatMap((kind) => {
    if (kind !== "metadata") return [{ kind, place: "", label: texts.say(kind === "name" ? "player" : kind) }];
    return metadata.map(({ key, label }, index) => ({ kind, key, place: `metadata-${index + 1}`, label }));
  });
}

export class Row {
  #cells = [];
  #moved = null;
  #isNew = false;

  constructor(look) {
    this.look = look;
    this.item = look.make("tr", "row");
    this.item.role = "row";
    for (const column of look.columns) {
      const cell = look.make("td", cellClasses(column), this.item);
      cell.role = "cell";
      this.#cells.push(CELLS[column.kind](look, cell, column));
    }
  }

  /** `index` counts the rows of the page, from 0. */
  show(entry, { index, count, isCurrent, isPinned }) {
    this.entry = entry;
    const { rank } = entry;
    this.#cells.forEach((show) => show(entry, { isCurrent, isOutside: isPinned, moved: this.#moved }));
    this.item.ariaCurrent = isCurrent ? "true" : null;
    this.look.mark(
      this.item,
      "row",
      isPinned ? "row-pinned" : index % 2 ? "row-even" : "row-odd",
      !isPinned && index === 0 && "row-first",
      !isPinned && index === count - 1 && "row-last",
      rank <= 10 && `rank-${rank}`,
      rank <= 3 ? "rank-top-3" : rank <= 10 ? "rank-top-10" : "rank-rest",
      isCurrent && "row-current",
      this.#moved !== null && "row-changed",
      this.#moved !== null && (this.#moved > 0 ? "row-up" : this.#moved < 0 ? "row-down" : "row-same"),
      this.#isNew && "row-new",
    );
  }

  /** Shows for a while that the player submitted, and moved by this many places (up is positive) or is new. */
  moved(places, isNew, settle) {
    clearTimeout(this.timer);
    this.#moved = places;
    this.#isNew = isNew;
    this.timer = setTimeout(() => {
      this.#moved = null;
      this.#isNew = false;
      settle();
    }, SHOW_MOVE);
  }
}

export const cellClasses = ({ kind, place }) => `cell cell-${kind} ${place}`;

// Each makes what stands in a cell, and returns what shows an entry there.
const CELLS = {
  rank(look, cell) {
    const number = look.make("span", "rank-number", cell);
    return ({ rank }) => {
      look.mark(number, "rank-number", rank <= 3 && `medal medal-${MEDALS[rank - 1]}`);
      put(number, look.texts.whole.format(rank));
    };
  },
  name(look, cell) {
    const name = look.make("bdi", "name", cell);
    const badge = look.make("span", "badge");
    put(badge, look.texts.say("you"));
    return (entry, { isCurrent }) => {
      put(name, entry.name);
      name.title = entry.name;
      if (isCurrent !== badge.isConnected) isCurrent ? cell.append(badge) : badge.remove();
    };
  },
  move(look, cell) {
    const move = look.make("span", "move", cell);
    look.make("span", "move-icon", move).ariaHidden = "true";
    const places = look.make("span", "move-places", move);
    return (entry, { moved }) => {
      look.mark(move, "move", moved > 0 ? "move-up" : moved < 0 ? "move-down" : "move-none");
      const count = Math.abs(moved ?? 0);
      put(places, count ? look.texts.whole.format(count) : "");
      move.role = count ? "img" : null;
      move.ariaLabel = count ? look.texts.say(moved > 0 ? "up" : "down", { count }) : null;
    };
  },
  score(look, cell) {
    const score = look.make("span", "score", cell);
    return (entry) => {
      const text = look.score(entry.score);
      look.mark(score, "score", entry.score < 0 && "score-negative", text.length > 9 && "score-long");
      put(score, text);
      score.title = text;
    };
  },
  updated(look, cell) {
    const time = look.make("time", "time", cell);
    return (entry) => {
      time.dateTime = entry.updated_at;
      put(time, look.time(entry.updated_at));
    };
  },
  metadata(look, cell, { key, label }) {
    put(look.make("span", "metadata-key", cell), label);
    const value = look.make("bdi", "metadata-value", cell);
    return ({ metadata }) => {
      const found = metadata && Object.hasOwn(metadata, key) ? metadata[key] : null;
      const kind = found === null ? "none" : typeof found;
      look.mark(value, "metadata-value", `metadata-${kind}`);
      const texts = { none: () => "–", boolean: () => look.texts.say(found ? "yes" : "no"), number: () => look.number(found) };
      put(value, texts[kind]?.() ?? found);
      value.title = value.textContent;
    };
  },
};
