using System;
using System.Globalization;
using System.Linq;

namespace Rankora.Tests
{
    /// <summary>Answers in the names of the wire, so that what the SDK made of them can be compared.</summary>
    internal static class ToWire
    {
        public static JsonValue Of(object answer)
        {
            var board = answer as Leaderboard;
            if (board != null) return Of(board);
            var page = answer as Page;
            if (page != null) return Of(page);
            var player = answer as PlayerEntry;
            if (player != null) return Of(player);
            var submitted = answer as Submitted;
            if (submitted != null) return Of(submitted);
            var usage = answer as Usage;
            if (usage != null) return Of(usage);
            return Fixtures.Object("success", true);
        }

        public static JsonValue Of(Entry entry)
        {
            var json = Fixtures.Object("id", entry.Id, "name", entry.Name, "score", entry.Score, "metadata", Of(entry.Metadata), "rank", entry.Rank,
                "updated_at", Of(entry.UpdatedAt));
            if (!entry.IsCurrentPlayer) return json;
            return new JsonValue(json.Members.Concat(Fixtures.Object("is_current_player", true).Members).ToList());
        }

        private static JsonValue Of(Leaderboard board)
        {
            return Fixtures.Object("id", board.Id, "name", board.Name, "sort_order", Lower(board.SortOrder), "score_format", Lower(board.ScoreFormat),
                "decimals", OrNull(board.Decimals), "unit", board.Unit, "policy", Lower(board.Policy), "total_entries", board.TotalEntries, "created_at", Of(board.CreatedAt),
                "pending_sort_order", board.PendingSortOrder == null ? null : Lower(board.PendingSortOrder));
        }

        private static JsonValue Of(Page page)
        {
            var entries = new JsonValue(page.Entries.Select(Of).ToList());
            return Fixtures.Object("success", true, "entries", entries, "pagination",
                Fixtures.Object("limit", page.Limit, "offset", page.Offset, "total", page.Total));
        }

        private static JsonValue Of(PlayerEntry entry)
        {
            return Fixtures.Object("leaderboard_id", entry.LeaderboardId, "name", entry.Name, "score", entry.Score, "player_id", entry.PlayerId,
                "metadata", Of(entry.Metadata), "rank", entry.Rank, "created_at", Of(entry.CreatedAt), "updated_at", Of(entry.UpdatedAt));
        }

        private static JsonValue Of(Submitted answer)
        {
            return Fixtures.Object("success", true, "player_id", answer.PlayerId, "rank", answer.Rank, "score", answer.Score,
                "previous_score", OrNull(answer.PreviousScore), "previous_rank", OrNull(answer.PreviousRank), "total_entries", answer.TotalEntries);
        }

        private static JsonValue Of(Usage usage)
        {
            return Fixtures.Object("currentRequests", usage.CurrentRequests, "remainingRequests", OrNull(usage.RemainingRequests),
                "currentLeaderboards", usage.CurrentLeaderboards, "remainingLeaderboards", OrNull(usage.RemainingLeaderboards),
                "currentEntries", usage.CurrentEntries, "remainingEntries", OrNull(usage.RemainingEntries), "plan", usage.Plan, "resetsAt", Of(usage.ResetsAt));
        }

        private static JsonValue Of(Metadata metadata)
        {
            return metadata == null ? JsonValue.Null : metadata.ToJson();
        }

        private static JsonValue Of(DateTimeOffset time)
        {
            return time.ToString("yyyy-MM-ddTHH:mm:ss.ffffffzzz", CultureInfo.InvariantCulture);
        }

        private static JsonValue OrNull(double? number)
        {
            return number == null ? JsonValue.Null : number.Value;
        }

        private static string Lower(object value)
        {
            return value.ToString().ToLowerInvariant();
        }
    }
}
