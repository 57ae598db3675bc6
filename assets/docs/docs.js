// What scripts add to the documentation: all of it can be left out.

import { begin as beginConsole } from "./console.js";
import { addCopyButtons } from "./copy.js";
import { begin as beginFind } from "./find.js";

const EXAMPLE = "https://scores.example.org";
const LANGUAGE = "rankora-docs-language";

// Samples name this server, so that they work as they are copied.
for (const code of document.querySelectorAll(".code code")) {
  const texts = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode;
    if (node.data.includes(EXAMPLE)) node.data = node.data.replaceAll(EXAMPLE, location.origin);
  }
}

const said = document.getElementById("docs-said");
for (const code of document.querySelectorAll(".code")) addCopyButtons(code, (text) => (said.textContent = text));

// Whoever chooses a language has chosen it for all samples.
function choose(language) {
  for (const tab of document.querySelectorAll(`.tabs input[data-language="${CSS.escape(language)}"]`)) tab.checked = true;
}

let chosen = null;
try {
  chosen = localStorage.getItem(LANGUAGE);
} catch {
  // The browser keeps nothing: then it is chosen anew on each page.
}
if (chosen) choose(chosen);
document.addEventListener("change", ({ target }) => {
  const { language } = target.dataset;
  if (!language) return;
  const before = target.getBoundingClientRect().top;
  choose(language);
  scrollBy(0, target.getBoundingClientRect().top - before);
  try {
    localStorage.setItem(LANGUAGE, language);
  } catch {
    // See above.
  }
});

// Which part of the page is being read.
const marks = new Map(Array.from(document.querySelectorAll(".on-page a"), (link) => [decodeURIComponent(link.hash.slice(1)), link]));
const headings = Array.from(marks.keys(), (id) => document.getElementById(id)).filter(Boolean);
if (headings.length) {
  const look = () => {
    const read = headings.findLast((heading) => heading.checkVisibility() && heading.getBoundingClientRect().top < 120) ?? headings[0];
    for (const [id, link] of marks) link.toggleAttribute("data-read", id === read.id);
  };
  addEventListener("scroll", look, { passive: true });
  look();
}

// The navigation alone moves, not the page.
const pages = document.querySelector(".pages");
const here = pages.querySelector('[aria-current="page"]');
if (here) pages.scrollTop += here.getBoundingClientRect().bottom - pages.getBoundingClientRect().bottom + pages.clientHeight / 3;

beginFind(document.getElementById("docs-find"));
const console = document.getElementById("console");
if (console) beginConsole(console);
