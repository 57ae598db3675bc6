// Times in the viewer's own zone; the exact time shows on hover.

const shown = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

export function localise(root) {
  for (const time of root.querySelectorAll("time[data-local], time[data-day]")) show(time, time.dateTime);
}

/** Shows a point in time. */
export function show(time, text) {
  const at = new Date(text);
  time.dateTime = text;
  time.textContent = ("day" in time.dataset ? day : shown).format(at);
  time.title = exact.format(at);
}
