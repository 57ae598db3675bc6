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

  constructor(view) {
    this.view = view;
    this.item = view.make("tr", "row");
    this.item.role = "row";
    for (const column of view.columns) {
      const cell = view.make("td", `cell cell-${column.kind} ${column.place}`, this.item);
      cell.role = "cell";
      this.#cells.push(CELLS[column.kind](view, cell, column));
    }
  }

  /** `index` counts the rows of the page, from 0. */
  show(entry, { index, count, isCurrent, isPinned }) {
    this.entry = entry;
    const { rank } = entry;
    this.#cells.forEach((show) => show(entry, { isCurrent, moved: this.#moved }));
    this.item.ariaCurrent = isCurrent ? "true" : null;
    this.view.mark(
      this.item,
      "row",
      isPinned ? "row-pinned" : index % 2 ? "row-even" : "row-odd",
      !isPinned && index === 0 && "row-first",
      !isPinned && index === count - 1 && "row-last",
      rank <= 10 && `rank-${rank}`,
      rank <= 3 ? "rank-top-3" : rank <= 10 ? "rank-top-10" : "rank-rest",
      rank <= 3 && !isPinned && this.view.isPodium && `place place-${rank}`,
      isCurrent && "row-current",
      this.#moved !== null && `row-changed row-${this.#moved > 0 ? "up" : this.#moved < 0 ? "down" : "same"}`,
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

// Each makes what stands in a cell, and returns what shows an entry there.
const CELLS = {
  rank(view, cell) {
    const number = view.make("span", "rank-number", cell);
    return ({ rank }) => {
      view.mark(number, "rank-number", rank <= 3 && `medal medal-${MEDALS[rank - 1]}`);
      put(number, view.texts.whole.format(rank));
    };
  },
  name(view, cell) {
    const name = view.make("bdi", "name", cell);
    const badge = view.make("span", "badge");
    put(badge, view.texts.say("you"));
    return (entry, { isCurrent }) => {
      put(name, entry.name);
      name.title = entry.name;
      if (isCurrent !== badge.isConnected) isCurrent ? cell.append(badge) : badge.remove();
    };
  },
  move(view, cell) {
    const move = view.make("span", "move", cell);
    view.make("span", "move-icon", move).ariaHidden = "true";
    const places = view.make("span", "move-places", move);
    return (entry, { moved }) => {
      view.mark(move, "move", moved > 0 ? "move-up" : moved < 0 ? "move-down" : "move-none");
      const count = Math.abs(moved ?? 0);
      put(places, count ? view.texts.whole.format(count) : "");
      move.role = count ? "img" : null;
      move.ariaLabel = count ? view.texts.say(moved > 0 ? "up" : "down", { count }) : null;
    };
  },
  score(view, cell) {
    const score = view.make("span", "score", cell);
    const number = score.appendChild(new Text());
    const unit = view.make("span", "unit", score);
    return (entry) => {
      const text = view.score(entry.score);
      view.mark(score, "score", entry.score < 0 && "score-negative", text.length > 9 && "score-long");
      put(number, text);
      put(unit, view.unit);
      score.title = score.textContent;
    };
  },
  updated(view, cell) {
    const time = view.make("time", "time", cell);
    return (entry) => {
      time.dateTime = entry.updated_at;
      put(time, view.time(entry.updated_at));
    };
  },
  metadata(view, cell, { key, label }) {
    put(view.make("span", "metadata-key", cell), label);
    const value = view.make("bdi", "metadata-value", cell);
    return ({ metadata }) => {
      const found = metadata && Object.hasOwn(metadata, key) ? metadata[key] : null;
      const kind = found === null ? "none" : typeof found;
      view.mark(value, "metadata-value", `metadata-${kind}`);
      const texts = { none: () => "–", boolean: () => view.texts.say(found ? "yes" : "no"), number: () => view.number(found) };
      put(value, texts[kind]?.() ?? found);
      value.title = value.textContent;
    };
  },
};
