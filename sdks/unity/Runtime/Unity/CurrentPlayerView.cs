using System;
using System.Globalization;
using UnityEngine;
using UnityEngine.UI;

namespace Rankora.Unity
{
    /// <summary>
    /// The rank and score of whoever plays here, which stay right by themselves. An entry that the leaderboard has lost
    /// is submitted anew where this key may.
    /// </summary>
    [AddComponentMenu("Rankora/Current Player View")]
    [DisallowMultipleComponent]
    public sealed class CurrentPlayerView : RankoraView
    {
        [Tooltip("Where on the screen, unless it is on a canvas already.")]
        [SerializeField] private TextAnchor place = TextAnchor.UpperLeft;
        [Tooltip("How large, unless it is on a canvas already.")]
        [SerializeField] private Vector2 size = new Vector2(380, 72);
        private Text rank;
        private Text playerName;
        private Text score;
        private LiveLeaderboard live;
        private bool isMissed;

        /// <summary>Tells the player's entry, after it is shown; null where there is none.</summary>
        public event Action<Entry> Changed;

        /// <summary>The player's entry; null where there is none, or nothing is known yet.</summary>
        public Entry Entry => live == null ? null : live.Snapshot.Player;

        internal override TextAnchor Place => place;
        internal override Vector2 Size => size;

        internal override void Build(UiBuilder builder, RectTransform parent)
        {
            var row = builder.Row(parent, "Player");
            row.GetComponent<Image>().color = Theme.ownRow;
            rank = builder.Label(row, "Rank", Theme.quietText, TextAnchor.MiddleRight);
            playerName = builder.Label(row, "Name", Theme.text);
            score = builder.Label(row, "Score", Theme.text, TextAnchor.MiddleRight);
            UiBuilder.Width(rank, Theme.rankWidth);
            UiBuilder.Stretch(playerName);
            UiBuilder.Width(score, Theme.scoreWidth);
        }

        internal override void Begin()
        {
            isMissed = false;
            var page = new PageOptions { Limit = 1, PlayerId = Session.PlayerId };
            live = new LiveLeaderboard(Session.Client, page, Session.Settings.PollEverySeconds);
            live.Changed += Show;
            Show(live.Snapshot);
            ReadBoard();
            live.Start();
        }

        internal override void End()
        {
            live.Stop();
            live = null;
        }

        internal override void ShowBoard()
        {
            Show(live.Snapshot);
        }

        private void Show(LiveSnapshot snapshot)
        {
            if (live == null) return;
            var entry = snapshot.Player;
            var isKnown = snapshot.State == LiveState.Live || snapshot.State == LiveState.Polling;
            rank.text = entry == null ? "" : string.Format(CultureInfo.CurrentCulture, Theme.words.rank, entry.Rank);
            score.text = entry == null ? "" : Theme.Score(entry.Score, KnownFormat);
            playerName.text = entry != null ? entry.Name : Words(snapshot.State);
            if (isKnown) ReadBoard();
            // Once each time that it is missed.
            if (isKnown && entry == null && !isMissed && Session.Queue.Knows()) RankoraSession.Quietly(Session.Queue.GetEntryAsync());
            if (isKnown) isMissed = entry == null;
            Changed?.Invoke(entry);
        }

        private string Words(LiveState state)
        {
            switch (state)
            {
                case LiveState.Connecting: return Theme.words.connecting;
                case LiveState.Stopped: return Theme.words.stopped;
                case LiveState.Reconnecting: return Theme.words.reconnecting;
                default: return Theme.words.noEntry;
            }
        }
    }
}
