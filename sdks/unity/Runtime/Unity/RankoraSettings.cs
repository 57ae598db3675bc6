using UnityEngine;

namespace Rankora.Unity
{
    /// <summary>
    /// Where the server is, and with which key. The asset <c>RankoraSettings</c> in a folder <c>Resources</c> is taken
    /// where a component has none of its own; Tools &gt; Rankora &gt; Settings makes it.
    /// </summary>
    [CreateAssetMenu(menuName = "Rankora/Settings", fileName = "RankoraSettings")]
    public sealed class RankoraSettings : ScriptableObject
    {
        /// <summary>What the asset is called that is taken by default.</summary>
        public const string DefaultName = "RankoraSettings";

        [Tooltip("Where the server is, without /api/v1: https://scores.example.org")]
        [SerializeField] private string baseUrl = "";
        [Tooltip("A publishable key (rk_pub_…) reads, and may be in a game. A secret key (rk_sec_…) writes as well, and " +
            "belongs on a server. Empty where a server of yours, at the address above, puts it in.")]
        [SerializeField] private string key = "";
        [Tooltip("What waits for a player while the server can't be reached: for a leaderboard that adds up, all.")]
        [SerializeField] private QueueKeep keep = QueueKeep.Latest;
        [Tooltip("Which score is better, for what waits.")]
        [SerializeField] private SortOrder order = SortOrder.Desc;
        [Tooltip("Submissions that wait at the most.")]
        [Min(1)] [SerializeField] private int queueLimit = 100;
        [Tooltip("Seconds for each attempt.")]
        [Min(1)] [SerializeField] private float timeoutSeconds = 10;
        [Tooltip("Attempts after the first.")]
        [Min(0)] [SerializeField] private int retries = 2;
        [Tooltip("Seconds between two looks where the plan, the platform or the network has no streams; each is a request.")]
        [Min(1)] [SerializeField] private float pollEverySeconds = 5;

        /// <summary>Where the server is, without <c>/api/v1</c>.</summary>
        public string BaseUrl
        {
            get => baseUrl;
            set => baseUrl = value;
        }

        /// <summary>The key of a leaderboard; empty where a server of yours puts it in.</summary>
        public string Key
        {
            get => key;
            set => key = value;
        }

        /// <summary>What waits for a player.</summary>
        public QueueKeep Keep
        {
            get => keep;
            set => keep = value;
        }

        /// <summary>Which score is better, for what waits.</summary>
        public SortOrder Order
        {
            get => order;
            set => order = value;
        }

        /// <summary>Seconds between two looks where there is no stream.</summary>
        public float PollEverySeconds => pollEverySeconds;

        /// <summary>The asset that is taken by default; null where there is none.</summary>
        public static RankoraSettings Default => Resources.Load<RankoraSettings>(DefaultName);

        internal RankoraOptions ToOptions()
        {
            return new RankoraOptions { BaseUrl = baseUrl.Trim(), Key = key.Trim(), TimeoutSeconds = timeoutSeconds, Retries = retries };
        }

        internal QueueOptions ToQueueOptions(string queueName)
        {
            return new QueueOptions { Name = queueName, Keep = keep, Order = order, Limit = queueLimit, Storage = new PlayerPrefsStorage() };
        }
    }
}
