// Search over all pages, in the browser. The texts come with the first letter that is typed.

const MOST = 12;
const AROUND = 60;

let texts = null;

function load() {
  texts ??= fetch("/docs/search.json").then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.statusText))));
  // What failed is tried again with the next letter.
  texts.catch(() => (texts = null));
  return texts;
}

/** How well a part fits, 0 where a word is missing. */
function weight(part, words) {
  let sum = 0;
  for (const word of words) {
    const at = part.all.indexOf(word);
    if (at < 0) return 0;
    const begins = (text) => (text.startsWith(word) ? 3 : text.includes(` ${word}`) ? 2 : text.includes(word) ? 1 : 0);
    sum += 8 * begins(part.lowHeading) + (part.heading ? 3 : 6) * begins(part.lowPage) + (begins(part.lowText) ? 1 : 0.5);
  }
  return sum;
}

export function search(parts, asked) {
  const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  for (const part of parts) {
    if (part.all) continue;
    part.lowPage = part.page.toLowerCase();
    part.lowHeading = part.heading.toLowerCase();
    part.lowText = part.text.toLowerCase();
    part.all = `${part.lowPage} ${part.lowHeading} ${part.lowText} ${part.url.toLowerCase()}`;
  }
  return parts
    .map((part) => ({ part, weight: weight(part, words) }))
    .filter(({ weight }) => weight)
    .sort((one, other) => other.weight - one.weight)
    .slice(0, MOST)
    .map(({ part }) => ({ part, words }));
}

function excerpt({ part, words }) {
  const at = part.lowText.indexOf(words[0]);
  const from = at < AROUND ? 0 : part.text.lastIndexOf(" ", at - AROUND / 2) + 1;
  const cut = part.text.slice(from, from + 2 * AROUND);
  const isWhole = from + cut.length === part.text.length;
  return (from ? "… " : "") + (isWhole ? cut : `${cut.slice(0, Math.max(cut.lastIndexOf(" "), AROUND))} …`);
}

/** A text with the words that were looked for marked. */
function marked(text, words) {
  const pattern = new RegExp(`(${words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`, "gi");
  return text.split(pattern).map((piece, index) => {
    if (index % 2 === 0) return piece;
    const mark = document.createElement("mark");
    mark.textContent = piece;
    return mark;
  });
}

export function begin(form) {
  const input = form.querySelector("input");
  const list = form.querySelector("ul");
  const said = document.getElementById("docs-said");
  let at = -1;
  form.hidden = false;

  const options = () => list.querySelectorAll('[role="option"]');
  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    at = -1;
  };
  const go = (index) => {
    const all = options();
    if (!all.length) return;
    at = (index + all.length) % all.length;
    all.forEach((option, place) => option.setAttribute("aria-selected", String(place === at)));
    input.setAttribute("aria-activedescendant", all[at].id);
    all[at].scrollIntoView({ block: "nearest" });
  };
  const show = (results) => {
    list.replaceChildren(
      ...results.map((result, index) => {
        const { part, words } = result;
        const option = document.createElement("li");
        option.id = `docs-found-${index}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        const link = document.createElement("a");
        link.href = part.url;
        link.tabIndex = -1;
        const title = document.createElement("b");
        title.append(...marked(part.heading || part.page, words));
        const page = document.createElement("small");
        page.textContent = part.heading ? part.page : "";
        const text = document.createElement("span");
        text.append(...marked(excerpt(result), words));
        link.append(title, page, text);
        option.append(link);
        return option;
      }),
    );
    if (!results.length) {
      const nothing = document.createElement("li");
      nothing.className = "nothing";
      nothing.textContent = "Nothing found";
      list.append(nothing);
    }
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    said.textContent = results.length === 1 ? "1 result" : `${results.length} results`;
    at = -1;
    if (results.length) go(0);
  };

  input.addEventListener("input", async () => {
    const asked = input.value;
    if (!asked.trim()) return close();
    try {
      const parts = await load();
      if (input.value === asked) show(search(parts, asked));
    } catch {
      said.textContent = "The search can't be reached";
    }
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") go(at + 1);
    else if (event.key === "ArrowUp") go(at - 1);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    options()[Math.max(at, 0)]?.querySelector("a").click();
  });
  // The results of the same page lead to a part of it, and then they are in the way.
  list.addEventListener("click", close);
  document.addEventListener("click", ({ target }) => form.contains(target) || close());
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select");
    if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
}
