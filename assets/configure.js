// The configurator without a new page for each choice: the preview and the code follow the form.

import { addCopyButtons } from "./copy.js";

const form = document.getElementById("configurator");
const preview = document.getElementById("preview");
const USUAL = { layout: "table", theme: "auto", columns: "rank,name,metadata,move,score" };
const PAUSE = 250;
let pending;

/** What is chosen, as name and value, in the order of the code. */
function chosen() {
  const fields = new FormData(form);
  return form.dataset.names.split(" ").flatMap((name) => {
    const value = fields.getAll(name).join(",").trim();
    return value && value !== USUAL[name] ? [[name, value]] : [];
  });
}

const escape = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

function show() {
  const pairs = chosen();
  const { key, board, origin, title } = form.dataset;
  const attributes = (prefix) => pairs.map(([name, value]) => ` ${prefix}${name}="${escape(value)}"`).join("");
  const path = `/embed/${board}?${new URLSearchParams([["key", key], ...pairs])}`;
  const script = `<script async src="${escape(origin)}/embed/v1.js"`;
  const code = {
    script: `${script} data-key="${escape(key)}"${attributes("data-")}></script>`,
    element: `${script}></script>\n<rankora-leaderboard key="${escape(key)}"${attributes("")}></rankora-leaderboard>`,
    frame:
      `${script}></script>\n<iframe src="${escape(origin + path)}" title="${escape(title)}" ` +
      `width="100%" height="480" data-rankora-fit></iframe>`,
  };
  for (const [form, text] of Object.entries(code)) document.getElementById(`code-${form}`).textContent = text;
  // In the place of the page before: back leads away from here, not through all choices.
  preview.contentWindow.location.replace(path);
  const own = new URLSearchParams(form.elements.key ? [["key", key], ...pairs] : pairs);
  history.replaceState(null, "", `${location.pathname}${own.size ? `?${own}` : ""}`);
}

form.addEventListener("input", ({ target }) => {
  clearTimeout(pending);
  const isTyped = target.matches("input:not([type=radio], [type=checkbox])");
  pending = setTimeout(() => form.checkValidity() && show(), isTyped ? PAUSE : 0);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  show();
});
form.classList.add("is-live");
// The dashboard's pages have their own.
const said = document.getElementById("said");
if (said) addCopyButtons(document, (text) => (said.textContent = text));

// As high as it would like to be.
addEventListener("message", ({ data, origin, source }) => {
  if (origin !== location.origin || source !== preview.contentWindow || data?.type !== "rankora-height") return;
  preview.style.height = `${Math.min(data.height, 4_000)}px`;
});
