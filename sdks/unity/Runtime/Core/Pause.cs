using System;

namespace Rankora
{
    /// <summary>How long to wait before another attempt.</summary>
    internal static class Pause
    {
        /// <summary>Seconds: up to here failures double the pause.</summary>
        private const double LongestBackoff = 60;
        /// <summary>Seconds: what is asked for may be weeks, and a plan may change before.</summary>
        private const double Longest = 3600;

        private static readonly Random Jitter = new Random(Guid.NewGuid().GetHashCode());

        /// <summary>
        /// Seconds to wait after so many failures in a row: twice as long each time, jittered so that clients don't
        /// come back all at once, and no less than the server asks for, up to an hour.
        /// </summary>
        public static double After(int failures, double first, int? retryAfter)
        {
            var backoff = Math.Min(first * Math.Pow(2, failures - 1), Math.Max(first, LongestBackoff));
            return Math.Min((retryAfter ?? 0) + backoff * (0.75 + Jitter.NextDouble() / 2), Longest);
        }
    }
}
