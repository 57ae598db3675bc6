using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;

namespace Rankora.Tests
{
    [Tests]
    internal static class QueueTests
    {
        private const string Ada = "67e55044-10b1-426f-9247-bb680e5fe0c8";
        private const string Bob = "0b5fd1c4-3a0e-4cb8-9f0c-6a2d8a5b7e11";
        private const string Cyd = "3e8a2f6b-91d7-4c05-8b4e-d2c7a1f09b33";

        public static async Task what_can_be_sent_is_sent_at_once()
        {
            var storage = new MemoryStorage();
            var server = new Answering(Answering.Accepting);
            var queue = Of(server, new QueueOptions { Storage = storage });
            Check.Equal((await queue.SubmitAsync("Ada", 5)).Rank, 1);
            Check.Equal(queue.Pending.Count, 0);
            Check.Equal(server.Bodies.First()["player_id"].Text, LocalPlayer.IdIn(storage));
        }

        public static async Task what_cannot_be_sent_waits_and_is_sent_in_order_each_under_its_own_key()
        {
            var storage = new MemoryStorage();
            var offline = new Answering(Answering.Unreachable);
            var first = Of(offline, new QueueOptions { Storage = storage });
            Check.Equal(await first.SubmitAsync(Score("Ada", 1, Ada)), null);
            Check.Equal(await first.SubmitAsync(Score("Bob", 2, Bob)), null);
            first.Dispose();

            var online = new Answering(Answering.Accepting);
            var second = Of(online, new QueueOptions { Storage = storage });
            var accepted = "";
            second.Accepted += (answer, submission) => accepted += submission.Name + answer.Score;
            await Program.Loop.Until("it is sent by itself", () => accepted == "Ada1Bob2");
            Check.Equal(online.Keys.First(), offline.Keys.First());
            Check.That(online.Keys.Distinct().Count() == 2, "each has its own key");
            Check.Equal(second.Pending.Count, 0);
        }

        public static async Task of_a_player_the_latest_waits_with_the_metadata_that_would_be_kept_under_a_new_key()
        {
            var server = new Answering(Answering.Unreachable);
            var queue = Of(server);
            await queue.SubmitAsync(Score("Ada", 9, Ada, 1));
            await queue.SubmitAsync(Score("Bob", 5, Bob));
            await queue.SubmitAsync(Score("Ada L", 7, Ada.ToUpperInvariant()));
            Check.Equal(Waiting(queue), "Bob 5 null, Ada L 7 {\"run\":1}");
            Check.Equal(server.Keys.Distinct().Count(), 2);
        }

        public static async Task of_a_player_the_best_waits_in_either_order_with_the_newest_name()
        {
            foreach (var order in new[] { SortOrder.Desc, SortOrder.Asc })
            {
                var server = new Answering(Answering.Unreachable);
                var queue = Of(server, new QueueOptions { Keep = QueueKeep.Best, Order = order });
                await queue.SubmitAsync(Score("Ada", 8, Ada, 1));
                await queue.SubmitAsync(Score("Ada B", 9, Ada, 2));
                await queue.SubmitAsync(Score("Ada C", 7, Ada, 3));
                Check.Equal(Waiting(queue), order == SortOrder.Desc ? "Ada C 9 {\"run\":2}" : "Ada C 7 {\"run\":3}");
                // Each is another text, which under an old key would be refused.
                Check.Equal(server.Keys.Distinct().Count(), 3);
            }
        }

        public static async Task where_scores_are_added_up_all_of_them_wait()
        {
            var queue = Of(new Answering(Answering.Unreachable), new QueueOptions { Keep = QueueKeep.All });
            foreach (var score in new[] { 1, 2, 3 }) await queue.SubmitAsync(Score("Ada", score, Ada));
            Check.Equal(Waiting(queue), "Ada 1 null, Ada 2 null, Ada 3 null");
        }

        public static async Task no_more_wait_than_there_is_room_for_and_the_oldest_are_told_of()
        {
            var queue = Of(new Answering(Answering.Unreachable), new QueueOptions { Limit = 2 });
            var refused = "";
            queue.Refused += (error, submission) => refused += error.Code + " " + submission.Name;
            foreach (var player in new[] { Ada, Bob, Cyd }) await queue.SubmitAsync(Score("P " + player.Substring(0, 2), 1, player));
            Check.Equal(Waiting(queue), "P 0b 1 null, P 3e 1 null");
            Check.Equal(refused, "queue_full P 67");
        }

        public static async Task what_the_server_refuses_is_told_and_does_not_hold_up_the_others()
        {
            var server = new Answering(Answering.Unreachable, Answering.Unreachable, Answering.Refusal(400, "plan_limit"), Answering.Accepting);
            var queue = Of(server);
            var refused = "";
            queue.Refused += (error, submission) => refused += error.Code + " " + submission.Name;
            await queue.SubmitAsync(Score("Ada", 1, Ada));
            await queue.SubmitAsync(Score("Bob", 1, Bob));
            await queue.FlushAsync();
            Check.Equal(refused, "plan_limit Ada");
            Check.Equal(queue.Pending.Count, 0);
            var alone = Of(new Answering(Answering.Refusal(400, "plan_limit")));
            await Check.Refused(alone.SubmitAsync("Ada", 1), "plan_limit");
            await Check.Refused(alone.SubmitAsync("a.b", 1), "invalid_name");
            Check.Equal(alone.Pending.Count, 0);
        }

        public static async Task a_key_that_is_refused_is_told_and_nothing_is_lost()
        {
            var queue = Of(new Answering(Answering.Refusal(401, "unauthorized"), Answering.Accepting));
            await Check.Refused(queue.SubmitAsync("Ada", 1), "unauthorized");
            Check.Equal(queue.Pending.Count, 1);
            await queue.FlushAsync();
            Check.Equal(queue.Pending.Count, 0);
        }

        public static async Task retry_after_is_waited_for_before_what_waits_is_sent_by_itself()
        {
            var server = new Answering(Answering.Refusal(429, "rate_limited", "retry-after", "1"), Answering.Accepting);
            var queue = Of(server);
            var isAccepted = false;
            queue.Accepted += (answer, submission) => isAccepted = true;
            Check.Equal(await queue.SubmitAsync("Ada", 1), null);
            await Program.Loop.Until("it is accepted", () => isAccepted);
            Check.That(server.AskedAt[1] - server.AskedAt[0] >= 1, "a second is waited");
        }

        public static async Task submissions_at_the_same_time_all_get_their_own_answers()
        {
            var server = new Answering(Answering.Accepting);
            var queue = Of(server, new QueueOptions { Keep = QueueKeep.All });
            var answers = await Task.WhenAll(new[] { 1, 2, 3, 4 }.Select(score => queue.SubmitAsync(Score("Ada", score, Ada))));
            Check.Equal(answers.Select(answer => answer.Score), new[] { 1.0, 2, 3, 4 });
            Check.Equal(server.Asked.Count, 4, "each is sent once: what is sent");
        }

        public static async Task a_storage_that_is_full_broken_or_empty_keeps_nothing_from_being_sent_later()
        {
            var stale = new BadStorage { Content = "{\"waiting\":[],\"accepted\":[]}", IsFull = true };
            foreach (var storage in new[] { new BadStorage { IsFull = true }, stale, new BadStorage { Content = "{not JSON" }, new BadStorage { Content = "[1]" } })
            {
                var server = new Answering(Answering.Unreachable, Answering.Accepting);
                var queue = Of(server, new QueueOptions { Storage = storage });
                Check.Equal(await queue.SubmitAsync(Score("Ada", 1, Ada)), null);
                Check.Equal(queue.Pending.Count, 1);
                await queue.FlushAsync();
                Check.Equal(server.Asked.Count, 2);
                Check.Equal(queue.Pending.Count, 0);
            }
        }

        public static async Task an_entry_that_the_leaderboard_has_lost_is_submitted_anew()
        {
            var entry = Answering.Json("{\"player_id\":\"" + Ada + "\",\"score\":15,\"rank\":1}");
            var server = new Answering(Answering.Json("{\"success\":true,\"score\":15,\"rank\":1}"), Answering.Refusal(404, "not_found"), Answering.Accepting, entry);
            var queue = Of(server);
            await queue.SubmitAsync(Score("Ada", 10, Ada, 2));
            Check.Equal((await queue.GetEntryAsync(Ada)).Rank, 1);
            // The score that the leaderboard had made of it, under a key that has no answer yet.
            Check.Equal(server.Asked[2].Body, "{\"name\":\"Ada\",\"score\":15,\"player_id\":\"" + Ada + "\",\"metadata\":{\"run\":2}}");
            Check.That(server.Asked[0].Headers["Idempotency-Key"] != server.Asked[2].Headers["Idempotency-Key"], "it has a new key");
            await Check.Refused(Of(new Answering(Answering.Refusal(404, "not_found"))).GetEntryAsync(Bob), "not_found");
        }

        public static async Task a_lost_entry_is_made_by_what_waits_for_the_player_where_something_does()
        {
            var entry = Answering.Json("{\"player_id\":\"" + Ada + "\",\"score\":20,\"rank\":1}");
            var server = new Answering(Answering.Accepting, Answering.Unreachable, Answering.Refusal(404, "not_found"), Answering.Accepting, entry);
            var queue = Of(server);
            await queue.SubmitAsync(Score("Ada", 10, Ada));
            Check.Equal(await queue.SubmitAsync(Score("Ada", 20, Ada)), null);
            Check.Equal((await queue.GetEntryAsync(Ada)).Score, 20);
            Check.Equal(JsonValue.Parse(server.Asked[3].Body)["score"].Number, 20);
        }

        public static async Task what_a_game_s_listener_throws_is_reported_and_stops_nothing()
        {
            var reported = "";
            var queue = Of(new Answering(Answering.Accepting), null, error => reported += error.Message);
            queue.Accepted += (answer, submission) => { throw new Exception("the game's own"); };
            Check.Equal((await queue.SubmitAsync("Ada", 1)).Rank, 1);
            Check.Equal(reported, "the game's own");
        }

        public static void a_player_keeps_one_id_and_storages_that_fail_keep_nobody_from_playing()
        {
            var storage = new MemoryStorage();
            var id = LocalPlayer.IdIn(storage);
            Check.Equal(Rules.CheckPlayerId(id), id);
            Check.Equal(LocalPlayer.IdIn(storage), id);
            Check.That(LocalPlayer.Change(storage) != id && LocalPlayer.IdIn(storage) != id, "it is another player");
            LocalPlayer.Change(storage, Ada.ToUpperInvariant());
            Check.Equal(LocalPlayer.IdIn(storage), Ada);
            var broken = new BadStorage { IsFull = true };
            Check.Equal(LocalPlayer.IdIn(broken), LocalPlayer.IdIn(broken));
            storage.Set("rankora.player", "no id");
            Check.That(LocalPlayer.IdIn(storage) != "no id", "what is no id is none");
            Check.Equal(LocalPlayer.IdIn(storage), LocalPlayer.IdIn(storage));
        }

        public static async Task what_waits_keeps_its_numbers_exactly()
        {
            var storage = new MemoryStorage();
            var queue = Of(new Answering(Answering.Unreachable), new QueueOptions { Storage = storage, Keep = QueueKeep.All });
            var scores = new[] { 0.1 + 0.2, Math.Pow(2, 60), double.MaxValue, 5e-324, -1e-7 };
            foreach (var score in scores) await queue.SubmitAsync(Score("Ada", score, Ada));
            queue.Dispose();
            var next = Of(new Answering(Answering.Unreachable), new QueueOptions { Storage = storage });
            Check.Equal(next.Pending.Select(one => one.Score), scores);
        }

        private static SubmissionQueue Of(ITransport transport, QueueOptions options = null, Action<Exception> report = null)
        {
            var client = new RankoraClient(new RankoraOptions
            {
                BaseUrl = "https://scores.example.org",
                Key = "rk_sec_x",
                Transport = transport,
                Scheduler = Program.Loop.Scheduler,
                Report = report ?? (error => { throw error; })
            });
            return new SubmissionQueue(client, options);
        }

        private static Submission Score(string name, double score, string player, int run = 0)
        {
            return new Submission(name, score) { PlayerId = player, Metadata = run == 0 ? null : new Metadata { ["run"] = run } };
        }

        private static string Waiting(SubmissionQueue queue)
        {
            return string.Join(", ", queue.Pending.Select(one => one.Name + " " + one.Score + " " + ((object)one.Metadata ?? "null")));
        }

        private sealed class BadStorage : IStorage
        {
            public string Content;
            public bool IsFull;

            public string Get(string name)
            {
                return name == "rankora.player" ? null : Content;
            }

            public void Set(string name, string value)
            {
                if (IsFull) throw new Exception("full");
            }
        }
    }
}
