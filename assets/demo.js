// The demo's page: the stream into the leaderboard, and the visitor into the stream.

import { Board, score } from "./board.js";
import { addCopyButtons } from "./copy.js";
import { follow } from "./feed.js";
import { Fold, WINDOW } from "./fold.js";
import { Own } from "./own.js";

/** Rows that are shown; further ones are known, so that they are right when they come into view. */
const SHOWN = 20;
/** Between two announcements to a screen reader. */
const QUIET = 12_000;
const BASE = "/api/v1";

const $ = (id) => document.getElementById(id);
const { key, secret } = $("demo").dataset;
const fold = new Fold();
const board = new Board($("rows"));
const pinned = new Board($("pinned"));
const own = new Own({ base: BASE, key, secret });
let moves = new Map();
let isDrawing = false;
let outside = null;

// One announcement at a time, the last one wins.
let said = 0;
let saying = null;
function say(text) {
  clearTimeout(saying);
  const wait = Math.max(0, said + QUIET - Date.now());
  saying = setTimeout(() => {
    said = Date.now();
    $("said").textContent = text;
  }, wait);
}

const STATES = { live: "Live", reconnecting: "Reconnecting", polling: "Updated every few seconds" };
function showState(state) {
  if ($("state").dataset.state === state) return;
  $("state").dataset.state = state;
  $("state-text").textContent = STATES[state];
  if (state === "reconnecting") say("The connection was lost. Reconnecting.");
}

let leader = null;
function draw() {
  isDrawing = false;
  const shown = fold.rows.slice(0, SHOWN);
  const how = { own: own.handle, best: fold.rows[0]?.score, moves };
  board.draw(shown, how);
  const known = fold.rows.find((row) => row.id === own.handle);
  const mine = known ?? outside;
  const isOutside = Boolean(mine) && !shown.includes(mine);
  pinned.draw(isOutside ? [mine] : [], how);
  $("pinned").hidden = !isOutside;
  $("empty").hidden = fold.total > 0;
  $("count").textContent = fold.total === 1 ? "1 player." : `${score(fold.total)} players.`;
  moves = new Map();
  const first = fold.rows[0];
  if (!first || first.id === leader) return;
  if (leader) say(`${first.name} leads with ${score(first.score)}.`);
  leader = first.id;
}

function drawSoon() {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(draw);
}

follow(BASE, key, WINDOW, {
  onState: showState,
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
  // A demo that was started anew has new keys, and they stand in the page.
  onRefused: () => reload(),
});

async function reload() {
  const answer = await fetch("/").catch(() => null);
  if (answer?.ok && !(await answer.text()).includes(key)) location.reload();
}

function announceOwn({ rank, previous_rank: previous, total_entries: total }) {
  const from = previous === null || previous === rank ? "" : `, from ${previous}`;
  return `You are number ${rank} of ${score(total)}${from}.`;
}

const form = $("play-form");
if (form && own.name) form.elements.name.value = own.name;
form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = $("play-answer");
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const accepted = await own.submit(form.elements.name.value, form.elements.score.valueAsNumber);
    answer.dataset.kind = "good";
    answer.textContent = announceOwn(accepted);
    await lookOutside();
  } catch (error) {
    answer.dataset.kind = "bad";
    answer.textContent = error.message;
  }
  button.disabled = false;
});

// Beyond the rows that the stream keeps right, the visitor's own is asked for now and then.
async function lookOutside() {
  const isKnown = fold.rows.some((row) => row.id === own.handle);
  const isWanted = own.player && !own.isAbsent && !isKnown && !document.hidden;
  outside = isWanted ? await own.find().catch(() => null) : null;
  drawSoon();
}

addCopyButtons($("api"), say);
lookOutside();
setInterval(lookOutside, 10_000);
