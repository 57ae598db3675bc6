using System;
using System.Collections.Generic;

namespace Rankora
{
    /// <summary>One page of a leaderboard, kept right by the messages of its stream.</summary>
    internal sealed class Fold
    {
        private readonly int limit;
        private readonly int offset;
        private readonly bool follows;
        // What stands on each place of the page; null where that can't be known yet.
        private Entry[] rows = new Entry[0];
        private bool isMirrored;

        public Fold(PageOptions options)
        {
            limit = options.Limit ?? 5;
            offset = options.Offset ?? 0;
            follows = !string.IsNullOrEmpty(options.PlayerId);
        }

        /// <summary>Entries on the leaderboard.</summary>
        public int Total { get; private set; }

        /// <summary>The followed player's entry; null where there is none.</summary>
        public Entry Player { get; private set; }

        /// <summary>The entries that are known. For a moment one may be missing; the ranks of the others are right.</summary>
        public IReadOnlyList<Entry> Entries()
        {
            var known = new List<Entry>(rows.Length);
            foreach (var row in rows)
            {
                if (row != null) known.Add(row);
            }
            return known.AsReadOnly();
        }

        /// <param name="page">As the list or the stream gave it.</param>
        /// <param name="player">The followed player's entry, where it is known apart from the page.</param>
        /// <param name="mirrored">Whether the page's order is not the leaderboard's own.</param>
        public void TakePage(Page page, Entry player, bool mirrored)
        {
            rows = new Entry[page.Entries.Count];
            for (var index = 0; index < rows.Length; index++)
            {
                rows[index] = page.Entries[index];
                if (player == null && rows[index].IsCurrentPlayer) player = rows[index];
            }
            isMirrored = mirrored;
            Total = page.Total;
            Player = player;
        }

        /// <returns>False where it contradicts what is known: then a fresh page is needed.</returns>
        public bool TakeChange(Entry before, Entry after)
        {
            var from = before == null ? 0 : PlaceOf(before);
            Total += (after == null ? 0 : 1) - (before == null ? 0 : 1);
            var to = after == null ? 0 : PlaceOf(after);
            if (follows)
            {
                // Others' changes aren't told, so only a page makes the entries right, and it comes.
                Player = after == null ? null : new Entry(after, to, true);
                return true;
            }
            var first = offset + 1;
            var known = before == null ? null : RowAt(from - first);
            if (known != null && known.Id != before.Id) return false;

            var shown = new Entry[Math.Min(limit, Math.Max(0, Total - offset))];
            for (var index = 0; index < shown.Length; index++)
            {
                var place = first + index;
                shown[index] = to == place ? new Entry(after, place, after.IsCurrentPlayer) : StoodAt(place, from, to);
            }
            rows = shown;
            return true;
        }

        /// <summary>What comes to a place where one entry was taken out, and one was put in.</summary>
        private Entry StoodAt(int place, int from, int to)
        {
            var stood = to != 0 && to < place ? place - 1 : place;
            if (from != 0 && from <= stood) stood++;
            var row = RowAt(stood - offset - 1);
            return row == null || row.Rank == place ? row : new Entry(row, place, row.IsCurrentPlayer);
        }

        private Entry RowAt(int index)
        {
            return index >= 0 && index < rows.Length ? rows[index] : null;
        }

        /// <param name="entry">With its rank in the leaderboard's own order.</param>
        private int PlaceOf(Entry entry)
        {
            return isMirrored ? Total + 1 - entry.Rank : entry.Rank;
        }
    }
}
