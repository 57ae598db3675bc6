using System;
using System.Collections.Generic;
using UnityEngine;
using UnityEngine.UI;

namespace Rankora.Unity
{
    /// <summary>
    /// A leaderboard that stays right by itself. On an empty object it makes its own canvas; on one that is on a canvas
    /// it fills that object.
    /// </summary>
    [AddComponentMenu("Rankora/Leaderboard View")]
    [DisallowMultipleComponent]
    public sealed class LeaderboardView : RankoraView
    {
        /// <summary>Which score comes first.</summary>
        public enum ShownOrder
        {
            /// <summary>As on the leaderboard.</summary>
            Own,
            /// <summary>The highest.</summary>
            HighestFirst,
            /// <summary>The lowest.</summary>
            LowestFirst
        }

        [Tooltip("Where on the screen, unless it is on a canvas already.")]
        [SerializeField] private TextAnchor place = TextAnchor.MiddleCenter;
        [Tooltip("How large, unless it is on a canvas already.")]
        [SerializeField] private Vector2 size = new Vector2(440, 560);
        [Range(1, 50)] [SerializeField] private int rows = 10;
        [Min(0)] [SerializeField] private int skip;
        [SerializeField] private ShownOrder order = ShownOrder.Own;
        [Tooltip("The leaderboard's name where it is empty.")]
        [SerializeField] private string title = "";
        [Tooltip("Whether the row of whoever plays here stands out. Changes of the others then come once a second at the most.")]
        [SerializeField] private bool marksPlayer = true;

        private readonly List<LeaderboardRow> shown = new List<LeaderboardRow>();
        private UiBuilder builder;
        private RectTransform list;
        private Text heading;
        private Text status;
        private Button again;
        private LiveLeaderboard live;

        /// <summary>Tells each new snapshot, after it is shown.</summary>
        public event Action<LiveSnapshot> Changed;

        /// <summary>How many rows, 1 to 50. Taken over when it is enabled.</summary>
        public int Rows
        {
            get => rows;
            set => rows = value;
        }

        /// <summary>How many rows are skipped. Taken over when it is enabled.</summary>
        public int Skip
        {
            get => skip;
            set => skip = value;
        }

        /// <summary>Which score comes first. Taken over when it is enabled.</summary>
        public ShownOrder Order
        {
            get => order;
            set => order = value;
        }

        /// <summary>What stands above; the leaderboard's name where it is empty.</summary>
        public string Title
        {
            get => title;
            set => title = value;
        }

        /// <summary>Whether the row of whoever plays here stands out. Taken over when it is enabled.</summary>
        public bool MarksPlayer
        {
            get => marksPlayer;
            set => marksPlayer = value;
        }

        /// <summary>How it stands; null while it is disabled.</summary>
        public LiveSnapshot Snapshot => live == null ? null : live.Snapshot;

        /// <summary>Asks again, where it has stopped.</summary>
        public void TryAgain()
        {
            if (live == null) return;
            ReadBoard();
            live.Start();
        }

        internal override TextAnchor Place => place;
        internal override Vector2 Size => size;

        internal override void Build(UiBuilder with, RectTransform parent)
        {
            builder = with;
            heading = builder.Label(parent, "Title", Theme.text);
            heading.fontSize = Theme.titleSize;
            heading.text = title;
            UiBuilder.Height(heading, Theme.titleSize * 1.5f);
            list = builder.List(parent, "List");
            status = builder.Label(parent, "Status", Theme.quietText, TextAnchor.MiddleCenter);
            UiBuilder.Height(status, Theme.rowHeight);
            again = builder.Button(parent, Theme.words.tryAgain, TryAgain);
        }

        internal override void Begin()
        {
            var page = new PageOptions { Limit = rows, PlayerId = marksPlayer ? Session.PlayerId : null };
            if (skip > 0) page.Offset = skip;
            if (order != ShownOrder.Own) page.Order = order == ShownOrder.LowestFirst ? SortOrder.Asc : SortOrder.Desc;
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
            heading.text = title.Length > 0 ? title : Board.Name;
            Show(live.Snapshot);
        }

        private void Show(LiveSnapshot snapshot)
        {
            if (live == null) return;
            for (var index = 0; index < snapshot.Entries.Count; index++)
            {
                if (index == shown.Count) shown.Add(new LeaderboardRow(builder, list, index, Theme));
                shown[index].Show(snapshot.Entries[index], Theme, KnownFormat);
            }
            for (var index = snapshot.Entries.Count; index < shown.Count; index++) shown[index].Hide();
            var words = Words(snapshot);
            status.text = words;
            status.gameObject.SetActive(words.Length > 0);
            status.color = snapshot.State == LiveState.Stopped ? Theme.problemText : Theme.quietText;
            again.gameObject.SetActive(snapshot.State == LiveState.Stopped);
            if (snapshot.State == LiveState.Live || snapshot.State == LiveState.Polling) ReadBoard();
            Changed?.Invoke(snapshot);
        }

        private string Words(LiveSnapshot snapshot)
        {
            switch (snapshot.State)
            {
                case LiveState.Connecting: return Theme.words.connecting;
                case LiveState.Reconnecting: return Theme.words.reconnecting;
                case LiveState.Stopped: return Theme.words.stopped;
                default: return snapshot.Entries.Count == 0 ? Theme.words.empty : "";
            }
        }
    }
}
