using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;

namespace Rankora.Tests
{
    /// <summary>The SDK sends the requests of the fixtures and understands their answers: told ones, and a real server's.</summary>
    [Tests]
    internal static class ContractTests
    {
        private const string Base = "https://scores.example.org";
        private static int told, real, engine, refused, streamed, left;

        public static string Summary()
        {
            return "; fixture steps: " + told + " with told answers, " + real + " against the server, " + engine + " through the engine's transport, " + refused +
                " of each refused before sending, " + streamed + " on streams of each, " + left + " that no SDK can send";
        }

        public static async Task each_request_is_sent_as_it_stands_and_its_answer_is_understood()
        {
            foreach (var scenario in Fixtures.Scenarios())
            {
                if (IsStreamed(scenario.Value)) continue;
                foreach (var step in scenario.Value["steps"].Items)
                {
                    if (!IsForSdks(step)) continue;
                    var answer = Fixtures.Filled(step["response"]["body"]);
                    var headers = JsonValue.Parse(Fixtures.Filled(step["response"]["headers"])).Members.SelectMany(header => new[] { header.Key, header.Value.Text });
                    var server = new Answering(Answering.Json(answer, (int)step["response"]["status"].Number, headers.ToArray()));
                    var where = scenario.Key + " / " + step["name"].Text;
                    await CheckStep(where, ClientOf(step, server), step, JsonValue.Parse(answer));
                    var isRefused = step["refused_before_sending"].Bool;
                    Check.Equal(server.Asked.Count, isRefused ? 0 : 1, where + ": requests that were sent");
                    if (!isRefused) CheckRequest(where, server.Asked[0], step["request"]);
                    told++;
                    if (isRefused) refused++;
                }
            }
        }

        public static Task each_request_gets_its_answer_from_a_real_server()
        {
            return EachRequestGetsItsAnswer(new SocketTransport());
        }

        public static Task each_request_gets_its_answer_from_a_real_server_through_the_engine_s_transport()
        {
            return EachRequestGetsItsAnswer(new Unity.UnityTransport());
        }

        private static async Task EachRequestGetsItsAnswer(ITransport through)
        {
            foreach (var scenario in Fixtures.Scenarios())
            {
                if (IsStreamed(scenario.Value)) continue;
                var board = await BoardOf(scenario.Value);
                foreach (var step in scenario.Value["steps"].Items)
                {
                    if (!IsForSdks(step))
                    {
                        if (through is SocketTransport) left++;
                        // What it writes is there for the steps that follow.
                        await Raw(board, step["request"]);
                        continue;
                    }
                    var transport = new Counting(through);
                    var where = scenario.Key + " / " + step["name"].Text;
                    await CheckStep(where, RealClient(board, step["request"], transport), step, step["response"]["body"]);
                    Check.Equal(transport.Asked, step["refused_before_sending"].Bool ? 0 : 1, where + ": requests that were sent");
                    if (through is SocketTransport) real++;
                    else engine++;
                }
            }
        }

        public static async Task each_stream_s_messages_show_the_page_that_stands_there()
        {
            foreach (var scenario in Fixtures.Scenarios().Where(scenario => IsStreamed(scenario.Value)))
            {
                var steps = scenario.Value["steps"].Items;
                var request = steps.First(Opens)["request"];
                var server = new Answering((asked, answer) =>
                {
                    if (asked.Url.EndsWith("/leaderboard")) answer.Whole(200, "{\"sort_order\":\"desc\"}");
                    else answer.Head(200, "content-type", "text/event-stream");
                });
                var client = new RankoraClient(new RankoraOptions { BaseUrl = Base, Key = KeyOf(request), Transport = server, Scheduler = Program.Loop.Scheduler });
                var live = new LiveLeaderboard(client, PageOf(request));
                var changes = 0;
                live.Changed += snapshot => changes++;
                live.Start();
                CheckRequest(scenario.Key, server.Asked[0], request);
                await Program.Loop.Yield();
                var id = 0;
                foreach (var step in steps)
                {
                    foreach (var message in step["messages"].Items)
                    {
                        var before = changes;
                        id++;
                        var isFirst = message["type"].Text == "connected";
                        server.Given[0].Data((isFirst ? "" : "id: " + id + "-1\n") + "data: " + Fixtures.Filled(message) + "\n\n");
                        if (!isFirst) await Program.Loop.Until("it is told", () => changes > before);
                    }
                    CheckPage(scenario.Key, live.Snapshot, step);
                    streamed++;
                }
                live.Stop();
                Check.That(server.Given[0].IsDisposed, "the stream is ended");
            }
        }

        public static Task each_stream_of_a_real_server_shows_the_page_that_stands_there()
        {
            return EachStreamShowsThePage(new SocketTransport());
        }

        public static Task each_stream_of_a_real_server_shows_the_page_that_stands_there_through_the_engine_s_transport()
        {
            return EachStreamShowsThePage(new Unity.UnityTransport());
        }

        private static async Task EachStreamShowsThePage(ITransport through)
        {
            foreach (var scenario in Fixtures.Scenarios().Where(scenario => IsStreamed(scenario.Value)))
            {
                var board = await BoardOf(scenario.Value);
                LiveLeaderboard live = null;
                foreach (var step in scenario.Value["steps"].Items)
                {
                    var request = step["request"];
                    var where = scenario.Key + " / " + step["name"].Text;
                    if (Opens(step))
                    {
                        live = new LiveLeaderboard(RealClient(board, request, through), PageOf(request));
                        live.Start();
                    }
                    else
                    {
                        await CheckStep(where, RealClient(board, request, through), step, step["response"]["body"]);
                    }
                    if (live == null) continue;
                    var last = step["messages"].Items.LastOrDefault(message => message["type"].Text == "update");
                    await Program.Loop.Until(where, () => live.Snapshot.State == LiveState.Live && Shows(live.Snapshot, step) &&
                        (last == null || last["payload"]["new"].IsNull || Rows(live.Snapshot).Any(row => IsRow(row, last["payload"]["new"]))));
                }
                live.Stop();
            }
        }

        private sealed class Counting : ITransport
        {
            private readonly ITransport through;

            public Counting(ITransport through)
            {
                this.through = through;
            }

            public int Asked { get; private set; }

            public System.IDisposable Send(HttpRequest request, IResponseListener listener)
            {
                Asked++;
                return through.Send(request, listener);
            }
        }

        private static IEnumerable<Entry> Rows(LiveSnapshot snapshot)
        {
            return snapshot.Player == null ? snapshot.Entries : snapshot.Entries.Concat(new[] { snapshot.Player });
        }

        /// <summary>Whether it is what a change says, whose rank is in the leaderboard's own order.</summary>
        private static bool IsRow(Entry row, JsonValue said)
        {
            var members = said.Members.Where(member => member.Key != "rank").ToList();
            return Fixtures.Fit(new JsonValue(ToWire.Of(row).Members.Where(member => member.Key != "rank" && member.Key != "is_current_player").ToList()), new JsonValue(members));
        }

        private static bool IsStreamed(JsonValue scenario)
        {
            return scenario["steps"].Items.Any(step => step["messages"].Items.Count > 0);
        }

        private static bool Opens(JsonValue step)
        {
            return step["request"]["path"].Text.StartsWith("/realtime");
        }

        /// <summary>A text that stands in the place of a body no SDK can send.</summary>
        private static bool IsForSdks(JsonValue step)
        {
            return !step["request"].Has("text");
        }

        private static async Task CheckStep(string where, RankoraClient client, JsonValue step, JsonValue answer)
        {
            object result;
            try
            {
                result = await Call(client, step["request"]);
            }
            catch (RankoraException error)
            {
                result = error;
            }
            var status = (int)step["response"]["status"].Number;
            var refusal = result as RankoraException;
            if (status == 200)
            {
                Check.That(refusal == null, where + ": " + refusal);
                var found = ToWire.Of(result);
                Check.That(Fixtures.Fit(found, answer), where + ": " + found + " is not " + answer);
                return;
            }
            Check.That(refusal != null, where + ": nothing was refused");
            Check.Equal(refusal.Code, answer["code"].Text, where);
            Check.Equal(refusal.Field, answer["field"].Text, where);
            Check.That(refusal.Message.Length > 5, where + ": " + refusal.Message);
            if (step["refused_before_sending"].Bool) return;
            Check.Equal(refusal.Status, status, where);
            var headers = step["response"]["headers"];
            Check.That(!headers.Has("retry-after") || refusal.RetryAfter >= 1, where + ": Retry-After");
            Check.That(!headers.Has("x-request-id") || refusal.RequestId != null, where + ": X-Request-Id");
        }

        /// <summary>The method that sends a request.</summary>
        private static async Task<object> Call(RankoraClient client, JsonValue request)
        {
            const string Entries = "/leaderboard/entries/";
            var path = request["path"].Text;
            var player = path.StartsWith(Entries) ? path.Substring(Entries.Length) : null;
            if (request["method"].Text == "POST")
            {
                var options = new RequestOptions { IdempotencyKey = request["headers"]["Idempotency-Key"].Text };
                return await client.SubmitAsync(Submission.FromJson(request["body"]), options);
            }
            if (request["method"].Text == "DELETE")
            {
                await client.RemoveAsync(player);
                return null;
            }
            if (player != null) return await client.GetEntryAsync(player);
            if (path == "/leaderboard") return await client.GetLeaderboardAsync();
            if (path == "/usage") return await client.GetUsageAsync();
            if (path.StartsWith("/realtime"))
            {
                using (var stream = new EventStream(client, path, "", System.Threading.CancellationToken.None)) return await stream.NextAsync();
            }
            // An order that is none can't be said in C#.
            if (path.Contains("order=up")) return await client.SendAsync("GET", path);
            return await client.ListAsync(PageOf(request));
        }

        private static PageOptions PageOf(JsonValue request)
        {
            var path = request["path"].Text;
            var page = new PageOptions();
            foreach (var pair in path.Contains('?') ? path.Substring(path.IndexOf('?') + 1).Split('&') : new string[0])
            {
                var value = pair.Substring(pair.IndexOf('=') + 1);
                if (pair.StartsWith("limit=")) page.Limit = int.Parse(value);
                if (pair.StartsWith("offset=")) page.Offset = int.Parse(value);
                if (pair.StartsWith("order=")) page.Order = value == "asc" ? SortOrder.Asc : SortOrder.Desc;
                if (pair.StartsWith("player_id=")) page.PlayerId = value;
            }
            return page;
        }

        private static void CheckRequest(string where, HttpRequest sent, JsonValue said)
        {
            Check.Equal(sent.Url, Base + "/api/v1" + said["path"].Text, where);
            Check.Equal(sent.Method, said["method"].Text, where);
            var key = KeyOf(said);
            Check.Equal(sent.Headers.ContainsKey("Authorization") ? sent.Headers["Authorization"] : null, key == null ? null : "Bearer " + key, where);
            foreach (var header in said["headers"].Members) Check.Equal(sent.Headers[header.Key], header.Value.Text, where);
            if (!said.Has("body"))
            {
                Check.That(sent.Body == null && !sent.Headers.ContainsKey("Content-Type"), where + ": nothing is sent with it");
                return;
            }
            Check.Equal(sent.Headers["Content-Type"], "application/json", where);
            // Names are sent as they will be kept, and null is sent as nothing in braces, which means the same.
            var expected = said["body"].Members.Select(member => new KeyValuePair<string, JsonValue>(member.Key,
                member.Key == "name" ? Rules.CheckName(member.Value.Text) :
                member.Key == "metadata" && member.Value.IsNull ? Fixtures.Object() : member.Value));
            var body = new JsonValue(expected.ToList());
            Check.That(Fixtures.Fit(JsonValue.Parse(sent.Body), body), where + ": " + sent.Body + " is not " + body);
        }

        private static void CheckPage(string where, LiveSnapshot snapshot, JsonValue step)
        {
            Check.That(Shows(snapshot, step), where + " / " + step["name"].Text + ": " + string.Join(", ", snapshot.Entries.Select(entry => entry.Rank + " " + entry.Name)));
        }

        private static bool Shows(LiveSnapshot snapshot, JsonValue step)
        {
            if (!step.Has("page")) return true;
            var shown = snapshot.Entries.Select(entry => Fixtures.Object("name", entry.Name, "score", entry.Score, "rank", entry.Rank));
            return Fixtures.Fit(new JsonValue(shown.ToList()), step["page"]);
        }

        private static string KeyOf(JsonValue request)
        {
            var kind = request["key"].Text;
            return kind == "none" ? null : kind == "secret" ? "rk_sec_test" : "rk_pub_test";
        }

        private static RankoraClient ClientOf(JsonValue step, ITransport transport)
        {
            return new RankoraClient(new RankoraOptions
            {
                BaseUrl = Base,
                Key = KeyOf(step["request"]),
                Transport = transport,
                Scheduler = Program.Loop.Scheduler,
                Retries = 0
            });
        }

        private static RankoraClient RealClient(Board board, JsonValue request, ITransport transport)
        {
            var kind = request["key"].Text;
            var key = kind == "none" ? null : kind == "secret" ? board.Secret : board.Publishable;
            return new RankoraClient(new RankoraOptions { BaseUrl = Program.Server.BaseUrl, Key = key, Transport = transport, Scheduler = Program.Loop.Scheduler, Retries = 0 });
        }

        private static Task<Board> BoardOf(JsonValue scenario)
        {
            var said = scenario["leaderboard"];
            var settings = string.Join("", new[] { "sort_order", "score_format", "policy" }.Select(name => ",\"" + name + "\":" + said[name]));
            return Program.Server.NewBoard(settings, said["plan"].Text, Program.Server.NewAccount(said["plan"].Text));
        }

        private static async Task Raw(Board board, JsonValue request)
        {
            var sent = new HttpRequest(request["method"].Text, Program.Server.BaseUrl + "/api/v1" + request["path"].Text) { Body = request["text"].Text };
            sent.Headers["Authorization"] = "Bearer " + board.Secret;
            sent.Headers["Content-Type"] = "application/json";
            var options = new RankoraOptions { Transport = new SocketTransport(), Scheduler = Program.Loop.Scheduler };
            try
            {
                await Exchange.Run(options, sent, 10, System.Threading.CancellationToken.None);
            }
            catch (RankoraException)
            {
                // Whatever the server makes of it is for the server's tests to say.
            }
        }
    }
}
