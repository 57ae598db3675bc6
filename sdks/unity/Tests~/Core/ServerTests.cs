using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;

namespace Rankora.Tests
{
    /// <summary>What holds when the server is killed, when networks break, and when the key has limits.</summary>
    [Tests]
    internal static class ServerTests
    {
        private static Loop Loop => Program.Loop;
        private static Server Server => Program.Server;

        public static async Task whatever_happens_a_live_leaderboard_shows_what_the_list_shows()
        {
            var board = await Server.NewBoard();
            var writer = Server.Client(board.Secret);
            var reader = Server.Client(board.Publishable);
            var players = Enumerable.Range(0, 12).Select(_ => Guid.NewGuid().ToString()).ToArray();
            var followers = new[]
            {
                new PageOptions { Limit = 5 },
                new PageOptions { Limit = 3, Offset = 2 },
                new PageOptions { Limit = 50 },
                new PageOptions { Limit = 5, Order = SortOrder.Asc },
                new PageOptions { Limit = 4, Offset = 3, Order = SortOrder.Asc },
                new PageOptions { Limit = 5, Order = SortOrder.Desc }
            }.Select(page => new Follower(reader, page)).ToArray();
            foreach (var follower in followers) await follower.IsLive();
            var random = new Random();
            for (var round = 0; round < 12; round++)
            {
                for (var change = 0; change < 8; change++)
                {
                    var player = players[random.Next(players.Length)];
                    // Few scores, so that many are equal.
                    var submission = new Submission("Player " + random.Next(3), random.Next(6)) { PlayerId = player };
                    try
                    {
                        if (random.NextDouble() < 0.25) await writer.RemoveAsync(player);
                        else await writer.SubmitAsync(submission);
                    }
                    catch (RankoraException error)
                    {
                        Check.Equal(error.Code, "not_found");
                    }
                }
                foreach (var follower in followers) await follower.ShowsTheList(reader);
            }
            // And nothing that it told was out of order on the way.
            foreach (var snapshot in followers.SelectMany(follower => follower.Told))
            {
                for (var index = 1; index < snapshot.Entries.Count; index++)
                {
                    Check.That(snapshot.Entries[index].Rank > snapshot.Entries[index - 1].Rank, "ranks grow");
                }
            }
            foreach (var follower in followers) follower.Live.Stop();
        }

        public static async Task a_leaderboard_that_is_turned_around_shows_in_both_orders()
        {
            var board = await Server.NewBoard();
            var writer = Server.Client(board.Secret);
            for (var score = 0; score < 8; score++) await writer.SubmitAsync("Player " + score, score);
            var followers = new[] { new PageOptions { Limit = 5 }, new PageOptions { Limit = 5, Order = SortOrder.Asc } }
                .Select(page => new Follower(writer, page)).ToArray();
            foreach (var follower in followers) await follower.IsLive();
            await Server.Manage("everything", "PATCH", "/leaderboards/" + board.Id, "{\"sort_order\":\"asc\"}");
            await Loop.Until("it is turned around", async () => (await writer.GetLeaderboardAsync()).SortOrder == SortOrder.Asc);
            await writer.SubmitAsync("In between", 2.5);
            foreach (var follower in followers) await follower.ShowsTheList(writer);
            foreach (var follower in followers) follower.Live.Stop();
        }

        public static async Task a_followed_player_s_entry_is_right_on_the_page_or_not()
        {
            var board = await Server.NewBoard();
            var writer = Server.Client(board.Secret);
            var player = Guid.NewGuid().ToString();
            var mine = new Follower(Server.Client(board.Publishable), new PageOptions { Limit = 1, PlayerId = player });
            await mine.IsLive();
            Check.Equal(mine.Live.Snapshot.Player, null);
            await writer.SubmitAsync("Ada", 10, player);
            await Loop.Until("the player is first", () => mine.Ranks(1, 10));
            await writer.SubmitAsync("Bob", 20);
            await Loop.Until("the player is second", () => mine.Ranks(2, 10));
            await mine.ShowsTheList(writer);
            await writer.SubmitAsync("Ada", 30, player);
            await Loop.Until("the player is first again", () => mine.Ranks(1, 30));
            await mine.ShowsTheList(writer);
            mine.Live.Stop();
        }

        public static async Task a_stream_that_broke_goes_on_where_it_was_and_tells_one_by_one_what_it_missed()
        {
            var board = await Server.NewBoard();
            var writer = Server.Client(board.Secret);
            var network = new SocketTransport();
            var follower = new Follower(Server.Client(board.Publishable, network), new PageOptions { Limit = 50 });
            // The server remembers what happened for as long as somebody listens.
            var other = new Follower(writer, new PageOptions { Limit = 50 });
            await follower.IsLive();
            await other.IsLive();
            var player = Guid.NewGuid().ToString();
            // To a leaderboard that is younger than ten seconds, a fresh page comes instead.
            await Loop.Until("what was missed is told one by one", async () =>
            {
                var before = network.Streams.Count();
                await writer.SubmitAsync("Ada", 0, player);
                await follower.ShowsTheList(writer);
                network.BreakStreams();
                await Loop.Until("it is noticed", () => follower.Live.Snapshot.State == LiveState.Reconnecting);
                Check.Equal(follower.Live.Snapshot.Entries[0].Name, "Ada", "what is known and shown on");
                for (var score = 1; score <= 3; score++) await writer.SubmitAsync("Ada", score, player);
                await follower.ShowsTheList(writer);
                Check.Equal(network.Streams.Count(), before + 1);
                Check.That(network.Streams.Last().Headers["Last-Event-ID"].Contains("-"), "it says where it was");
                var scores = follower.Told.Select(snapshot => snapshot.Entries.Count == 0 ? -1 : snapshot.Entries[0].Score).ToArray();
                return string.Join(",", scores.Skip(scores.Length - 4)) == "0,1,2,3";
            });
            Check.Equal(network.Asked.Count, network.Streams.Count(), "nothing but streams: what was asked for");
            follower.Live.Stop();
            other.Live.Stop();
        }

        public static async Task a_server_that_is_killed_and_comes_back_leaves_nothing_wrong()
        {
            var board = await Server.NewBoard();
            var writer = Server.Client(board.Secret);
            await writer.SubmitAsync("Ada", 1);
            var follower = new Follower(Server.Client(board.Publishable), new PageOptions { Limit = 10 });
            await follower.IsLive();
            Server.Kill();
            await Loop.Until("it is noticed", () => follower.Live.Snapshot.State == LiveState.Reconnecting);
            Server.Restart();
            await writer.SubmitAsync("Bob", 2);
            await follower.IsLive();
            await writer.SubmitAsync("Cyd", 3);
            await follower.ShowsTheList(writer);
            await follower.IsLive();
            follower.Live.Stop();
        }

        public static async Task a_plan_without_streams_is_polled_the_player_from_outside_the_page_as_well()
        {
            var board = await Server.NewBoard("", "no-streams");
            var writer = Server.Client(board.Secret);
            var player = Guid.NewGuid().ToString();
            await writer.SubmitAsync("Ahead", 5);
            await writer.SubmitAsync("Ahead", 6);
            await writer.SubmitAsync("Ada", 1, player);
            var follower = new Follower(Server.Client(board.Publishable), new PageOptions { Limit = 1, PlayerId = player }, 0.05);
            await Loop.Until("it is polled", () => follower.Live.Snapshot.State == LiveState.Polling);
            Check.Equal(follower.Live.Snapshot.Player.Rank, 3);
            Check.Equal(follower.Live.Snapshot.Total, 3);
            await writer.SubmitAsync("Late", 9);
            await follower.ShowsTheList(writer);
            await Loop.Until("the player falls", () => follower.Live.Snapshot.Player.Rank == 4);
            Check.That(follower.Told.All(snapshot => snapshot.State != LiveState.Live), "it is never live");
            follower.Live.Stop();
            var nobody = new Follower(writer, new PageOptions { Limit = 1, PlayerId = Guid.NewGuid().ToString() }, 0.05);
            await Loop.Until("who isn't there stops nothing", () => nobody.Live.Snapshot.State == LiveState.Polling);
            Check.Equal(nobody.Live.Snapshot.Player, null);
            nobody.Live.Stop();
        }

        public static async Task where_something_holds_streams_back_it_is_polled_and_streamed_as_soon_as_that_ends()
        {
            var board = await Server.NewBoard();
            var writer = Server.Client(board.Secret);
            await writer.SubmitAsync("Ada", 1);
            var network = new SocketTransport { HoldsStreamsBack = true };
            var follower = new Follower(Server.Client(board.Publishable, network), new PageOptions { Limit = 10 }, 0.05);
            await Loop.Until("it is polled", () => follower.Live.Snapshot.State == LiveState.Polling);
            await writer.SubmitAsync("Bob", 2);
            await follower.ShowsTheList(writer);
            network.HoldsStreamsBack = false;
            await follower.IsLive();
            await writer.SubmitAsync("Cyd", 3);
            await follower.ShowsTheList(writer);

            // Once more, with something to go on from: what was polled meanwhile is newer than that.
            network.HoldsStreamsBack = true;
            network.BreakStreams();
            await Loop.Until("it is polled again", () => follower.Live.Snapshot.State == LiveState.Polling);
            await writer.SubmitAsync("Dee", 4);
            await follower.ShowsTheList(writer);
            network.HoldsStreamsBack = false;
            await follower.IsLive();
            await writer.SubmitAsync("Eve", 5);
            await follower.ShowsTheList(writer);
            Check.That(network.Streams.All(stream => !stream.Headers.ContainsKey("Last-Event-ID")), "it goes on from nowhere");
            follower.Live.Stop();
        }

        public static async Task a_key_that_is_revoked_ends_it_and_says_so()
        {
            var board = await Server.NewBoard();
            var follower = new Follower(Server.Client(board.Publishable), null);
            await follower.IsLive();
            await Server.Manage("everything", "DELETE", "/leaderboards/" + board.Id + "/keys/" + board.PublishableId);
            await Loop.Until("it is stopped", () => follower.Live.Snapshot.State == LiveState.Stopped);
            Check.Equal(((RankoraException)follower.Live.Snapshot.Error).Code, "unauthorized");
        }

        public static async Task who_stops_asks_no_more_and_who_starts_again_goes_on()
        {
            var board = await Server.NewBoard();
            var writer = Server.Client(board.Secret);
            var network = new SocketTransport();
            var follower = new Follower(Server.Client(board.Publishable, network), null);
            await follower.IsLive();
            var other = new Follower(writer, null);
            await other.IsLive();
            follower.Live.Stop();
            await writer.SubmitAsync("Ada", 1);
            await other.ShowsTheList(writer);
            other.Live.Stop();
            Check.Equal(follower.Live.Snapshot.Total, 0);
            Check.That(follower.Told.All(snapshot => snapshot.Total == 0), "nothing more is told");
            follower.Live.Start();
            await follower.ShowsTheList(writer);
            Check.Equal(network.Streams.Count(), 2);
            follower.Live.Stop();
        }

        public static async Task who_is_too_fast_waits_as_long_as_the_server_says()
        {
            var board = await Server.NewBoard("", "slow");
            var client = Server.Client(board.Publishable);
            await client.GetLeaderboardAsync();
            var began = DateTime.UtcNow;
            await client.GetLeaderboardAsync();
            Check.That((DateTime.UtcNow - began).TotalSeconds >= 1, "a second is waited");
            var once = new RequestOptions { Retries = 0 };
            var both = new[] { client.GetLeaderboardAsync(once), client.GetLeaderboardAsync(once) };
            await Loop.Until("both are answered", () => both.All(task => task.IsCompleted));
            var error = await Check.Refused(both.First(task => task.IsFaulted), "rate_limited");
            Check.Equal(error.Status, 429);
            Check.Equal(error.RetryAfter, 1);
            Check.That(error.RequestId != null, "it can be found in the log");
        }

        public static async Task a_submission_whose_answer_is_lost_is_counted_once()
        {
            var board = await Server.NewBoard(",\"policy\":\"sum\"");
            var network = new SocketTransport { Losing = 2 };
            var client = Server.Client(board.Secret, network);
            var answer = await client.SubmitAsync("Ada", 7);
            Check.Equal(network.Asked.Count, 3);
            Check.Equal(answer.Score, 7);
            Check.Equal((await client.GetEntryAsync(answer.PlayerId)).Score, 7);
        }

        public static async Task what_waits_is_sent_once_by_the_next_process_though_the_first_one_ended_meanwhile()
        {
            var board = await Server.NewBoard(",\"policy\":\"sum\"");
            var file = Path.GetTempFileName();
            try
            {
                var player = (await Player.Play(Server.BaseUrl, board.Secret, file, "3"))["player"].Text;
                Server.Kill();
                foreach (var score in new[] { "10", "20" })
                {
                    Check.That((await Player.Play(Server.BaseUrl, board.Secret, file, score))["rank"].IsNull, "it waits");
                }
                Server.Restart();
                foreach (var time in new[] { "first", "second" })
                {
                    Check.Equal((await Player.Play(Server.BaseUrl, board.Secret, file, "flush"))["waiting"].Number, 0, time);
                    var entry = await Server.Client(board.Publishable).GetEntryAsync(player);
                    Check.Equal(entry.Score, 33, time);
                }
            }
            finally
            {
                File.Delete(file);
            }
        }

        public static async Task an_entry_that_a_reset_took_away_comes_back()
        {
            var board = await Server.NewBoard(",\"policy\":\"best\"");
            var queue = new SubmissionQueue(Server.Client(board.Secret), new QueueOptions { Keep = QueueKeep.Best });
            await queue.SubmitAsync("Ada", 10, new Metadata { ["level"] = 3 });
            await queue.SubmitAsync("Ada", 5);
            await Server.Manage("everything", "POST", "/leaderboards/" + board.Id + "/reset", "{}");
            var entry = await queue.GetEntryAsync();
            Check.Equal(entry.PlayerId, queue.PlayerId);
            Check.Equal(entry.Score, 10);
            Check.Equal(entry.Rank, 1);
            await queue.RemoveAsync();
            await Check.Refused(queue.GetEntryAsync(), "not_found");
            queue.Dispose();
        }

        public static async Task all_entries_can_be_read_page_by_page()
        {
            var board = await Server.NewBoard();
            var client = Server.Client(board.Secret);
            for (var score = 1; score <= 12; score++) await client.SubmitAsync("Player " + score, score);
            var scores = new List<double>();
            var entries = client.ReadEntries(new PageOptions { Limit = 5, Order = SortOrder.Asc });
            while (await entries.NextAsync()) scores.Add(entries.Current.Score);
            Check.Equal(scores, Enumerable.Range(1, 12).Select(score => (double)score));
        }

        public static async Task the_rules_that_are_checked_before_sending_are_the_server_s()
        {
            var board = await Server.NewBoard();
            var client = Server.Client(board.Secret);
            var parts = new[]
            {
                "a", "Z", "9", " ", "_", "-", ".", "é", "e\u0301", "ह", "\u093f", "中", "١", "²", "😀", "𝒜", "\ufeff", "\u0085", "\u200d", "\u3000", "\t", "각", "\u1112\u1161\u11ab"
            };
            var random = new Random();
            var names = Enumerable.Range(0, 150).Select(_ => string.Concat(Enumerable.Range(0, random.Next(1, 9))
                .Select(__ => parts[(int)(Math.Pow(random.NextDouble(), 2) * parts.Length)]))).ToList();
            names.AddRange(new[] { 49, 50, 51 }.Select(length => new string('é', length)));
            names.AddRange(new[] { 49, 50, 51 }.Select(length => string.Concat(Enumerable.Repeat("e\u0301", length))));
            foreach (var name in names)
            {
                var answer = await Verdict(client, Fixtures.Object("name", name, "score", 1));
                var kept = Local(() => Rules.CheckName(name));
                var expected = answer.Has("code") ? answer["code"].Text : (await client.GetEntryAsync(answer["player_id"].Text)).Name;
                Check.Equal(kept, expected, JsonWriter.Write(name));
            }
            var numbers = new[] { 9e61, 1e62, -9e60, -1e61, -2e61, 1e-62, 1e-63, -1e-61, -1e-62, 1.5e-61, 1.5e-62, 5e-324, 1e308, Math.Pow(2, 63), -Math.Pow(2, 60), 1e21 };
            var values = numbers.Select(number => (JsonValue)number)
                .Concat(new[] { 63, 64, 65 }.SelectMany(length => new JsonValue[] { new string('a', length), string.Concat(Enumerable.Repeat("😀", length)) }))
                .Concat(new[] { true, JsonValue.Null, JsonValue.Parse("[]"), JsonValue.Parse("{}") });
            foreach (var value in values)
            {
                var metadata = Fixtures.Object("value", value);
                var answer = await Verdict(client, Fixtures.Object("name", "Ada", "score", 1, "metadata", metadata));
                var kept = Local(() => Rules.CheckMetadata(metadata) == null ? "" : "taken");
                Check.Equal(kept, answer["code"].Text ?? "taken", metadata.ToString());
            }
            foreach (var score in new[] { Math.Pow(2, 53), Math.Pow(2, 60), -Math.Pow(2, 70), 1e21, 1.5e300, 5e-324, 0.1, 0.1 + 0.2, double.MaxValue })
            {
                var answer = await client.SubmitAsync("Ada", score);
                Check.Equal((await client.GetEntryAsync(answer.PlayerId)).Score, score);
            }
        }

        private static async Task<JsonValue> Verdict(RankoraClient client, JsonValue body)
        {
            try
            {
                return await client.SendAsync("POST", "/leaderboard/entries", body);
            }
            catch (RankoraException error)
            {
                return Fixtures.Object("code", error.Code);
            }
        }

        private static string Local(Func<string> check)
        {
            try
            {
                return check();
            }
            catch (RankoraException error)
            {
                return error.Code;
            }
        }
    }
}
