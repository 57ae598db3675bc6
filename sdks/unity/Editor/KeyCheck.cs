using System;
using System.Globalization;
using Rankora.Unity;
using UnityEditor;

namespace Rankora.Editor
{
    /// <summary>Asks the server which leaderboard a key opens, outside of play as well.</summary>
    internal sealed class KeyCheck
    {
        private readonly RankoraSettings settings;
        private readonly Action onChange;

        public KeyCheck(RankoraSettings settings, Action onChange)
        {
            this.settings = settings;
            this.onChange = onChange;
        }

        /// <summary>What the key opens; null until that is known.</summary>
        public Leaderboard Board { get; private set; }

        /// <summary>For whoever looks at it; empty before anything is asked.</summary>
        public string Message { get; private set; } = "";

        /// <summary>Whether the message is bad news.</summary>
        public bool IsProblem { get; private set; }

        /// <summary>Whether an answer is awaited.</summary>
        public bool IsAsking { get; private set; }

        /// <summary>What is wrong with the settings without asking; null where nothing is.</summary>
        public static string ProblemOf(RankoraSettings settings)
        {
            Uri address;
            var text = settings.BaseUrl.Trim();
            if (text.Length == 0) return "The address of the server is missing.";
            if (!Uri.TryCreate(text, UriKind.Absolute, out address) || !address.Scheme.StartsWith("http", StringComparison.Ordinal))
            {
                return "The address of the server begins with https://.";
            }
            if (address.AbsolutePath.TrimEnd('/').EndsWith("/api/v1", StringComparison.Ordinal)) return "The address ends before /api/v1.";
            var key = settings.Key.Trim();
            return key.Length == 0 ? null : ApiKey.ProblemOf(key);
        }

        public async void Ask()
        {
            if (IsAsking) return;
            var problem = ProblemOf(settings);
            if (problem != null)
            {
                Tell(problem, true);
                return;
            }
            IsAsking = true;
            Board = null;
            Tell("Asking…", false);
            // Outside of play no frames pass, and time-outs would never come.
            EditorApplication.update += RankoraLoop.Scheduler.Tick;
            try
            {
                Board = await RankoraSession.NewClient(settings, false).GetLeaderboardAsync(new RequestOptions { Retries = 0 });
                Tell(Words(Board), false);
            }
            catch (RankoraException error)
            {
                Tell(error.Message + " (" + error.Code + ")", true);
            }
            finally
            {
                EditorApplication.update -= RankoraLoop.Scheduler.Tick;
                IsAsking = false;
                onChange();
            }
        }

        /// <summary>What should wait for players of the leaderboard, by its policy.</summary>
        public static QueueKeep KeepFor(Policy policy)
        {
            if (policy == Policy.Best) return QueueKeep.Best;
            return policy == Policy.Sum ? QueueKeep.All : QueueKeep.Latest;
        }

        private static string Words(Leaderboard board)
        {
            var size = board.TotalEntries.ToString("N0", CultureInfo.CurrentCulture);
            var order = board.SortOrder == SortOrder.Asc ? "the lowest first" : "the highest first";
            var scores = board.ScoreFormat == ScoreFormat.Time ? "times" : "numbers";
            return "The key opens \"" + board.Name + "\": " + size + " players, " + scores + ", " + order + ", policy " +
                board.Policy.ToString().ToLowerInvariant() + ".";
        }

        private void Tell(string message, bool isProblem)
        {
            Message = message;
            IsProblem = isProblem;
            onChange();
        }
    }
}
