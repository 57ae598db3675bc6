// What scripts add to the pages: all of it can be left out.

import { begin as beginImport } from "./import.js";
import { begin as beginTable } from "./live-table.js";
import { localise } from "./local-time.js";
import { begin as beginPreview } from "./score-preview.js";

localise(document);

for (const block of document.querySelectorAll("[data-copy]")) {
  const frame = document.createElement("div");
  frame.className = "copied";
  block.replaceWith(frame);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", () => copy(block, button));
  frame.append(block, button);
}

async function copy(block, button) {
  try {
    await navigator.clipboard.writeText(block.textContent);
    button.textContent = "Copied";
  } catch {
    // Not allowed, or no secure address: the visitor's own keys can do it.
    getSelection().selectAllChildren(block);
    button.textContent = "Selected";
  }
  setTimeout(() => (button.textContent = "Copy"), 1_600);
}

// What can't be undone waits for its typed name.
for (const input of document.querySelectorAll("[data-must-be]")) {
  const button = input.form.querySelector("button[type=submit]");
  const look = () => (button.disabled = input.value.trim() !== input.dataset.mustBe);
  input.addEventListener("input", look);
  look();
}

for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", (event) => {
    if (!confirm(form.dataset.confirm)) event.preventDefault();
  });
}

for (const select of document.querySelectorAll("select[data-submits]")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

// A form is sent once, however often somebody presses; a page that comes back out of the cache begins anew.
addEventListener("submit", ({ target, defaultPrevented }) => {
  if (defaultPrevented) return;
  setTimeout(() => target.querySelectorAll("button").forEach((button) => (button.disabled = true)));
});
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) location.reload();
});

const table = document.getElementById("entries");
if (table?.dataset.key) beginTable(table);
const preview = document.getElementById("score-preview");
if (preview) beginPreview(preview.closest("form"), preview);
const form = document.getElementById("import");
if (form) beginImport(form);
