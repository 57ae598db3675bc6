// A leaderboard as it is shown: its frame, and the rows in it.

import { WINDOW } from "./fold.js";
import { glide } from "./glide.js";
import { Marks, put } from "./marks.js";
import { Pager } from "./pager.js";
import { Row, columnsOf } from "./row.js";
import { scores, times } from "./scores.js";
import { Asked, sourceOf } from "./source.js";
import { Texts } from "./texts.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");
/** Between two times that rows are drawn, in milliseconds. */
const BREATH = 100;
/** Between two looks at where the player is, who isn't among the rows. */
const LOOK_FOR_PLAYER = 10_000;

export class View extends Marks {
  #rows = new Map();
  #isDue = false;
  #drawn = 0;
  /** The newest time of an entry that was drawn. */
  #newest = "";

  /** `mount` puts the view's root into the page, once there is something to see. */
  constructor(options, { kind, board, mount }) {
    super(kind === "element");
    Object.assign(this, { options, kind, board, mount });
    this.every = options.every;
    this.texts = new Texts(options);
    this.isPodium = options.layout === "podium";
    this.source = sourceOf(options.server, options);
    this.page = options.page;
    this.asked = new Asked(() => this.source.page(this.#place()), () => this.#drawSoon());
    this.player = new Asked(() => this.source.seek(options.player), () => this.#drawSoon());
    this.#build();
    this.#draw();
    this.source.join(this);
  }

  end() {
    this.source.leave(this);
    this.asked.stop();
    this.player.stop();
    this.isOver = true;
  }

  /** Name and format of the leaderboard, where nobody has said them. */
  get needsBoard() {
    const { heading, hasHeader, format, order } = this.options;
    return !this.board && (!format || (hasHeader && heading === null) || Boolean(order));
  }

  /** The source has something new. */
  changed() {
    this.#drawSoon();
  }

  turn(page) {
    this.page = page;
    this.asked.forget();
    this.seen = null;
    this.#draw();
  }

  #place() {
    const { limit, order } = this.options;
    return { limit, order, offset: (this.page - 1) * limit };
  }

  #build() {
    const { texts, options } = this;
    const root = (this.root = this.make("div", "root"));
    root.dir = texts.isRightToLeft ? "rtl" : "ltr";
    root.lang = texts.language;
    if (options.hasHeader) {
      const header = this.make("div", "header", root);
      this.title = this.make("bdi", "title", header);
      this.total = this.make("span", "total", header);
      if (options.hasStatus) {
        this.status = this.make("span", "status", header);
        this.make("span", "status-dot", this.status).ariaHidden = "true";
        this.statusText = this.make("span", "status-text", this.status);
      }
    }
    this.body = this.make("div", "body", root);
    if (options.layout === "ticker") this.body.tabIndex = 0;
    this.table = this.make("table", "table", this.body);
    this.table.role = "table";
    const head = this.make("thead", "head", this.table);
    const line = this.make("tr", "head-row", head);
    this.columns = columnsOf(options, texts);
    for (const { kind, place, label } of this.columns) {
      const column = this.make("th", `column column-${kind} ${place}`, line);
      column.scope = "col";
      column.role = "columnheader";
      put(this.make("span", "column-label", column), label);
    }
    this.list = this.make("tbody", "rows", this.table);
    this.pinned = this.make("tbody", "pinned", this.table);
    for (const group of [head, this.list, this.pinned]) group.role = "rowgroup";
    line.role = "row";
    this.message = this.make("div", "message", this.body);
    this.messageText = this.make("span", "message-text", this.message);
    this.again = this.make("button", "button retry", this.message);
    this.again.type = "button";
    this.again.onclick = () => this.source.retry();
    put(this.again, texts.say("retry"));
    if (options.hasPager) this.pager = new Pager(this);
    this.said = this.make("span", "announcement", root);
    this.said.role = "status";
    this.#skeleton();
  }

  #skeleton() {
    for (let index = 0; index < Math.min(this.options.limit, 10); index += 1) {
      const row = this.make("tr", "skeleton", this.list);
      row.ariaHidden = "true";
      for (const { kind } of this.columns) this.make("td", `skeleton-cell cell-${kind}`, row);
    }
  }

  #drawSoon() {
    if (this.#isDue) return;
    this.#isDue = true;
    const draw = () => {
      this.#isDue = false;
      if (!this.isOver) this.#draw();
    };
    setTimeout(() => requestAnimationFrame(draw), Math.max(0, this.#drawn + BREATH - performance.now()));
  }

  /** The page's rows and the number of all, or nothing while they aren't known. */
  #known() {
    const { fold } = this.source;
    if (!fold) return null;
    const { limit, offset, order } = this.#place();
    const isOwnOrder = !order || order === (this.board ?? this.source.board)?.sort_order;
    if (isOwnOrder && (offset + limit <= WINDOW || fold.total <= WINDOW)) {
      return { rows: fold.rows.slice(offset, offset + limit), total: fold.total };
    }
    if (this.seen !== fold.rows) this.asked.refresh();
    this.seen = fold.rows;
    const page = this.asked.value;
    return page && { rows: page.entries, total: page.pagination.total };
  }

  #draw() {
    const { source, options } = this;
    this.#drawn = performance.now();
    const board = this.board ?? source.board;
    // Decimals and unit belong to the leaderboard's own format.
    const own = (!options.format && board) || {};
    const { format = own.score_format, decimals = own.decimals, unit = own.unit } = options;
    this.score = scores(this.texts.locale, format, decimals);
    this.unit = unit ? `\u00a0${unit}` : "";
    this.number = scores(this.texts.locale, "number");
    this.time = times(this.texts.locale);
    const known = this.#known();
    const isKnown = known && (options.format || board);
    const lost = { offline: "offline", refused: "error" }[source.state];
    const state = lost ?? (!isKnown ? "loading" : known.total === 0 ? "empty" : "ready");
    if (isKnown) this.#drawRows(known.rows);
    this.#drawFrame(state, known, board);
    // What the server has drawn stays until there is something better.
    if (!isKnown && state !== "error") return;
    this.mount?.(this.root);
    this.mount = null;
  }

  #drawFrame(state, known, board) {
    const { options, texts, source } = this;
    const hasRows = this.#rows.size > 0;
    const { offset, limit } = this.#place();
    // While a page is on its way, the former one stays.
    const total = (this.count = known?.total ?? this.count ?? 0);
    this.mark(
      this.root,
      `root embed-${this.kind} layout-${options.layout} theme-${options.theme} state-${state}`,
      texts.isRightToLeft ? "rtl" : "ltr",
      options.moves && !still.matches ? "moving" : "still",
      hasRows && "has-rows",
      this.options.player && "has-player",
      this.pager && "has-pager",
      this.columns.some(({ kind }) => kind === "metadata") && "has-metadata",
      (options.order ?? board?.sort_order) === "asc" ? "order-asc" : "order-desc",
      (options.format ?? board?.score_format) === "time" ? "format-time" : "format-number",
    );
    if (this.title) {
      put(this.title, options.heading ?? board?.name ?? "");
      put(this.total, hasRows || known ? texts.say("players", { count: total }) : "");
    }
    this.table.ariaLabel = options.heading || board?.name || texts.say("score");
    if (this.status) {
      const isQuiet = state === "error" || state === "loading" || (state === "offline" && !hasRows);
      this.mark(this.status, `status status-${isQuiet ? "loading" : source.state}`);
      put(this.statusText, isQuiet ? "" : { live: texts.say("live"), offline: texts.say("reconnecting") }[source.state] ?? "");
    }
    const what = { empty: "empty", error: "refused", offline: hasRows ? null : "reconnecting" }[state];
    this.mark(this.message, `message message-${what ? state : "none"}`);
    put(this.messageText, what ? texts.say(what) : "");
    this.body.ariaBusy = String(state === "loading");
    this.again.hidden = state !== "error";
    this.table.hidden = state === "empty" || (!hasRows && state !== "loading");
    if (state !== this.state) put(this.said, state === "offline" ? texts.say("reconnecting") : this.messageText.textContent);
    this.state = state;
    this.pager?.show({ limit, offset, total });
  }

  #drawRows(entries) {
    const items = () => Array.from(this.#rows, ([id, row]) => [id, row.item]);
    const change = () => this.#putRows(entries);
    // A page that was turned to has nothing to do with what was there.
    const isSame = this.#rows.size > 0 && this.pageDrawn === this.page;
    if (isSame && this.options.moves && !still.matches) glide(items, change);
    else change();
    this.pageDrawn = this.page;
  }

  #putRows(entries) {
    const isFirst = this.#rows.size === 0 || this.pageDrawn !== this.page;
    if (isFirst) this.list.replaceChildren();
    if (isFirst) this.#rows.clear();
    const ids = new Set(entries.map((entry) => entry.id));
    for (const [id, row] of this.#rows) {
      if (ids.has(id)) continue;
      row.item.remove();
      this.#rows.delete(id);
    }
    const isCurrent = (entry) => entry.id === this.options.player || entry.id === this.player.value?.id;
    const settle = () => this.#drawSoon();
    let newest = this.#newest;
    entries.forEach((entry, index) => {
      const row = this.#rows.get(entry.id) ?? new Row(this);
      const before = row.entry;
      const isNew = !isFirst && !before && entry.updated_at > this.#newest;
      if (isNew) row.moved(0, true, settle);
      else if (before && before.updated_at < entry.updated_at) row.moved(before.rank - entry.rank, false, settle);
      this.#rows.set(entry.id, row);
      row.show(entry, { index, count: entries.length, isCurrent: isCurrent(entry) });
      if (this.list.children[index] !== row.item) this.list.insertBefore(row.item, this.list.children[index] ?? null);
      if (entry.updated_at > newest) newest = entry.updated_at;
    });
    this.#newest = newest;
    this.#putPinned(entries.some(isCurrent));
  }

  // The player's own row, where it is not among those that are shown.
  #putPinned(isShown) {
    const isId = /^[\da-f]{8}-/i.test(this.options.player);
    if (isId && !(isShown && this.player.value)) this.player.refresh(LOOK_FOR_PLAYER);
    const entry = isShown ? null : this.player.value;
    if (!entry) return this.pinned.replaceChildren();
    this.own ??= new Row(this);
    this.own.show(entry, { isCurrent: true, isPinned: true });
    if (!this.own.item.isConnected) this.pinned.append(this.own.item);
  }
}
