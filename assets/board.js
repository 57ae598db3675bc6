// Draws rows of a leaderboard and moves them to their new places. Everything that came from somebody is put in as
// text.

import { glide } from "./glide.js";

const numbers = new Intl.NumberFormat("en", { maximumFractionDigits: 6 });
const still = matchMedia("(prefers-reduced-motion: reduce)");
/** How long a row shows how far it came. */
const SHOW_MOVE = 3_500;

export const score = (value) => numbers.format(value);

/** Up to two values of an entry's metadata. */
function about(metadata) {
  const pairs = Object.entries(metadata ?? {}).slice(0, 2);
  return pairs.map(([key, value]) => (typeof value === "string" ? value : `${key} ${value}`));
}

function element(name, className, parent) {
  const made = document.createElement(name);
  made.className = className;
  parent.append(made);
  return made;
}

function put(part, text) {
  if (part.textContent !== text) part.textContent = text;
}

class Row {
  constructor() {
    this.item = document.createElement("li");
    this.rank = element("span", "rank", this.item);
    this.move = element("span", "move", this.item);
    this.move.ariaHidden = "true";
    const who = element("span", "who", this.item);
    this.name = element("bdi", "name", who);
    const line = element("span", "about", who);
    this.about = [element("bdi", "", line), element("bdi", "", line)];
    this.bar = element("span", "bar", this.item);
    this.score = element("span", "score", this.item);
  }

  show(entry, isOwn, best) {
    this.item.dataset.rank = entry.rank;
    this.item.toggleAttribute("data-own", isOwn);
    put(this.rank, String(entry.rank));
    put(this.name, entry.name);
    const told = about(entry.metadata);
    this.about.forEach((part, index) => put(part, told[index] ?? ""));
    put(this.score, score(entry.score));
    this.name.title = entry.name;
    this.score.title = this.score.textContent;
    this.item.toggleAttribute("data-long", this.score.textContent.length > 9);
    const part = best > 0 ? Math.min(Math.max(entry.score / best, 0), 1) : 0;
    this.bar.style.setProperty("--part", part.toFixed(3));
  }

  /** Shows that the player moved by this many places; up is positive. */
  moved(places) {
    clearTimeout(this.timer);
    this.item.dataset.moved = places > 0 ? "up" : places < 0 ? "down" : "same";
    put(this.move, places === 0 ? "" : String(Math.abs(places)));
    this.timer = setTimeout(() => delete this.item.dataset.moved, SHOW_MOVE);
  }
}

export class Board {
  #rows = new Map();

  constructor(list) {
    this.list = list;
  }

  /**
   * Shows these entries, whose ranks say their order. `own` is the visitor's id, `best` the leader's score, and those
   * with an id in `moves` have just submitted.
   */
  draw(entries, { own, best, moves }) {
    const items = () => Array.from(this.#rows, ([id, row]) => [id, row.item]);
    const change = () => this.#put(entries, { own, best, moves });
    if (still.matches || this.#rows.size === 0) change();
    else glide(items, change);
  }

  #put(entries, { own, best, moves }) {
    const shown = new Set(entries.map((entry) => entry.id));
    for (const [id, row] of this.#rows) {
      if (shown.has(id)) continue;
      row.item.remove();
      this.#rows.delete(id);
    }
    entries.forEach((entry, index) => {
      const row = this.#rows.get(entry.id) ?? new Row();
      this.#rows.set(entry.id, row);
      row.show(entry, entry.id === own, best);
      if (moves.has(entry.id)) row.moved(moves.get(entry.id));
      const there = this.list.children[index];
      if (there !== row.item) this.list.insertBefore(row.item, there ?? null);
    });
  }
}
