// A live leaderboard in React.

import { useMemo, useSyncExternalStore } from "react";
import { formatScore, LiveLeaderboard } from "rankora";

export function Leaderboard({ rankora, playerId, scoreFormat = "number" }) {
  const live = useMemo(() => new LiveLeaderboard(rankora, { limit: 10, playerId }), [rankora, playerId]);
  const { entries, player, state, total } = useSyncExternalStore(live.subscribe, live.getSnapshot, live.getSnapshot);

  if (state === "connecting") return <p>…</p>;
  return (
    <section aria-busy={state === "reconnecting"}>
      <ol>
        {entries.map((entry) => (
          <li key={entry.id} value={entry.rank}>
            <bdi>{entry.name}</bdi> {formatScore(entry.score, scoreFormat)}
          </li>
        ))}
      </ol>
      {player && `You are number ${player.rank} of ${total}.`}
    </section>
  );
}
