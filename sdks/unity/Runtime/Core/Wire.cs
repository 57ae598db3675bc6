using System;
using System.Globalization;

namespace Rankora
{
    /// <summary>How values stand on the wire.</summary>
    internal static class Wire
    {
        public static SortOrder? SortOrderOf(JsonValue json)
        {
            if (json.Text == "asc") return SortOrder.Asc;
            return json.Text == "desc" ? SortOrder.Desc : (SortOrder?)null;
        }

        public static string NameOf(SortOrder order)
        {
            return order == SortOrder.Asc ? "asc" : "desc";
        }

        public static Policy PolicyOf(JsonValue json)
        {
            if (json.Text == "best") return Policy.Best;
            return json.Text == "sum" ? Policy.Sum : Policy.Latest;
        }

        public static int Count(JsonValue json)
        {
            return (int)Math.Max(0, Math.Min(json.Number, int.MaxValue));
        }

        public static int? CountOrNull(JsonValue json)
        {
            return json.IsNull ? (int?)null : Count(json);
        }

        public static double? NumberOrNull(JsonValue json)
        {
            return json.IsNull ? (double?)null : json.Number;
        }

        public static DateTimeOffset Time(JsonValue json)
        {
            DateTimeOffset time;
            const DateTimeStyles AsItStands = DateTimeStyles.AssumeUniversal;
            return DateTimeOffset.TryParse(json.Text, CultureInfo.InvariantCulture, AsItStands, out time) ? time : default(DateTimeOffset);
        }
    }
}
