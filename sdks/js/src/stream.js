import { errorOf, RankoraError } from "./error.js";
import { deadline } from "./time.js";

/** Milliseconds until the first message; where something in between holds it back, there is none. */
const BEGIN_WITHIN = 10_000;
/** Milliseconds: a stream is dead where not even the server's comments come, one every 15 s. */
const SILENCE = 45_000;

/**
 * @typedef {object} Event One message of a stream.
 * @property {string} data
 * @property {string} id Of the last message that had one.
 * @property {number | undefined} retry Milliseconds after which to come back, as told last.
 */

/**
 * Takes the text of a stream apart, in whatever pieces it comes.
 *
 * @param {(event: Event) => void} tell
 */
export function parser(tell) {
  let rest = "";
  let id = "";
  /** @type {number | undefined} */
  let retry;
  /** @type {string[]} */
  let data = [];

  const read = (/** @type {string} */ line) => {
    if (!line) {
      if (data.length) tell({ data: data.join("\n"), id, retry });
      data = [];
      return;
    }
    const [, field, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === "data") data.push(value);
    if (field === "id" && !value.includes("\0")) id = value;
    if (field === "retry" && /^\d+$/.test(value)) retry = Number(value);
  };

  return (/** @type {string} */ text) => {
    // A last `\r` may be half of `\r\n`.
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    lines.forEach(read);
  };
}

/**
 * Opens a stream and reads it to its end.
 *
 * @param {import("../index.d.ts").Rankora} client
 * @param {string} path
 * @param {string} lastEventId Where to go on; empty for a fresh page.
 * @param {AbortSignal} outer
 * @returns {AsyncGenerator<Event, void, void>}
 */
export async function* readStream(client, path, lastEventId, outer) {
  const { signal, renew, end } = deadline(BEGIN_WITHIN, outer);
  /** @type {ReadableStreamDefaultReader<Uint8Array> | undefined} */
  let reader;
  const cancel = () => void reader?.cancel().catch(() => {});
  // Not in all runtimes an answer that has begun hears of its request's signal.
  signal.addEventListener("abort", cancel);
  try {
    const response = await client.fetch(path, { headers: lastEventId ? { "Last-Event-ID": lastEventId } : {}, signal });
    const type = response.headers.get("content-type") ?? "";
    if (!response.ok || !type.startsWith("text/event-stream")) {
      throw errorOf(response, await response.json().catch(() => null));
    }
    // Some runtimes give an answer only whole.
    if (!response.body) throw new RankoraError("This runtime has no streams", { code: "no_streams" });
    reader = response.body.getReader();
    const decoder = new TextDecoder();
    /** @type {Event[]} */
    let events = [];
    const parse = parser((event) => events.push(event));
    for (;;) {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return;
      renew(SILENCE);
      parse(decoder.decode(value, { stream: true }));
      yield* events;
      events = [];
    }
  } finally {
    end();
    cancel();
  }
}
