using System;
using System.Collections.Generic;

namespace Rankora
{
    /// <summary>How a <see cref="LiveLeaderboard"/> is kept right.</summary>
    public enum LiveState
    {
        /// <summary>Nothing is known yet.</summary>
        Connecting,
        /// <summary>A stream keeps it right.</summary>
        Live,
        /// <summary>It is read every few seconds, since there is no stream.</summary>
        Polling,
        /// <summary>The server can't be reached; what is shown is the last that was known.</summary>
        Reconnecting,
        /// <summary>The key or the request is refused; the next start tries again.</summary>
        Stopped
    }

    /// <summary>A leaderboard at one moment. It never changes: what changes is another one.</summary>
    public sealed class LiveSnapshot
    {
        internal LiveSnapshot(LiveState state, Exception error, Fold fold)
        {
            State = state;
            Error = error;
            Entries = fold.Entries();
            Total = fold.Total;
            Player = fold.Player;
        }

        /// <summary>How it is kept right.</summary>
        public LiveState State { get; private set; }
        /// <summary>The page's rows, in order.</summary>
        public IReadOnlyList<Entry> Entries { get; private set; }
        /// <summary>Entries on the leaderboard.</summary>
        public int Total { get; private set; }
        /// <summary>With a player's id: that player's entry, on the page or not; null where there is none.</summary>
        public Entry Player { get; private set; }
        /// <summary>While reconnecting or stopped, why; null where nobody knows.</summary>
        public Exception Error { get; private set; }
    }
}
