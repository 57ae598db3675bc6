// Shows a style sheet in the preview while it is written. It goes nowhere: neither to the server nor to the frame of anybody
// else. What the preview's own policy forbids, such as a picture of another server, it forbids to this sheet as well.

/** As the server has it. */
const MOST_BYTES = 8 * 1024;
const PAUSE = 250;

const field = document.getElementById("css");
const note = document.getElementById("draft");
const preview = document.getElementById("preview");
let pending;

function show() {
  const text = field.value.trim();
  const isLong = new TextEncoder().encode(text).length > MOST_BYTES;
  const isKept = field.value === field.defaultValue && !field.hasAttribute("aria-invalid");
  note.textContent = isLong ? note.dataset.long : note.dataset.unsaved;
  note.hidden = isKept && !isLong;
  const page = preview.contentDocument;
  if (!page?.adoptedStyleSheets) return;
  // The one that is kept gives way to what is written in its place.
  for (const { href, sheet } of page.querySelectorAll("link[rel=stylesheet]")) {
    if (sheet && new URL(href).pathname.endsWith("/style.css")) sheet.disabled = true;
  }
  const draft = new preview.contentWindow.CSSStyleSheet();
  draft.replaceSync(isLong ? "" : text);
  page.adoptedStyleSheets = [draft];
}

field.addEventListener("input", () => {
  clearTimeout(pending);
  pending = setTimeout(show, PAUSE);
});
// Each choice of the configurator is a new page.
preview.addEventListener("load", show);
show();
