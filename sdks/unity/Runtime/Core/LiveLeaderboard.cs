using System;
using System.Threading;
using System.Threading.Tasks;

namespace Rankora
{
    /// <summary>
    /// A page of the leaderboard that stays right by itself: over a stream that goes on where it broke, or by polling
    /// where the plan, the platform or the network has no streams. It runs from <see cref="Start"/> to
    /// <see cref="Stop"/>.
    /// </summary>
    public sealed class LiveLeaderboard : IDisposable
    {
        /// <summary>Seconds, until the server has told another time.</summary>
        private const double Retry = 3;
        /// <summary>Seconds until a stream is asked for again where the plan has none.</summary>
        private const double RetryWithoutStreams = 300;

        private readonly RankoraClient client;
        private readonly PageOptions page;
        private readonly double pollEvery;
        private readonly Fold fold;
        private string lastEventId = "";
        private double retry = Retry;
        private CancellationTokenSource running;

        /// <param name="client">Whose leaderboard it is.</param>
        /// <param name="page">Which part; 10 rows unless its limit says otherwise.</param>
        /// <param name="pollEverySeconds">Between two looks where there is no stream. Each look counts as a request.</param>
        public LiveLeaderboard(RankoraClient client, PageOptions page = null, double pollEverySeconds = 5)
        {
            page = page ?? new PageOptions();
            this.client = client;
            this.page = new PageOptions { Limit = page.Limit ?? 10, Offset = page.Offset, Order = page.Order, PlayerId = page.PlayerId };
            pollEvery = pollEverySeconds;
            fold = new Fold(this.page);
            Snapshot = new LiveSnapshot(LiveState.Connecting, null, fold);
        }

        /// <summary>Tells each new snapshot.</summary>
        public event Action<LiveSnapshot> Changed;

        /// <summary>How it stands; the same object until something changes.</summary>
        public LiveSnapshot Snapshot { get; private set; }

        /// <summary>Begins to keep it right, unless it does so already.</summary>
        public void Start()
        {
            if (running != null) return;
            running = new CancellationTokenSource();
            Run(running);
        }

        /// <summary>Asks for nothing more. What is shown stays.</summary>
        public void Stop()
        {
            var ended = running;
            running = null;
            if (ended != null) ended.Cancel();
        }

        /// <summary>The same as <see cref="Stop"/>.</summary>
        public void Dispose()
        {
            Stop();
        }

        /// <summary>Streams, and polls for as long as a stream can't be had. Ends where asking is of no use.</summary>
        private async void Run(CancellationTokenSource run)
        {
            var cancel = run.Token;
            try
            {
                for (var failures = 0; ;)
                {
                    var failure = await Stream(cancel);
                    cancel.ThrowIfCancellationRequested();
                    if (failure == null)
                    {
                        // It goes on where it was; polled pages would be newer than that.
                        failures = 0;
                        Tell(LiveState.Reconnecting, null, cancel);
                        await client.Options.Scheduler.Delay(retry, cancel);
                        continue;
                    }
                    var first = failure.Code == "plan_restriction" ? RetryWithoutStreams : retry;
                    await PollFor(Pause.After(++failures, first, failure.RetryAfter), cancel);
                }
            }
            catch (Exception error)
            {
                if (running == run) running = null;
                Tell(LiveState.Stopped, error, cancel);
            }
        }

        /// <summary>Reads one stream to its end.</summary>
        /// <returns>Why it could not be had; null where it was had.</returns>
        private async Task<RankoraException> Stream(CancellationToken cancel)
        {
            var isOpen = false;
            try
            {
                using (var stream = new EventStream(client, "/realtime" + page.Query(), lastEventId, cancel))
                {
                    for (;;)
                    {
                        var next = await stream.NextAsync();
                        cancel.ThrowIfCancellationRequested();
                        if (next == null) break;
                        isOpen = true;
                        retry = next.RetrySeconds ?? retry;
                        if (!await Take(next, cancel)) return null;
                    }
                }
            }
            catch (RankoraException error)
            {
                if (!isOpen) return error;
            }
            catch (FormatException)
            {
                // Half a message, or none of the server's: it begins anew.
                lastEventId = "";
            }
            return isOpen ? null : new RankoraException("The stream ended at once", ErrorCode.UnexpectedAnswer);
        }

        /// <returns>False where a fresh page is needed.</returns>
        private async Task<bool> Take(StreamEvent next, CancellationToken cancel)
        {
            var message = JsonValue.Parse(next.Data);
            var type = message["type"].Text;
            if (type == "initial")
            {
                var fresh = new Page(message);
                var isMirrored = await IsMirrored(cancel);
                cancel.ThrowIfCancellationRequested();
                fold.TakePage(fresh, fresh.Player, isMirrored);
            }
            if (type == "update")
            {
                var payload = message["payload"];
                if (!fold.TakeChange(EntryOrNull(payload["old"]), EntryOrNull(payload["new"])))
                {
                    lastEventId = "";
                    return false;
                }
            }
            if (next.Id.Length > 0) lastEventId = next.Id;
            // One that resumes has no page to begin with.
            if (type != "error" && lastEventId.Length > 0) Tell(LiveState.Live, null, cancel);
            return true;
        }

        private static Entry EntryOrNull(JsonValue json)
        {
            return json.Kind == JsonKind.Object ? new Entry(json) : null;
        }

        /// <summary>Reads the page again and again for so many seconds. Throws where there is no use in asking.</summary>
        private async Task PollFor(double seconds, CancellationToken cancel)
        {
            var scheduler = client.Options.Scheduler;
            for (var until = scheduler.Now + seconds; scheduler.Now < until;)
            {
                var rest = pollEvery;
                try
                {
                    await Poll(cancel);
                }
                catch (RankoraException error)
                {
                    if (IsFinal(error.Status)) throw;
                    Tell(LiveState.Reconnecting, error, cancel);
                    rest = Math.Max(rest, Pause.After(1, 0, error.RetryAfter));
                }
                await scheduler.Delay(Math.Min(rest, until - scheduler.Now), cancel);
            }
        }

        private async Task Poll(CancellationToken cancel)
        {
            var once = new RequestOptions { Retries = 0 };
            var read = await client.ListAsync(page, once, cancel);
            var isMirrored = await IsMirrored(cancel);
            var player = await ReadPlayer(read, isMirrored, cancel);
            cancel.ThrowIfCancellationRequested();
            fold.TakePage(read, player, isMirrored);
            // What a stream would go on from is older than this.
            lastEventId = "";
            Tell(LiveState.Polling, null, cancel);
        }

        /// <summary>The followed player's entry from outside the page, with its rank in the page's order.</summary>
        private async Task<Entry> ReadPlayer(Page read, bool isMirrored, CancellationToken cancel)
        {
            if (string.IsNullOrEmpty(page.PlayerId)) return null;
            foreach (var row in read.Entries)
            {
                if (row.IsCurrentPlayer) return row;
            }
            try
            {
                var entry = await client.GetEntryAsync(page.PlayerId, new RequestOptions { Retries = 0 }, cancel);
                return new Entry(entry, isMirrored ? read.Total + 1 - entry.Rank : entry.Rank);
            }
            catch (RankoraException error)
            {
                if (error.Status == 404) return null;
                throw;
            }
        }

        /// <summary>Changes come with ranks in the leaderboard's own order, which may have been turned around.</summary>
        private async Task<bool> IsMirrored(CancellationToken cancel)
        {
            if (page.Order == null) return false;
            return (await client.GetLeaderboardAsync(null, cancel)).SortOrder != page.Order.Value;
        }

        /// <summary>Answers that asking again doesn't change.</summary>
        private static bool IsFinal(int status)
        {
            return status == 400 || status == 401 || status == 403 || status == 404;
        }

        private void Tell(LiveState state, Exception error, CancellationToken cancel)
        {
            if (cancel.IsCancellationRequested) return;
            Snapshot = new LiveSnapshot(state, error, fold);
            if (Changed == null) return;
            foreach (var listener in Changed.GetInvocationList())
            {
                try
                {
                    ((Action<LiveSnapshot>)listener)(Snapshot);
                }
                catch (Exception thrown)
                {
                    client.Options.Report(thrown);
                }
            }
        }
    }
}
