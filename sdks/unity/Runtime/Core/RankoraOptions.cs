using System;

namespace Rankora
{
    /// <summary>How to reach the server.</summary>
    public sealed class RankoraOptions
    {
        /// <summary>Where it is, without <c>/api/v1</c>: <c>https://scores.example.org</c>.</summary>
        public string BaseUrl { get; set; }

        /// <summary>
        /// <c>rk_pub_…</c> reads, and may be in a game; <c>rk_sec_…</c> writes as well, and belongs on a server. Null or
        /// empty where a server of yours, at <see cref="BaseUrl"/>, puts it in.
        /// </summary>
        public string Key { get; set; }

        /// <summary>Sends the requests.</summary>
        public ITransport Transport { get; set; }

        /// <summary>Has the timers.</summary>
        public Scheduler Scheduler { get; set; }

        /// <summary>Seconds for each attempt.</summary>
        public double TimeoutSeconds { get; set; } = 10;

        /// <summary>Attempts after the first, where repeating may help and does no harm.</summary>
        public int Retries { get; set; } = 2;

        /// <summary>Whether players have this program: then a secret key is warned of.</summary>
        public bool IsClientBuild { get; set; }

        /// <summary>Hears warnings.</summary>
        public Action<string> Warn { get; set; } = message => { };

        /// <summary>Hears what a listener of the game's own has thrown; it stops nothing.</summary>
        public Action<Exception> Report { get; set; } = exception => { };
    }

    /// <summary>Where one request differs.</summary>
    public sealed class RequestOptions
    {
        /// <summary>Seconds for each attempt; the client's where null.</summary>
        public double? TimeoutSeconds { get; set; }

        /// <summary>Attempts after the first; the client's where null.</summary>
        public int? Retries { get; set; }

        /// <summary>
        /// For a submission, 1 to 255 characters; made at random where null. The same one again gets the first
        /// answer, and writes nothing.
        /// </summary>
        public string IdempotencyKey { get; set; }
    }

    /// <summary>Which part of the leaderboard, and how.</summary>
    public sealed class PageOptions
    {
        /// <summary>Rows, 1 to 50; 5 where null.</summary>
        public int? Limit { get; set; }
        /// <summary>Rows skipped.</summary>
        public int? Offset { get; set; }
        /// <summary>The leaderboard's own where null.</summary>
        public SortOrder? Order { get; set; }
        /// <summary>Marks this player's entry.</summary>
        public string PlayerId { get; set; }

        internal PageOptions With(int limit, int offset)
        {
            return new PageOptions { Limit = limit, Offset = offset, Order = Order, PlayerId = PlayerId };
        }

        internal string Query()
        {
            var query = "";
            if (Limit != null) query += "&limit=" + Limit.Value;
            if (Offset != null) query += "&offset=" + Offset.Value;
            if (Order != null) query += "&order=" + Wire.NameOf(Order.Value);
            if (!string.IsNullOrEmpty(PlayerId)) query += "&player_id=" + Uri.EscapeDataString(PlayerId);
            return query.Length == 0 ? "" : "?" + query.Substring(1);
        }
    }
}
