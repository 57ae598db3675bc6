using System;
using System.Collections.Generic;

namespace Rankora
{
    /// <summary>Which score is ahead.</summary>
    public enum SortOrder
    {
        /// <summary>The higher one.</summary>
        Desc,
        /// <summary>The lower one.</summary>
        Asc
    }

    /// <summary>What scores are.</summary>
    public enum ScoreFormat
    {
        /// <summary>Plain numbers.</summary>
        Number,
        /// <summary>Times in seconds.</summary>
        Time
    }

    /// <summary>What a submission does to the score that a player has.</summary>
    public enum Policy
    {
        /// <summary>It replaces it.</summary>
        Latest,
        /// <summary>The better one stays.</summary>
        Best,
        /// <summary>It is added.</summary>
        Sum
    }

    /// <summary>The key's leaderboard.</summary>
    public sealed class Leaderboard
    {
        internal Leaderboard(JsonValue json)
        {
            Id = json["id"].Text;
            Name = json["name"].Text;
            SortOrder = Wire.SortOrderOf(json["sort_order"]) ?? SortOrder.Desc;
            ScoreFormat = json["score_format"].Text == "time" ? ScoreFormat.Time : ScoreFormat.Number;
            Decimals = Wire.CountOrNull(json["decimals"]);
            Unit = json["unit"].Text;
            Policy = Wire.PolicyOf(json["policy"]);
            TotalEntries = Wire.Count(json["total_entries"]);
            CreatedAt = Wire.Time(json["created_at"]);
            PendingSortOrder = Wire.SortOrderOf(json["pending_sort_order"]);
        }

        /// <summary>A UUID.</summary>
        public string Id { get; private set; }
        /// <summary>What its owner calls it.</summary>
        public string Name { get; private set; }
        /// <summary>Which score is ahead.</summary>
        public SortOrder SortOrder { get; private set; }
        /// <summary>What scores are.</summary>
        public ScoreFormat ScoreFormat { get; private set; }
        /// <summary>Decimals to show scores with; null for as many as there are.</summary>
        public int? Decimals { get; private set; }
        /// <summary>What stands behind a score; null for nothing.</summary>
        public string Unit { get; private set; }
        /// <summary>What a submission does.</summary>
        public Policy Policy { get; private set; }
        /// <summary>How many players are on it.</summary>
        public int TotalEntries { get; private set; }
        /// <summary>When it was created.</summary>
        public DateTimeOffset CreatedAt { get; private set; }
        /// <summary>The order that it is being changed to; null unless that is going on.</summary>
        public SortOrder? PendingSortOrder { get; private set; }
    }

    /// <summary>A row of the leaderboard. It never changes: what changes is another one.</summary>
    public sealed class Entry
    {
        internal Entry(JsonValue json)
        {
            Id = json["id"].Text;
            Name = json["name"].Text;
            Score = json["score"].Number;
            Metadata = Metadata.Of(json["metadata"]);
            Rank = Wire.Count(json["rank"]);
            UpdatedAt = Wire.Time(json["updated_at"]);
            IsCurrentPlayer = json["is_current_player"].Bool;
        }

        internal Entry(Entry other, int rank, bool isCurrentPlayer)
        {
            Id = other.Id;
            Name = other.Name;
            Score = other.Score;
            Metadata = other.Metadata;
            UpdatedAt = other.UpdatedAt;
            Rank = rank;
            IsCurrentPlayer = isCurrentPlayer;
        }

        internal Entry(PlayerEntry player, int rank)
        {
            Name = player.Name;
            Score = player.Score;
            Metadata = player.Metadata;
            UpdatedAt = player.UpdatedAt;
            Rank = rank;
            IsCurrentPlayer = true;
        }

        /// <summary>
        /// Stays the same for a player on this leaderboard, and can't be turned into a player's id. Null where a
        /// followed player's entry was read apart from the page.
        /// </summary>
        public string Id { get; private set; }
        /// <summary>What the player is called.</summary>
        public string Name { get; private set; }
        /// <summary>A number, or seconds.</summary>
        public double Score { get; private set; }
        /// <summary>What the game keeps with the entry; null where there is nothing.</summary>
        public Metadata Metadata { get; private set; }
        /// <summary>From 1, in the order asked for.</summary>
        public int Rank { get; private set; }
        /// <summary>When it changed last.</summary>
        public DateTimeOffset UpdatedAt { get; private set; }
        /// <summary>Whether it is that of the player who was asked for.</summary>
        public bool IsCurrentPlayer { get; private set; }
    }

    /// <summary>A part of the leaderboard.</summary>
    public sealed class Page
    {
        internal Page(JsonValue json)
        {
            var entries = new List<Entry>();
            foreach (var entry in json["entries"].Items) entries.Add(new Entry(entry));
            Entries = entries;
            var pagination = json["pagination"];
            Limit = Wire.Count(pagination["limit"]);
            Offset = Wire.Count(pagination["offset"]);
            Total = Wire.Count(pagination["total"]);
            if (json["player"].Kind == JsonKind.Object) Player = new Entry(json["player"]);
        }

        /// <summary>The rows, in order.</summary>
        public IReadOnlyList<Entry> Entries { get; private set; }
        /// <summary>Rows that were asked for.</summary>
        public int Limit { get; private set; }
        /// <summary>Rows that were skipped.</summary>
        public int Offset { get; private set; }
        /// <summary>Entries on the leaderboard.</summary>
        public int Total { get; private set; }
        /// <summary>On a stream, the followed player's entry, on the page or not.</summary>
        internal Entry Player { get; private set; }
    }

    /// <summary>One player's entry.</summary>
    public sealed class PlayerEntry
    {
        internal PlayerEntry(JsonValue json)
        {
            LeaderboardId = json["leaderboard_id"].Text;
            Name = json["name"].Text;
            Score = json["score"].Number;
            PlayerId = json["player_id"].Text;
            Metadata = Metadata.Of(json["metadata"]);
            Rank = Wire.Count(json["rank"]);
            CreatedAt = Wire.Time(json["created_at"]);
            UpdatedAt = Wire.Time(json["updated_at"]);
        }

        /// <summary>The leaderboard's id.</summary>
        public string LeaderboardId { get; private set; }
        /// <summary>What the player is called.</summary>
        public string Name { get; private set; }
        /// <summary>A number, or seconds.</summary>
        public double Score { get; private set; }
        /// <summary>A UUID in lower case.</summary>
        public string PlayerId { get; private set; }
        /// <summary>What the game keeps with the entry; null where there is nothing.</summary>
        public Metadata Metadata { get; private set; }
        /// <summary>From 1, in the leaderboard's own order.</summary>
        public int Rank { get; private set; }
        /// <summary>When the player came.</summary>
        public DateTimeOffset CreatedAt { get; private set; }
        /// <summary>When it changed last.</summary>
        public DateTimeOffset UpdatedAt { get; private set; }
    }

    /// <summary>The answer to a submission.</summary>
    public sealed class Submitted
    {
        internal Submitted(JsonValue json)
        {
            // A server of the game's own may answer with the names that the JavaScript SDK gives.
            PlayerId = (json.Has("player_id") ? json["player_id"] : json["playerId"]).Text;
            Rank = Wire.Count(json["rank"]);
            Score = json["score"].Number;
            PreviousScore = Wire.NumberOrNull(json.Has("previous_score") ? json["previous_score"] : json["previousScore"]);
            PreviousRank = Wire.CountOrNull(json.Has("previous_rank") ? json["previous_rank"] : json["previousRank"]);
            TotalEntries = Wire.Count(json.Has("total_entries") ? json["total_entries"] : json["totalEntries"]);
        }

        /// <summary>A UUID in lower case: the one that was given, or a new player's.</summary>
        public string PlayerId { get; private set; }
        /// <summary>From 1.</summary>
        public int Rank { get; private set; }
        /// <summary>The player's score, as the leaderboard's policy has made it.</summary>
        public double Score { get; private set; }
        /// <summary>Null for a new entry.</summary>
        public double? PreviousScore { get; private set; }
        /// <summary>Null for a new entry.</summary>
        public int? PreviousRank { get; private set; }
        /// <summary>Entries on the leaderboard.</summary>
        public int TotalEntries { get; private set; }
    }

    /// <summary>What the account has used of its plan; what is left is null where there is no limit.</summary>
    public sealed class Usage
    {
        internal Usage(JsonValue json)
        {
            CurrentRequests = Wire.NumberOrNull(json["currentRequests"]) ?? 0;
            RemainingRequests = Wire.NumberOrNull(json["remainingRequests"]);
            CurrentLeaderboards = Wire.NumberOrNull(json["currentLeaderboards"]) ?? 0;
            RemainingLeaderboards = Wire.NumberOrNull(json["remainingLeaderboards"]);
            CurrentEntries = Wire.NumberOrNull(json["currentEntries"]) ?? 0;
            RemainingEntries = Wire.NumberOrNull(json["remainingEntries"]);
            Plan = json["plan"].Text;
            ResetsAt = Wire.Time(json["resetsAt"]);
        }

        /// <summary>Requests of this month.</summary>
        public double CurrentRequests { get; private set; }
        /// <summary>Requests that are left.</summary>
        public double? RemainingRequests { get; private set; }
        /// <summary>Leaderboards of the account.</summary>
        public double CurrentLeaderboards { get; private set; }
        /// <summary>Leaderboards that are left.</summary>
        public double? RemainingLeaderboards { get; private set; }
        /// <summary>Entries on all of them.</summary>
        public double CurrentEntries { get; private set; }
        /// <summary>Entries that are left.</summary>
        public double? RemainingEntries { get; private set; }
        /// <summary>The plan's name.</summary>
        public string Plan { get; private set; }
        /// <summary>When the requests begin anew.</summary>
        public DateTimeOffset ResetsAt { get; private set; }
    }
}
