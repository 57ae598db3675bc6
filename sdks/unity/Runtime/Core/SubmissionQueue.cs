using System;
using System.Collections.Generic;
using System.Threading.Tasks;

namespace Rankora
{
    /// <summary>
    /// Submissions that aren't lost while the server can't be reached. They wait in a storage, over restarts too, and
    /// are sent in order, each of them once. Needs a secret key, or a server of yours that puts it in.
    /// </summary>
    public sealed class SubmissionQueue : IDisposable
    {
        /// <summary>Seconds until what could not be sent is tried again.</summary>
        private const double FirstPause = 2;

        private readonly RankoraClient client;
        private readonly QueueOptions options;
        private readonly string name;
        /// <summary>Answers for whoever waits for one, by Idempotency-Key.</summary>
        private readonly Dictionary<string, Outcome> outcomes = new Dictionary<string, Outcome>();
        private QueueState state = new QueueState();
        private bool isUnsaved;
        private TaskCompletionSource<bool> flushing;
        private bool isAskedAgain;
        private bool isClosed;
        private int failures;
        private IDisposable timer;

        /// <summary>One that sends at once what waits from before.</summary>
        public SubmissionQueue(RankoraClient client, QueueOptions options = null)
        {
            this.client = client;
            this.options = options ?? new QueueOptions();
            name = "rankora.queue." + this.options.Name;
            // When its maker has had the time to listen.
            timer = client.Options.Scheduler.After(0, FlushQuietly);
        }

        /// <summary>Tells of each submission that the leaderboard has taken.</summary>
        public event Action<Submitted, Submission> Accepted;

        /// <summary>Tells of each submission that is given up, and why.</summary>
        public event Action<RankoraException, Submission> Refused;

        /// <summary>The id of whoever plays here, made at first use and kept in the storage.</summary>
        public string PlayerId => LocalPlayer.IdIn(options.Storage);

        /// <summary>What waits, in order.</summary>
        public IReadOnlyList<Submission> Pending => Read().Waiting.ConvertAll(waiting => waiting.Submission);

        /// <summary>
        /// Sends a submission. Null where that isn't possible now: it is kept, and sent as soon as it is. Throws where
        /// the submission is refused, and where the key is: then it is kept as well.
        /// </summary>
        public async Task<Submitted> SubmitAsync(Submission submission)
        {
            var kept = new KeptSubmission(submission.Checked(), RankoraClient.NewUuid());
            kept.Submission.PlayerId = kept.Submission.PlayerId ?? PlayerId;
            var outcome = new Outcome();
            // Whichever flush gets hold of it.
            outcomes[kept.Key] = outcome;
            List<KeptSubmission> dropped = null;
            Change(changed => dropped = changed.Add(kept, options));
            foreach (var lost in dropped)
            {
                TellRefused(new RankoraException("Too many submissions are waiting", ErrorCode.QueueFull), lost.Submission);
            }
            try
            {
                await FlushAsync();
            }
            finally
            {
                outcomes.Remove(kept.Key);
            }
            if (outcome.Error != null) throw outcome.Error;
            return outcome.Answer;
        }

        /// <summary>Sends a score of whoever plays here; see the other one.</summary>
        public Task<Submitted> SubmitAsync(string playerName, double score, Metadata metadata = null)
        {
            return SubmitAsync(new Submission(playerName, score) { Metadata = metadata });
        }

        /// <summary>Sends what waits, now. It is sent by itself too, after a while.</summary>
        public Task FlushAsync()
        {
            isAskedAgain = true;
            if (flushing != null) return flushing.Task;
            var done = flushing = new TaskCompletionSource<bool>();
            Flush(done);
            return done.Task;
        }

        /// <summary>Whether it has something of a player, of whoever plays here where null: what waits, or was accepted last.</summary>
        public bool Knows(string playerId = null)
        {
            var id = Rules.CheckPlayerId(playerId ?? PlayerId);
            var known = Read();
            return QueueState.Of(known.Waiting, id) != null || QueueState.Of(known.Accepted, id) != null;
        }

        /// <summary>
        /// A player's entry; of whoever plays here where null. One that the leaderboard has lost, by a reset or with
        /// its backup, is submitted anew.
        /// </summary>
        public async Task<PlayerEntry> GetEntryAsync(string playerId = null)
        {
            var id = Rules.CheckPlayerId(playerId ?? PlayerId);
            try
            {
                return await client.GetEntryAsync(id);
            }
            catch (RankoraException error)
            {
                if (error.Status != 404 || !Knows(id)) throw;
            }
            // What waits is newer than what was accepted, and makes the entry as well.
            var known = Read();
            if (QueueState.Of(known.Waiting, id) != null) await FlushAsync();
            // Under a new Idempotency-Key: the old one would get the old answer, and write nothing.
            else await SubmitAsync(QueueState.Of(known.Accepted, id).Submission);
            return await client.GetEntryAsync(id);
        }

        /// <summary>Removes a player's entry for good, of whoever plays here where null, and what waits for it.</summary>
        public async Task RemoveAsync(string playerId = null)
        {
            var id = Rules.CheckPlayerId(playerId ?? PlayerId);
            Change(changed => changed.Forget(id));
            await client.RemoveAsync(id);
        }

        /// <summary>Stops sending; what waits is kept.</summary>
        public void Dispose()
        {
            isClosed = true;
            timer.Dispose();
        }

        private async void FlushQuietly()
        {
            try
            {
                await FlushAsync();
            }
            catch (RankoraException)
            {
                // The key's: whoever submits hears of it.
            }
            catch (Exception error)
            {
                client.Options.Report(error);
            }
        }

        private async void Flush(TaskCompletionSource<bool> done)
        {
            RankoraException keyRefused = null;
            timer.Dispose();
            while (isAskedAgain && keyRefused == null)
            {
                isAskedAgain = false;
                try
                {
                    while (!isClosed && await SendFirst()) failures = 0;
                }
                catch (RankoraException error)
                {
                    failures++;
                    FlushIn(Pause.After(failures, FirstPause, error.RetryAfter));
                    if (error.Status == 401 || error.Status == 403 || error.Status == 404) keyRefused = error;
                }
                catch (Exception error)
                {
                    // Of a transport that breaks its promises: it must not stop the queue for good.
                    flushing = null;
                    done.TrySetException(error);
                    return;
                }
            }
            flushing = null;
            if (keyRefused == null) done.TrySetResult(true);
            else done.TrySetException(keyRefused);
        }

        private void FlushIn(double seconds)
        {
            timer.Dispose();
            if (!isClosed) timer = client.Options.Scheduler.After(seconds, FlushQuietly);
        }

        /// <summary>Sends what waits longest; false where nothing does. Throws where it has to wait on.</summary>
        private async Task<bool> SendFirst()
        {
            var waiting = Read().Waiting;
            if (waiting.Count == 0) return false;
            var first = waiting[0];
            Submitted answer = null;
            RankoraException refusal = null;
            try
            {
                answer = await client.SubmitAsync(first.Submission, new RequestOptions { Retries = 0, IdempotencyKey = first.Key });
            }
            catch (RankoraException error)
            {
                if (!IsAboutSubmission(error)) throw;
                refusal = error;
            }
            Change(changed =>
            {
                changed.Waiting.RemoveAll(one => one.Key == first.Key);
                if (answer != null) changed.Accept(first, answer.Score, options.Limit);
            });
            Outcome outcome;
            if (outcomes.TryGetValue(first.Key, out outcome))
            {
                outcome.Answer = answer;
                outcome.Error = refusal;
            }
            if (refusal != null) TellRefused(refusal, first.Submission);
            else Tell(() => Accepted?.Invoke(answer, first.Submission));
            return true;
        }

        /// <summary>Others are about the key, the server or the way there.</summary>
        private static bool IsAboutSubmission(RankoraException error)
        {
            var isRefused = error.Status == 400 || error.Status == 413 || error.Status == 415;
            return isRefused || error.Code.StartsWith("invalid_", StringComparison.Ordinal);
        }

        private QueueState Read()
        {
            if (isUnsaved) return state;
            try
            {
                return QueueState.FromJson(JsonValue.TryParse(options.Storage.Get(name))) ?? state;
            }
            catch (Exception)
            {
                // Not allowed.
                return state;
            }
        }

        private void Change(Action<QueueState> change)
        {
            var changed = Read();
            change(changed);
            state = changed;
            try
            {
                options.Storage.Set(name, changed.ToJson().ToString());
                isUnsaved = false;
            }
            catch (Exception)
            {
                // Full, or not allowed: kept here, for as long as this lives.
                isUnsaved = true;
            }
        }

        private void TellRefused(RankoraException error, Submission submission)
        {
            Tell(() => Refused?.Invoke(error, submission));
        }

        /// <summary>What a listener throws is the game's own affair, and stops nothing here.</summary>
        private void Tell(Action listeners)
        {
            try
            {
                listeners();
            }
            catch (Exception error)
            {
                client.Options.Report(error);
            }
        }

        private sealed class Outcome
        {
            public Submitted Answer;
            public RankoraException Error;
        }
    }
}
