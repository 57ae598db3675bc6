// A server that answers as it is told.

/** An app's `fetch` that gives these answers in turn, the last one again and again, and keeps what was asked. */
export function answering(...answers) {
  const asked = [];
  const fetch = async (url, init) => {
    const headers = Object.fromEntries(new Headers(init.headers));
    init.signal?.throwIfAborted();
    asked.push({ url, ...init, headers, at: Date.now() });
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    return answer(init);
  };
  return { asked, fetch };
}

export const json = (body, init) => () => Response.json(body, init);

export const refusal = (status, code, headers) =>
  json({ success: false, error: "It is refused", code }, { status, headers });

export const unreachable = () => {
  throw new TypeError("fetch failed");
};

/** An answer that never comes, as `fetch` ends it. */
export const silence = ({ signal }) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
