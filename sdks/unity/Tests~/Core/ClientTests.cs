using System;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;

namespace Rankora.Tests
{
    [Tests]
    internal static class ClientTests
    {
        private const string Player = "67e55044-10b1-426f-9247-bb680e5fe0c8";
        private static readonly Action<HttpRequest, Answer> Board = Answering.Json("{\"sort_order\":\"asc\",\"total_entries\":3}");
        private static readonly Action<HttpRequest, Answer> Submitted = Answering.Json("{\"success\":true,\"player_id\":\"" + Player + "\",\"rank\":1}");

        public static async Task a_read_is_repeated_until_it_is_answered()
        {
            var server = new Answering(Answering.Unreachable, Answering.Refusal(503, "unavailable"), Board);
            Check.Equal((await Of(server).GetLeaderboardAsync()).SortOrder, SortOrder.Asc);
            Check.Equal(server.Asked.Count, 3);
            Check.Equal(server.Asked[0].Url, "https://scores.example.org/api/v1/leaderboard");
        }

        public static async Task who_keeps_failing_is_given_up_after_as_many_retries_as_were_asked_for()
        {
            var server = new Answering(Answering.Unreachable);
            var error = await Check.Refused(Of(server, 1).GetLeaderboardAsync(), "network");
            Check.Equal(error.Status, 0);
            Check.That(error.Message.Contains("nobody is there"), error.Message);
            Check.Equal(server.Asked.Count, 2);
            await Check.Refused(Of(server).GetLeaderboardAsync(new RequestOptions { Retries = 0 }), "network");
            Check.Equal(server.Asked.Count, 3);
        }

        public static async Task a_submission_is_repeated_under_one_key_and_another_one_has_another()
        {
            var server = new Answering(Answering.Unreachable, Submitted);
            var client = Of(server);
            await client.SubmitAsync("Ada", 1);
            await client.SubmitAsync("Ada", 1);
            var keys = server.Keys.ToArray();
            Check.That(Regex.IsMatch(keys[0], "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"), keys[0]);
            Check.That(keys[0] == keys[1] && keys[1] != keys[2], "one for each submission");
        }

        public static async Task a_removal_is_repeated_only_where_it_was_turned_away()
        {
            var done = Answering.Json("{\"success\":true}");
            var lost = new Answering(Answering.Refusal(503, "unavailable"), done);
            await Check.Refused(Of(lost).RemoveAsync(Player), "unavailable");
            Check.Equal(lost.Asked.Count, 1);
            await Of(new Answering(Answering.Refusal(429, "rate_limited"), done)).RemoveAsync(Player);
        }

        public static async Task what_cannot_get_better_is_not_repeated()
        {
            foreach (var status in new[] { 400, 401, 403, 404, 500 })
            {
                var server = new Answering(Answering.Refusal(status, "some_code"));
                Check.Equal((await Check.Refused(Of(server).GetLeaderboardAsync(), "some_code")).Status, status);
                Check.Equal(server.Asked.Count, 1);
            }
        }

        public static async Task retry_after_is_waited_for_and_told_where_it_is_long()
        {
            var soon = new Answering(Answering.Refusal(429, "rate_limited", "retry-after", "1"), Board);
            await Of(soon).GetLeaderboardAsync();
            Check.That(soon.AskedAt[1] - soon.AskedAt[0] >= 1, "a second is waited");
            var late = new Answering(Answering.Refusal(429, "quota_exceeded", "retry-after", "86400", "x-request-id", "r1"));
            var error = await Check.Refused(Of(late).GetLeaderboardAsync(), "quota_exceeded");
            Check.Equal(error.RetryAfter, 86400);
            Check.Equal(error.RequestId, "r1");
            Check.Equal(late.Asked.Count, 1);
            var date = DateTime.UtcNow.AddSeconds(90.5).ToString("R", CultureInfo.InvariantCulture);
            var dated = await Check.Refused(Of(new Answering(Answering.Refusal(503, "unavailable", "retry-after", date))).GetLeaderboardAsync(), "unavailable");
            Check.That(dated.RetryAfter >= 89 && dated.RetryAfter <= 91, dated.RetryAfter.ToString());
        }

        public static async Task an_answer_that_does_not_come_is_given_up_and_a_body_that_does_not_end_as_well()
        {
            Action<HttpRequest, Answer> endless = (request, answer) =>
            {
                answer.Head(200);
                answer.Data("{");
            };
            foreach (var how in new[] { Answering.Silence, endless })
            {
                var server = new Answering(how);
                var options = new RequestOptions { TimeoutSeconds = 0.02, Retries = 1 };
                await Check.Refused(Of(server).GetLeaderboardAsync(options), "timeout");
                Check.That(server.Given.Count == 2 && server.Given.All(answer => answer.IsDisposed), "both are ended");
            }
        }

        public static async Task cancelling_ends_a_request_and_the_wait_for_another_attempt()
        {
            foreach (var how in new[] { Answering.Silence, Answering.Refusal(503, "unavailable", "retry-after", "20") })
            {
                var server = new Answering(how);
                var source = new CancellationTokenSource();
                var asking = Of(server).GetLeaderboardAsync(null, source.Token);
                await Program.Loop.Until("it is asked", () => server.Asked.Count == 1);
                await Program.Loop.Yield();
                source.Cancel();
                await Cancelled(asking);
                Check.That(server.Given[0].IsDisposed, "it is ended");
                await Cancelled(Of(server).GetLeaderboardAsync(null, source.Token));
                Check.Equal(server.Asked.Count, 1);
            }
        }

        public static async Task what_is_not_the_server_s_is_no_answer()
        {
            foreach (var answer in new[]
            {
                Answering.Json("<html>Sign in to the Wi-Fi</html>"),
                Answering.Json("[]"),
                Answering.Json("{\"error\":{\"message\":\"of another kind\"}}", 418)
            })
            {
                await Check.Refused(Of(new Answering(answer)).GetLeaderboardAsync(), "unexpected_answer");
            }
            var gateway = new Answering(Answering.Json("Bad gateway", 502), Board);
            await Of(gateway).GetLeaderboardAsync();
            Check.Equal(gateway.Asked.Count, 2);
        }

        public static async Task all_entries_are_told_once_though_rows_move_between_two_pages()
        {
            var server = new Answering(PageOf("a", "b"), PageOf("b", "c"), PageOf("d"));
            var told = "";
            var entries = Of(server).ReadEntries(new PageOptions { Limit = 2, Order = SortOrder.Asc });
            while (await entries.NextAsync()) told += entries.Current.Id;
            Check.Equal(told, "abcd");
            Check.Equal(string.Join(" ", server.Asked.Select(request => request.Url.Split('?')[1])),
                "limit=2&offset=0&order=asc limit=2&offset=2&order=asc limit=2&offset=4&order=asc");
            Check.That(!await entries.NextAsync(), "nothing comes behind the end");
        }

        public static async Task scores_that_no_plain_number_says_are_sent_exactly()
        {
            var server = new Answering(Submitted);
            foreach (var score in new[] { Math.Pow(2, 60), -Math.Pow(2, 53), 9500, 0.25, -0.0 }) await Of(server).SubmitAsync("Ada", score);
            Check.Equal(string.Join(" ", server.Bodies.Select(body => body["score"].ToString())), "1.152921504606847e+18 -9.007199254740992e+15 9500 0.25 0");
        }

        public static async Task a_server_of_the_game_s_own_may_answer_as_the_javascript_sdk_does()
        {
            var names = "{\"playerId\":\"" + Player + "\",\"rank\":2,\"score\":5,\"previousScore\":4,\"previousRank\":3,\"totalEntries\":9}";
            var answer = await Of(new Answering(Answering.Json(names))).SubmitAsync("Ada", 5);
            Check.Equal(answer.PlayerId + " " + answer.PreviousScore + " " + answer.PreviousRank + " " + answer.TotalEntries, Player + " 4 3 9");
        }

        private static RankoraClient Of(ITransport transport, int retries = 2)
        {
            return new RankoraClient(new RankoraOptions
            {
                BaseUrl = "https://scores.example.org/",
                Key = "rk_pub_x",
                Transport = transport,
                Scheduler = Program.Loop.Scheduler,
                Retries = retries
            });
        }

        private static Action<HttpRequest, Answer> PageOf(params string[] ids)
        {
            var entries = string.Join(",", ids.Select(id => "{\"id\":\"" + id + "\"}"));
            return Answering.Json("{\"entries\":[" + entries + "],\"pagination\":{\"limit\":2,\"offset\":0,\"total\":5}}");
        }

        private static async Task Cancelled(Task task)
        {
            try
            {
                await task;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            throw new Failure("it was not cancelled");
        }
    }
}
