// A leaderboard's stream that never gives up. EventSource comes back by itself from a lost connection, but not from a
// refusal, such as that of a server that is starting; so then a new one is opened. Where the plan has no streams, the
// page is asked for now and then.

const LONGEST_WAIT = 10_000;
/** A month that is used up is looked at again after this time. */
const LONGEST_PAUSE = 3_600_000;

/**
 * Follows a leaderboard, and returns what ends that. `window` is how many rows, with `&offset=` where others come
 * before. `onState` hears of `live`, `reconnecting` and `polling`; `onRefused` that the key is not valid. `every` says how
 * many milliseconds lie between two pages where there is no stream.
 */
export function follow(base, key, window, { onInitial, onUpdate, onState, onRefused, every, streams = true }) {
  const query = `limit=${window}&key=${encodeURIComponent(key)}`;
  const over = new AbortController();
  let wait = 1_000;
  let source = null;
  let timer = 0;

  const ask = (path, signal = over.signal) => fetch(`${base}${path}?${query}`, { cache: "no-store", signal });

  const open = () => {
    source = new EventSource(`${base}/realtime?${query}`);
    source.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === "initial") {
        wait = 1_000;
        onState("live");
        onInitial(message);
      } else if (message.type === "update") {
        onUpdate(message.payload);
      }
    };
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) learnWhy();
      else onState("reconnecting");
    };
  };

  // A stream says nothing of why it was refused; the same request says it.
  const learnWhy = async () => {
    const head = new AbortController();
    const answer = await ask("/realtime", head.signal).catch(() => null);
    if (answer && !answer.ok) streams = (await answer.json().catch(() => ({}))).code !== "plan_restriction";
    head.abort();
    if (!over.signal.aborted) look();
  };

  const look = async () => {
    const answer = await ask("/leaderboard/entries").catch(() => null);
    const page = answer?.ok ? await answer.json().catch(() => null) : null;
    if (over.signal.aborted) return;
    onState(page ? "polling" : "reconnecting");
    if (page) onInitial(page);
    if (answer?.status === 401) onRefused();
    if (over.signal.aborted) return;
    const pause = Math.min(Number(answer?.headers.get("retry-after")) * 1_000 || 0, LONGEST_PAUSE);
    wait = page && every ? 1_000 : Math.min(wait * 2, LONGEST_WAIT);
    const rest = page && every ? every() : wait;
    timer = setTimeout(streams ? open : look, Math.max(pause, rest) * (0.75 + Math.random() / 2));
  };

  if (streams) open();
  else look();
  return () => {
    over.abort();
    source?.close();
    clearTimeout(timer);
  };
}
