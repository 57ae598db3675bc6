namespace Rankora
{
    /// <summary>What waits for a player.</summary>
    public enum QueueKeep
    {
        /// <summary>The latest submission.</summary>
        Latest,
        /// <summary>The best one.</summary>
        Best,
        /// <summary>All of them: for a leaderboard that adds up.</summary>
        All
    }

    /// <summary>How a <see cref="SubmissionQueue"/> keeps what waits.</summary>
    public sealed class QueueOptions
    {
        /// <summary>Tells queues of one game apart: one for each leaderboard.</summary>
        public string Name { get; set; } = "default";
        /// <summary>Keeps what waits over restarts.</summary>
        public IStorage Storage { get; set; } = new MemoryStorage();
        /// <summary>What waits for a player.</summary>
        public QueueKeep Keep { get; set; } = QueueKeep.Latest;
        /// <summary>What is better.</summary>
        public SortOrder Order { get; set; } = SortOrder.Desc;
        /// <summary>Submissions that wait at the most. Beyond, the oldest are refused with <c>queue_full</c>.</summary>
        public int Limit { get; set; } = 100;
    }
}
