using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Rankora.Tests
{
    [Tests]
    internal static class EventStreamTests
    {
        public static async Task messages_come_one_by_one_and_null_at_the_end()
        {
            using (var stream = Of((request, answer) =>
            {
                answer.Head(200, "content-type", "text/event-stream; charset=utf-8");
                answer.Data("data: a\n\nid: 1\ndata: b\n\n");
                answer.End(null);
            }))
            {
                Check.Equal((await stream.NextAsync()).Data, "a");
                Check.Equal((await stream.NextAsync()).Id, "1");
                Check.Equal(await stream.NextAsync(), null);
            }
        }

        public static async Task where_a_platform_tells_no_headers_yet_what_comes_tells_what_it_is()
        {
            using (var stream = Of((request, answer) =>
            {
                answer.Head(200);
                answer.Data("retry: 2000\n\ndata: a\n\n");
            }))
            {
                Check.Equal((await stream.NextAsync()).Data, "a");
            }
            foreach (var body in new[] { "<html>Sign in</html>", "{\"success\":true}", "" })
            {
                using (var stream = Of(Answering.Json(body))) await Check.Refused(stream.NextAsync(), "unexpected_answer");
            }
        }

        public static async Task a_refusal_is_told_with_its_code()
        {
            using (var stream = Of(Answering.Refusal(429, "stream_limit", "retry-after", "5", "content-type", "application/json")))
            {
                Check.Equal((await Check.Refused(stream.NextAsync(), "stream_limit")).RetryAfter, 5);
            }
        }

        public static async Task one_in_which_nothing_comes_is_ended()
        {
            var now = 0.0;
            var scheduler = new Scheduler(() => now);
            var server = new Answering((request, answer) => answer.Head(200, "content-type", "text/event-stream"));
            using (var stream = Of(server, scheduler, CancellationToken.None))
            {
                var first = stream.NextAsync();
                now = 9;
                scheduler.Tick();
                await Program.Loop.Yield();
                Check.That(!first.IsCompleted, "it has ten seconds to begin");
                server.Given[0].Data(": alive\n\n");
                foreach (var time in new[] { 50, 90 })
                {
                    now = time;
                    scheduler.Tick();
                    Check.That(!first.IsCompleted, "comments keep it alive");
                    server.Given[0].Data(": alive\n\n");
                }
                now = 136;
                scheduler.Tick();
                await Check.Refused(first, "timeout");
                Check.That(server.Given[0].IsDisposed, "the connection is given back");
            }
        }

        public static async Task cancelling_ends_it()
        {
            var source = new CancellationTokenSource();
            var server = new Answering(Answering.Silence);
            using (var stream = Of(server, Program.Loop.Scheduler, source.Token))
            {
                var next = stream.NextAsync();
                source.Cancel();
                Check.That(server.Given.Single().IsDisposed, "at once");
                await Program.Loop.Until("it is cancelled", () => next.IsCanceled);
            }
        }

        private static EventStream Of(Action<HttpRequest, Answer> answer)
        {
            return Of(new Answering(answer), Program.Loop.Scheduler, CancellationToken.None);
        }

        private static EventStream Of(ITransport transport, Scheduler scheduler, CancellationToken cancel)
        {
            var client = new RankoraClient(new RankoraOptions { BaseUrl = "https://scores.example.org", Transport = transport, Scheduler = scheduler });
            return new EventStream(client, "/realtime", "", cancel);
        }
    }
}
