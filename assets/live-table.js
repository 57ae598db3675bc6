// A page of a leaderboard's table, as it changes. Everything that came from somebody is put in as text.

import { follow } from "./feed.js";
import { WINDOW } from "./fold.js";
import { glide } from "./glide.js";
import { show as showTime } from "./local-time.js";
import { PageFold } from "./page-fold.js";
import { shown as shownScores } from "./score-preview.js";

/** How long a row shows that it moved. */
const SHOW_MOVE = 3_500;
/** Between two questions whose rows these are. */
const REST = 2_000;
/** Without a stream: how long between two pages. */
const POLL = 5_000;
const STATES = { live: "Live", reconnecting: "Reconnecting", polling: "Updated every few seconds" };

const still = matchMedia("(prefers-reduced-motion: reduce)");
const whole = new Intl.NumberFormat("en");

export function begin(table) {
  const { key, format, decimals, unit, board } = table.dataset;
  const [rows, offset] = [Number(table.dataset.rows), Number(table.dataset.offset)];
  const body = table.tBodies[0];
  const live = document.getElementById("live");
  const said = document.getElementById("live-said");
  const empty = document.getElementById("empty");
  const score = shownScores(format, decimals, unit);
  const pager = document.getElementById("pager");
  const fold = new PageFold(offset);
  const shown = new Map();
  const players = new Map();
  let moves = new Map();
  let isDrawing = false;
  let asked = 0;

  for (const row of body.rows) {
    shown.set(row.dataset.id, row);
    players.set(row.dataset.id, row.dataset.player);
  }

  function make(entry) {
    const row = document.createElement("tr");
    row.dataset.id = entry.id;
    const cell = (name, className) => {
      const made = document.createElement(name);
      made.className = className;
      row.append(made);
      return made;
    };
    cell("td", "number rank");
    const player = cell("th", "player");
    player.scope = "row";
    const link = document.createElement("a");
    link.className = "row-link";
    link.append(document.createElement("bdi"));
    player.append(link);
    cell("td", "number score");
    cell("td", "wide metadata").append(document.createElement("code"));
    const time = document.createElement("time");
    time.dataset.local = "";
    cell("td", "updated").append(time);
    return row;
  }

  function fill(row, entry) {
    const put = (selector, text) => {
      const part = row.querySelector(selector);
      if (part.textContent !== text) part.textContent = text;
    };
    row.id = `rank-${entry.rank}`;
    put(".rank", whole.format(entry.rank));
    put("bdi", entry.name);
    put(".score", score(entry.score));
    row.querySelector(".score").title = score(entry.score);
    put("code", entry.metadata ? JSON.stringify(entry.metadata) : "");
    const time = row.querySelector("time");
    if (time.dateTime !== entry.updated_at) showTime(time, entry.updated_at);
    const player = players.get(entry.id);
    const link = row.querySelector("a");
    if (player) link.href = `${board}/entries/${player}`;
    else learnPlayers();
  }

  function moved(row, places) {
    row.dataset.moved = places > 0 ? "up" : places < 0 ? "down" : "same";
    clearTimeout(row.settles);
    row.settles = setTimeout(() => delete row.dataset.moved, SHOW_MOVE);
  }

  function change() {
    const entries = fold.rows.slice(0, rows).filter(Boolean);
    const wanted = new Set(entries.map((entry) => entry.id));
    for (const [id, row] of shown) {
      if (wanted.has(id)) continue;
      row.remove();
      shown.delete(id);
    }
    entries.forEach((entry, index) => {
      const row = shown.get(entry.id) ?? make(entry);
      shown.set(entry.id, row);
      fill(row, entry);
      if (moves.has(entry.id)) moved(row, moves.get(entry.id));
      const there = body.rows[index];
      if (there !== row) body.insertBefore(row, there ?? null);
    });
    moves = new Map();
  }

  function draw() {
    isDrawing = false;
    table.hidden = fold.total === 0;
    if (empty) empty.hidden = fold.total > 0;
    turn();
    if (still.matches || shown.size === 0) change();
    else glide(() => Array.from(shown), change);
  }

  function turn() {
    const last = Math.min(offset + rows, fold.total);
    pager.hidden = fold.total <= rows && offset === 0;
    const places = [Math.min(offset + 1, last), last, fold.total].map((number) => whole.format(number));
    pager.querySelector("#range").textContent = `${places[0]}–${places[1]} of ${places[2]}`;
    for (const next of pager.querySelectorAll("[data-next]")) {
      next.hidden = (next.dataset.next === "there") !== fold.total > offset + rows;
    }
  }

  function drawSoon() {
    if (isDrawing) return;
    isDrawing = true;
    requestAnimationFrame(draw);
  }

  // The stream says nothing of player ids; the dashboard may know them.
  function learnPlayers() {
    if (asked) return;
    asked = setTimeout(async () => {
      const answer = await fetch(`${board}/rows?offset=${offset}`).catch(() => null);
      const found = answer?.ok ? await answer.json().catch(() => ({})) : {};
      for (const [id, player] of Object.entries(found)) players.set(id, player);
      setTimeout(() => (asked = 0), REST);
      drawSoon();
    }, 100);
  }

  follow("/api/v1", key, `${WINDOW}&offset=${offset}`, {
    streams: !("noStreams" in table.dataset),
    every: () => POLL,
    onState(state) {
      if (live.dataset.state === state) return;
      live.dataset.state = state;
      live.textContent = STATES[state];
      if (state === "reconnecting") said.textContent = "The connection was lost. Reconnecting.";
    },
    onInitial(message) {
      fold.initial(message);
      drawSoon();
    },
    onUpdate(payload) {
      fold.update(payload);
      const { new: after, old: before } = payload;
      if (after) moves.set(after.id, before ? before.rank - after.rank : 0);
      drawSoon();
    },
    onRefused() {
      live.closest(".live-line").hidden = true;
    },
  });
}
