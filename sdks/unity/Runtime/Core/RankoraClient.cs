using System;
using System.Threading;
using System.Threading.Tasks;

namespace Rankora
{
    /// <summary>
    /// One leaderboard, as its key lets it be seen. All methods throw <see cref="RankoraException"/>, and
    /// <see cref="OperationCanceledException"/> where they are cancelled.
    /// </summary>
    public sealed class RankoraClient
    {
        private const string Entries = "/leaderboard/entries";
        /// <summary>Seconds: who is told to come back later than this is told so, rather than kept waiting.</summary>
        private const int LongestWait = 30;
        /// <summary>Seconds before the second attempt.</summary>
        private const double FirstPause = 0.3;

        private readonly string baseUrl;

        /// <summary>One that has its transport and its scheduler in the options.</summary>
        public RankoraClient(RankoraOptions options)
        {
            if (string.IsNullOrEmpty(options.BaseUrl)) throw new ArgumentException("BaseUrl is missing", nameof(options));
            if (options.Transport == null) throw new ArgumentException("Transport is missing", nameof(options));
            if (options.Scheduler == null) throw new ArgumentException("Scheduler is missing", nameof(options));
            Options = options;
            baseUrl = options.BaseUrl.TrimEnd('/') + "/api/v1";
            var warning = ApiKey.WarningOf(options.Key);
            if (options.IsClientBuild && warning != null) options.Warn(warning);
        }

        internal RankoraOptions Options { get; private set; }

        /// <summary>The leaderboard's settings and size.</summary>
        public async Task<Leaderboard> GetLeaderboardAsync(
            RequestOptions options = null, CancellationToken cancel = default(CancellationToken))
        {
            return new Leaderboard(await Ask(Request("GET", "/leaderboard"), options, cancel));
        }

        /// <summary>A page, of 5 rows unless its limit says otherwise.</summary>
        public async Task<Page> ListAsync(
            PageOptions page = null, RequestOptions options = null, CancellationToken cancel = default(CancellationToken))
        {
            return new Page(await Ask(Request("GET", Entries + (page == null ? "" : page.Query())), options, cancel));
        }

        /// <summary>Page after page, of 50 rows unless the limit says otherwise. Asks for nothing yet.</summary>
        public PageReader ReadPages(PageOptions page = null, RequestOptions options = null)
        {
            return new PageReader(this, page ?? new PageOptions(), options);
        }

        /// <summary>Entry after entry, none of them twice. Asks for nothing yet.</summary>
        public EntryReader ReadEntries(PageOptions page = null, RequestOptions options = null)
        {
            return new EntryReader(ReadPages(page, options));
        }

        /// <summary>One player's entry; <c>not_found</c> where there is none.</summary>
        public async Task<PlayerEntry> GetEntryAsync(
            string playerId, RequestOptions options = null, CancellationToken cancel = default(CancellationToken))
        {
            return new PlayerEntry(await Ask(Request("GET", Entries + "/" + Rules.CheckPlayerId(playerId)), options, cancel));
        }

        /// <summary>Submits a score, once, however often it has to be sent. Needs a secret key.</summary>
        public async Task<Submitted> SubmitAsync(
            Submission submission, RequestOptions options = null, CancellationToken cancel = default(CancellationToken))
        {
            var request = Request("POST", Entries);
            request.Body = submission.Checked().ToJson().ToString();
            request.Headers["Content-Type"] = "application/json";
            request.Headers["Idempotency-Key"] = (options == null ? null : options.IdempotencyKey) ?? NewUuid();
            return new Submitted(await Ask(request, options, cancel));
        }

        /// <summary>Submits a score; see the other one.</summary>
        public Task<Submitted> SubmitAsync(string name, double score, string playerId = null, Metadata metadata = null)
        {
            return SubmitAsync(new Submission(name, score) { PlayerId = playerId, Metadata = metadata });
        }

        /// <summary>Removes a player's entry; <c>not_found</c> where there is none. Needs a secret key.</summary>
        public async Task RemoveAsync(
            string playerId, RequestOptions options = null, CancellationToken cancel = default(CancellationToken))
        {
            await Ask(Request("DELETE", Entries + "/" + Rules.CheckPlayerId(playerId)), options, cancel);
        }

        /// <summary>What the account has used. Needs a secret key.</summary>
        public async Task<Usage> GetUsageAsync(
            RequestOptions options = null, CancellationToken cancel = default(CancellationToken))
        {
            return new Usage(await Ask(Request("GET", "/usage"), options, cancel));
        }

        /// <summary>Any other route below <c>/api/v1</c>, with the key and without repetition.</summary>
        /// <param name="method">Of HTTP.</param>
        /// <param name="path">With a slash in front, and with its query.</param>
        /// <param name="body">Null where there is none.</param>
        /// <param name="cancel">Ends the request.</param>
        public Task<JsonValue> SendAsync(
            string method, string path, JsonValue body = null, CancellationToken cancel = default(CancellationToken))
        {
            var request = Request(method, path);
            if (body != null)
            {
                request.Body = body.ToString();
                request.Headers["Content-Type"] = "application/json";
            }
            return Exchange.Run(Options, request, Options.TimeoutSeconds, cancel);
        }

        internal static string NewUuid()
        {
            return Guid.NewGuid().ToString("D");
        }

        internal HttpRequest Request(string method, string path)
        {
            var request = new HttpRequest(method, baseUrl + path);
            if (!string.IsNullOrEmpty(Options.Key)) request.Headers["Authorization"] = "Bearer " + Options.Key;
            return request;
        }

        /// <summary>Asks until there is an answer or no more hope of one.</summary>
        private async Task<JsonValue> Ask(HttpRequest request, RequestOptions options, CancellationToken cancel)
        {
            var timeout = (options == null ? null : options.TimeoutSeconds) ?? Options.TimeoutSeconds;
            var retries = (options == null ? null : options.Retries) ?? Options.Retries;
            for (var failures = 1; ; failures++)
            {
                int? retryAfter;
                try
                {
                    return await Exchange.Run(Options, request, timeout, cancel);
                }
                catch (RankoraException error)
                {
                    if (failures > retries || !MayRepeat(error, request.Method)) throw;
                    retryAfter = error.RetryAfter;
                }
                await Options.Scheduler.Delay(Pause.After(failures, FirstPause, retryAfter), cancel);
            }
        }

        /// <summary>
        /// Whether another attempt may help and does no harm. A submission has its Idempotency-Key; a removal has
        /// none, so only one that was turned away at the door is repeated.
        /// </summary>
        private static bool MayRepeat(RankoraException error, string method)
        {
            var passes = error.Status == 429 || error.Status > 501 || error.Code == ErrorCode.Network || error.Code == ErrorCode.Timeout;
            return passes && (error.RetryAfter ?? 0) <= LongestWait && (method != "DELETE" || error.Status == 429);
        }
    }
}
