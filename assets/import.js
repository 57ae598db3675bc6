// A file's rows, sent in parts that fit into a request, with progress.

/** Characters of a part as it is sent, which counts percent signs. */
const PART = 12_000;

/** The lines of a table, each with all that its quotes hold together. */
function records(text) {
  const found = [];
  let begin = 0;
  let isQuoted = false;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '"') isQuoted = !isQuoted;
    if (text[index] === "\n" && !isQuoted) {
      found.push(text.slice(begin, index + 1));
      begin = index + 1;
    }
  }
  if (begin < text.length) found.push(`${text.slice(begin)}\n`);
  return found;
}

function parts(head, rows) {
  const made = [];
  let [part, size, line] = ["", 0, head.split("\n").length];
  let from = line;
  for (const row of rows) {
    const length = encodeURIComponent(row).length;
    if (part && size + length > PART) {
      made.push({ part, skipped: from - head.split("\n").length });
      [part, size, from] = ["", 0, line];
    }
    part += row;
    size += length;
    line += row.split("\n").length - 1;
  }
  made.push({ part, skipped: from - head.split("\n").length });
  return made;
}

export function begin(form) {
  const file = form.querySelector("#file");
  const progress = form.querySelector("#progress");
  const bar = progress.querySelector("progress");
  const said = form.querySelector("#progress-text");
  form.querySelector(".with-script").hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    const text = (await file.files[0]?.text()) ?? form.elements.table.value;
    const [head, ...rows] = records(text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n"));
    if (!rows.length) return show({ accepted: 0, refused: [], stopped: "There are no rows below the columns." });
    const all = parts(head, rows);
    const report = { accepted: 0, refused: [], stopped: null };
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    progress.hidden = false;
    for (const [index, { part, skipped }] of all.entries()) {
      const body = new URLSearchParams({ form: form.elements.form.value, table: head + part, skipped });
      body.set("part", index + 1 < all.length ? "more" : "last");
      body.set("accepted", report.accepted);
      const answer = await send(form.action, body);
      report.accepted += answer.accepted;
      report.refused.push(...answer.refused);
      report.stopped = answer.stopped;
      bar.value = (100 * (index + 1)) / all.length;
      said.textContent = `${report.accepted} accepted, ${report.refused.length} refused so far.`;
      if (report.stopped) break;
    }
    button.disabled = false;
    progress.hidden = true;
    show(report);
  });

  async function send(url, body) {
    const answer = await fetch(url, { method: "POST", body, headers: { accept: "application/json" } }).catch(() => null);
    const report = answer?.ok ? await answer.json().catch(() => null) : null;
    const why = "The server could not be reached; the rows after these are not in.";
    return report ?? { accepted: 0, refused: [], stopped: why };
  }

  function show({ accepted, refused, stopped }) {
    const report = form.querySelector("#report");
    const notice = document.createElement("p");
    notice.className = `notice ${refused.length || stopped ? "bad" : "good"}`;
    notice.setAttribute("role", "status");
    notice.textContent = `${accepted} accepted, ${refused.length} refused. ${stopped ?? ""}`;
    const list = document.createElement("ul");
    list.className = "refused";
    for (const { line, reason } of refused.slice(0, 500)) {
      const item = document.createElement("li");
      item.textContent = `Line ${line}: ${reason}`;
      list.append(item);
    }
    report.replaceChildren(notice, ...(refused.length ? [list] : []));
  }
}
