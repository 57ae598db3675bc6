// Sends the call that a page describes. Nothing of it is kept: the key is in its field and nowhere else.

const LINES = 400;

export function begin(section) {
  const form = section.querySelector("form");
  const key = form.elements.namedItem("key");
  const warning = document.getElementById("call-warning");
  const stop = document.getElementById("call-stop");
  const status = document.getElementById("call-status");
  const answer = document.getElementById("call-answer");
  const headers = document.getElementById("call-headers");
  let running = null;
  section.hidden = false;
  document.getElementById("to-console").hidden = false;
  const way = document.createElement("a");
  way.className = "to-console";
  way.href = "#try-it";
  way.textContent = "Try it";
  document.querySelector(".prose .call").append(way);

  key?.addEventListener("input", () => (warning.hidden = !/^\s*rk_(sec|mgt)_/.test(key.value)));
  // A page that comes back out of the browser's cache has forgotten it, too.
  addEventListener("pagehide", () => key && (key.value = ""));
  stop.addEventListener("click", () => running?.abort());

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    running?.abort();
    const own = (running = new AbortController());
    const { url, options } = call(form, key?.value.trim());
    status.className = "status";
    status.textContent = "Sending …";
    answer.hidden = headers.hidden = true;
    stop.hidden = false;
    const began = performance.now();
    try {
      const response = await fetch(url, { ...options, signal: own.signal });
      const took = Math.round(performance.now() - began);
      status.classList.add(response.ok ? "good" : "bad");
      status.textContent = `${response.status} ${response.statusText} · ${took} ms`;
      headers.querySelector("code").textContent = Array.from(response.headers, (header) => header.join(": ")).join("\n");
      headers.hidden = answer.hidden = false;
      await show(response, answer.querySelector("code"));
    } catch (error) {
      if (own.signal.aborted) {
        if (running === own) status.textContent += " · stopped";
        return;
      }
      status.classList.add("bad");
      status.textContent = `No answer: ${error.message}`;
    } finally {
      if (running === own) stop.hidden = true;
    }
  });
}

function call(form, key) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  const headers = {};
  if (key) headers.Authorization = `Bearer ${key}`;
  for (const { dataset, value } of form.querySelectorAll("[data-place]")) {
    const { name, place } = dataset;
    if (place === "path") path = path.replace(`{${name}}`, encodeURIComponent(value));
    else if (value && place === "query") query.set(name, value);
    else if (value) headers[name] = value;
  }
  const body = document.getElementById("call-body")?.value;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const url = query.size ? `${path}?${query}` : path;
  return { url, options: { method: form.dataset.method, headers, body, cache: "no-store", credentials: "omit" } };
}

/** Shows a body: laid out where it is JSON, as it comes where it is a stream. */
async function show(response, code) {
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
    const text = await response.text();
    code.textContent = laidOut(text) || "(no body)";
    return;
  }
  code.textContent = "";
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    code.textContent = (code.textContent + value).split("\n").slice(-LINES).join("\n");
  }
}

function laidOut(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
