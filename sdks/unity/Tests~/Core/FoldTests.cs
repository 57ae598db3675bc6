using System;
using System.Collections.Generic;
using System.Linq;

namespace Rankora.Tests
{
    [Tests]
    internal static class FoldTests
    {
        public static void changes_in_any_order_leave_the_page_as_it_is_on_the_leaderboard()
        {
            var random = new Random(7);
            for (var game = 0; game < 200; game++)
            {
                int limit = random.Next(1, 8), offset = random.Next(4);
                var isMirrored = random.Next(2) == 0;
                // From the first to the last, in the leaderboard's own order.
                var all = Enumerable.Range(0, random.Next(8)).Select(player => "P" + player).ToList();
                var fold = new Fold(new PageOptions { Limit = limit, Offset = offset });
                fold.TakePage(PageOf(all, limit, offset, isMirrored), null, isMirrored);
                for (var change = 0; change < 20; change++)
                {
                    var player = "P" + random.Next(10);
                    var before = all.Contains(player) ? Row(player, all.IndexOf(player) + 1) : null;
                    all.Remove(player);
                    Entry after = null;
                    if (before == null || random.Next(4) > 0)
                    {
                        var place = random.Next(all.Count + 1);
                        all.Insert(place, player);
                        after = Row(player, place + 1);
                    }
                    Check.That(fold.TakeChange(before, after), "it contradicts nothing");
                    Check.Equal(fold.Total, all.Count);
                    var expected = PageOf(all, limit, offset, isMirrored).Entries.ToDictionary(row => row.Rank, row => row.Id);
                    foreach (var row in fold.Entries()) Check.Equal(expected[row.Rank], row.Id, "rank " + row.Rank);
                    // What came in from outside of the page nobody has told: then a fresh page follows.
                    if (fold.Entries().Count < expected.Count) fold.TakePage(PageOf(all, limit, offset, isMirrored), null, isMirrored);
                }
            }
        }

        public static void with_a_followed_player_changes_are_that_player_s_alone()
        {
            var fold = new Fold(new PageOptions { Limit = 2, PlayerId = "67e55044-10b1-426f-9247-bb680e5fe0c8" });
            fold.TakePage(PageOf(new List<string> { "A", "B", "C" }, 2, 0, false), Row("C", 3), false);
            Check.Equal(fold.Player.Rank, 3);
            // To the first place: the rows come with the next page.
            Check.That(fold.TakeChange(Row("C", 3), Row("C", 1)), "it is taken");
            Check.Equal(string.Concat(fold.Entries().Select(row => row.Id)), "AB");
            Check.That(fold.Player.Rank == 1 && fold.Player.IsCurrentPlayer, "the player is first");
            fold.TakeChange(Row("C", 1), null);
            Check.Equal(fold.Player, null);
            Check.Equal(fold.Total, 2);
        }

        public static void a_change_that_contradicts_what_is_known_is_not_taken()
        {
            var fold = new Fold(new PageOptions { Limit = 5 });
            fold.TakePage(PageOf(new List<string> { "A", "B" }, 5, 0, false), null, false);
            Check.That(!fold.TakeChange(Row("X", 1), Row("X", 2)), "another one is first");
        }

        private static Page PageOf(List<string> all, int limit, int offset, bool isMirrored)
        {
            var order = isMirrored ? Enumerable.Reverse(all).ToList() : all;
            var rows = order.Skip(offset).Take(limit).Select((player, index) => RowJson(player, offset + index + 1)).ToList();
            return new Page(Fixtures.Object("entries", new JsonValue(rows), "pagination", Fixtures.Object("total", all.Count)));
        }

        private static Entry Row(string player, int rank)
        {
            return new Entry(RowJson(player, rank));
        }

        private static JsonValue RowJson(string player, int rank)
        {
            return Fixtures.Object("id", player, "name", player, "score", 1, "rank", rank);
        }
    }
}
