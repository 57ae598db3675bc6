// A leaderboard's stream that never gives up. EventSource comes back by itself from a lost connection, but not from a
// refusal, such as that of a server that is starting; so then a new one is opened.

const LONGEST_WAIT = 10_000;

/**
 * Follows a stream. `onState` hears of `live`, `reconnecting` and `polling`; `onRefused` that the key is valid no more.
 */
export function follow(base, key, window, { onInitial, onUpdate, onState, onRefused }) {
  const query = `limit=${window}&key=${encodeURIComponent(key)}`;
  let wait = 1_000;

  const again = () => {
    setTimeout(open, wait * (0.75 + Math.random() / 2));
    wait = Math.min(wait * 2, LONGEST_WAIT);
  };

  const open = () => {
    const source = new EventSource(`${base}/realtime?${query}`);
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
      if (source.readyState === EventSource.CLOSED) look();
      else onState("reconnecting");
    };
  };

  // A stream says nothing of why it was refused; a page does, and is worth having where there are no streams.
  const look = async () => {
    const answer = await fetch(`${base}/leaderboard/entries?${query}`, { cache: "no-store" }).catch(() => null);
    onState(answer?.ok ? "polling" : "reconnecting");
    if (answer?.ok) onInitial(await answer.json());
    if (answer?.status === 401) onRefused();
    again();
  };

  open();
}
