using System;
using System.Collections.Generic;
using UnityEngine;

namespace Rankora.Unity
{
    /// <summary>
    /// What a game has of one leaderboard: its client, its queue, and whoever plays. One for each settings asset.
    /// <code>await RankoraSession.Default.Queue.SubmitAsync("Ada", 9500);</code>
    /// </summary>
    public sealed class RankoraSession
    {
        private static readonly Dictionary<RankoraSettings, RankoraSession> Sessions =
            new Dictionary<RankoraSettings, RankoraSession>();

        private readonly Action flush;

        private RankoraSession(RankoraSettings settings)
        {
            Settings = settings;
            Client = NewClient(settings, IsClientBuild);
            Queue = new SubmissionQueue(Client, settings.ToQueueOptions(settings.name));
            flush = () => Quietly(Queue.FlushAsync());
            RankoraLoop.Run();
            RankoraLoop.Resumed += flush;
        }

        /// <summary>Where it all comes from.</summary>
        public RankoraSettings Settings { get; private set; }
        /// <summary>Asks the server.</summary>
        public RankoraClient Client { get; private set; }
        /// <summary>Submits scores that aren't lost while there is no network.</summary>
        public SubmissionQueue Queue { get; private set; }
        /// <summary>The id of whoever plays here, made at first use and kept in the player's preferences.</summary>
        public string PlayerId => Queue.PlayerId;

        /// <summary>That of the asset <c>RankoraSettings</c> in a folder <c>Resources</c>.</summary>
        /// <exception cref="InvalidOperationException">There is none, or it has no address.</exception>
        public static RankoraSession Default => For(null);

        /// <summary>That of a settings asset; of the default one where null.</summary>
        /// <exception cref="InvalidOperationException">There is none, or it has no address.</exception>
        public static RankoraSession For(RankoraSettings settings)
        {
            if (settings == null) settings = RankoraSettings.Default;
            if (settings == null) throw new InvalidOperationException("Rankora has no settings yet: Tools > Rankora > Settings makes them.");
            if (settings.BaseUrl.Trim().Length == 0) throw new InvalidOperationException("Rankora's settings say not where the server is.");
            RankoraSession session;
            if (!Sessions.TryGetValue(settings, out session)) Sessions[settings] = session = new RankoraSession(settings);
            return session;
        }

        /// <summary>A client of its own for settings.</summary>
        /// <param name="settings">Where the server is.</param>
        /// <param name="isClientBuild">Whether a secret key is warned of.</param>
        internal static RankoraClient NewClient(RankoraSettings settings, bool isClientBuild)
        {
            var options = settings.ToOptions();
            options.Transport = new UnityTransport();
            options.Scheduler = RankoraLoop.Scheduler;
            options.Report = Debug.LogException;
            options.IsClientBuild = isClientBuild;
            if (Application.isEditor) options.Warn = Debug.LogWarning;
            else options.Warn = Debug.LogError;
            return new RankoraClient(options);
        }

        private static bool IsClientBuild
        {
            get
            {
#if UNITY_SERVER
                return false;
#else
                return true;
#endif
            }
        }

        // The editor may keep what is static from one play to the next.
        [RuntimeInitializeOnLoadMethod(RuntimeInitializeLoadType.SubsystemRegistration)]
        private static void Reset()
        {
            foreach (var session in Sessions.Values)
            {
                RankoraLoop.Resumed -= session.flush;
                session.Queue.Dispose();
            }
            Sessions.Clear();
        }

        internal static async void Quietly(System.Threading.Tasks.Task task)
        {
            try
            {
                await task;
            }
            catch (RankoraException)
            {
                // Whoever submits hears of it.
            }
            catch (OperationCanceledException)
            {
                // It was asked for.
            }
        }
    }
}
