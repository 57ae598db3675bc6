using System;

namespace Rankora
{
    /// <summary>What goes wrong.</summary>
    public sealed class RankoraException : Exception
    {
        internal RankoraException(string message, string code) : base(message)
        {
            Code = code;
        }

        /// <summary>
        /// A stable word. The server's: <c>unauthorized</c>, <c>forbidden</c>, <c>not_found</c>, <c>invalid_…</c>,
        /// <c>plan_restriction</c>, <c>plan_limit</c>, <c>quota_exceeded</c>, <c>rate_limited</c>,
        /// <c>stream_limit</c>, <c>unavailable</c>, <c>not_confirmed</c> and others. From here: those in
        /// <see cref="ErrorCode"/>.
        /// </summary>
        public string Code { get; private set; }

        /// <summary>Of HTTP; 0 where there was no answer, or nothing was sent.</summary>
        public int Status { get; internal set; }

        /// <summary>The field that is to blame; null where none is.</summary>
        public string Field { get; internal set; }

        /// <summary>Seconds after which to ask again; null where nobody said.</summary>
        public int? RetryAfter { get; internal set; }

        /// <summary>For whoever looks into the server's log; null where there was no answer.</summary>
        public string RequestId { get; internal set; }

        internal static RankoraException Invalid(string field, string message)
        {
            return new RankoraException(message, "invalid_" + field) { Field = field };
        }
    }

    /// <summary>The codes of errors that don't come from the server.</summary>
    public static class ErrorCode
    {
        /// <summary>The server can't be reached.</summary>
        public const string Network = "network";
        /// <summary>The server took too long.</summary>
        public const string Timeout = "timeout";
        /// <summary>An answer that isn't the server's, such as a hotel's sign-in page.</summary>
        public const string UnexpectedAnswer = "unexpected_answer";
        /// <summary>Too many submissions are waiting.</summary>
        public const string QueueFull = "queue_full";
    }
}
