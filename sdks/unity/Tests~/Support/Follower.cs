using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;

namespace Rankora.Tests
{
    /// <summary>A live leaderboard with all snapshots that it told.</summary>
    internal sealed class Follower
    {
        private readonly PageOptions page;

        public Follower(RankoraClient client, PageOptions page, double pollEvery = 5)
        {
            this.page = page ?? new PageOptions { Limit = 10 };
            Live = new LiveLeaderboard(client, page, pollEvery);
            Live.Changed += Told.Add;
            Live.Start();
        }

        public readonly LiveLeaderboard Live;
        public readonly List<LiveSnapshot> Told = new List<LiveSnapshot>();

        public Task IsLive()
        {
            return Program.Loop.Until("it is live", () => Live.Snapshot.State == LiveState.Live);
        }

        public bool Ranks(int rank, double score)
        {
            var player = Live.Snapshot.Player;
            return player != null && player.Rank == rank && player.Score == score && player.IsCurrentPlayer;
        }

        /// <summary>Waits until it shows what the list shows.</summary>
        public async Task ShowsTheList(RankoraClient reader)
        {
            var list = await reader.ListAsync(page);
            var expected = Said(list.Entries);
            await Program.Loop.Until("it shows " + expected, () => Live.Snapshot.Total == list.Total && Said(Live.Snapshot.Entries) == expected);
        }

        private static string Said(IEnumerable<Entry> entries)
        {
            return string.Join(", ", entries.Select(entry => ToWire.Of(entry).ToString()));
        }
    }
}
