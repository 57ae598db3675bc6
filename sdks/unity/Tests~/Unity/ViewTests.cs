using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Rankora.Unity;
using UnityEngine;
using UnityEngine.EventSystems;
using UnityEngine.Networking;
using UnityEngine.UI;

namespace Rankora.Tests
{
    /// <summary>The components against a real server, on stand-ins of the engine.</summary>
    [Tests]
    internal static class ViewTests
    {
        private static Loop Loop => Program.Loop;
        private static Server Server => Program.Server;

        public static async Task one_component_on_an_empty_object_shows_a_live_leaderboard()
        {
            var board = await Server.NewBoard(",\"score_format\":\"time\"");
            var writer = Server.Client(board.Secret);
            await writer.SubmitAsync("Ada", 83.25);
            Use(board.Publishable);
            var home = new GameObject("Empty");
            var view = home.AddComponent<LeaderboardView>();
            view.enabled = false;
            view.Rows = 3;
            view.enabled = true;
            Check.Equal(Texts(home).Last(), "Connecting…");
            await Loop.Until("it is shown", () => Texts(home).SequenceEqual(new[] { "Test board", "#1", "Ada", "1:23.250" }));
            Check.That(home.transform.GetChild(0).GetComponent<Canvas>() != null, "it has a canvas of its own");
            Check.That(EventSystem.current != null, "buttons can be pressed");
            await writer.SubmitAsync("Bob", 90);
            await writer.SubmitAsync("Cyd", 1.5, RankoraSession.Default.PlayerId);
            await writer.SubmitAsync("Dee", 0.5);
            await Loop.Until("it follows", () => string.Join(" ", Texts(home)) == "Test board #1 Bob 1:30.000 #2 Ada 1:23.250 #3 Cyd 0:01.500");
            var colours = Rows(home).Select(row => row.GetComponent<Image>().color.a).ToArray();
            Check.That(colours[2] == view.Theme.ownRow.a && colours[0] == view.Theme.row.a && colours[1] == view.Theme.otherRow.a, "the player's own row stands out");
            await writer.RemoveAsync(RankoraSession.Default.PlayerId);
            await Loop.Until("a row goes", () => Texts(home).Contains("Dee") && !Texts(home).Contains("Cyd"));
            await Gone(home);
        }

        public static async Task on_a_canvas_it_fills_the_object_that_it_is_on()
        {
            Use((await Server.NewBoard()).Publishable);
            var canvas = new GameObject("Canvas", typeof(RectTransform), typeof(Canvas));
            var home = new GameObject("Place", typeof(RectTransform));
            home.transform.SetParent(canvas.transform, false);
            home.AddComponent<LeaderboardView>();
            var panel = (RectTransform)home.transform.GetChild(0);
            Check.That(panel.GetComponent<Canvas>() == null && panel.GetComponent<Image>() != null, "it needs no other canvas");
            Check.Equal(panel.anchorMax, Vector2.one);
            await Loop.Until("nobody is there", () => Texts(home).Contains("Nobody is here yet."));
            await Gone(canvas);
        }

        public static async Task who_is_refused_is_told_so_and_can_try_again()
        {
            var board = await Server.NewBoard();
            var settings = Use("rk_pub_" + new string('x', 39));
            var home = new GameObject("Empty");
            home.AddComponent<LeaderboardView>();
            await Loop.Until("it is stopped", () => Texts(home).Contains("The leaderboard can't be shown."));
            Check.That(Texts(home).Contains("Try again"), "there is a button");
            await Server.Client(board.Secret).SubmitAsync("Ada", 1);
            RankoraSession.For(settings).Client.Options.Key = board.Publishable;
            Press(home);
            await Loop.Until("it is shown", () => Texts(home).Contains("Ada") && !Texts(home).Contains("Try again"));
            await Gone(home);
        }

        public static async Task a_panel_checks_the_name_submits_and_tells_the_rank()
        {
            var board = await Server.NewBoard();
            await Server.Client(board.Secret).SubmitAsync("Bob", 20);
            Use(board.Secret);
            var home = new GameObject("Empty");
            var panel = home.AddComponent<SubmitScorePanel>();
            var told = 0;
            panel.OnDone.AddListener(() => told++);
            panel.Show(1234.5, new Metadata { ["level"] = 3 });
            var input = All<InputField>(home).Single();
            input.text = "<b>";
            Check.That(Texts(home).Contains("3 to 50 letters, digits, spaces, _ and -"), "it says what is wrong");
            Debug.Said.Clear();
            Press(home);
            Check.Equal(told + Debug.Said.Count, 0);
            input.text = " Ada ";
            Check.That(Texts(home).Contains("1,234.5"), "the score is shown");
            Press(home);
            await Loop.Until("it is submitted", () => Texts(home).Contains("You are 1 of 2."));
            Check.Equal(told, 1);
            var entry = await Server.Client(board.Secret).GetEntryAsync(RankoraSession.Default.PlayerId);
            Check.Equal(entry.Name + entry.Score + entry.Metadata, "Ada1234.5{\"level\":3}");
            await Gone(home);
            // The name is known the next time.
            home = new GameObject("Empty");
            home.AddComponent<SubmitScorePanel>();
            Check.Equal(All<InputField>(home).Single().text, " Ada ");
            await Gone(home);
        }

        public static async Task a_panel_whose_key_may_not_write_says_so()
        {
            Use((await Server.NewBoard()).Publishable);
            var home = new GameObject("Empty");
            home.AddComponent<SubmitScorePanel>();
            All<InputField>(home).Single().text = "Ada";
            Press(home);
            await Loop.Until("it is refused", () => Texts(home).Contains("The score was not taken."));
            Check.That(Debug.Said.Last().Contains("forbidden"), "the log says why");
            await Gone(home);
        }

        public static async Task what_is_submitted_offline_is_sent_when_the_network_is_back()
        {
            var board = await Server.NewBoard();
            Use(board.Secret);
            var home = new GameObject("Empty");
            home.AddComponent<SubmitScorePanel>().Show(7);
            All<InputField>(home).Single().text = "Ada";
            Server.Kill();
            Press(home);
            await Loop.Until("it waits", () => Texts(home).Contains("Kept. It is sent as soon as there is a connection."));
            // Each failure doubles the pause: by itself it is not sent any more while this waits.
            for (var time = 0; time < 5; time++) await RankoraSession.Default.Queue.FlushAsync();
            Server.Restart();
            Application.internetReachability = NetworkReachability.NotReachable;
            await Loop.Scheduler.Delay(0.05, System.Threading.CancellationToken.None);
            Application.internetReachability = NetworkReachability.ReachableViaCarrierDataNetwork;
            await Loop.Until("it is sent", () => RankoraSession.Default.Queue.Pending.Count == 0);
            Check.Equal((await Server.Client(board.Secret).GetEntryAsync(RankoraSession.Default.PlayerId)).Score, 7);
            await Gone(home);
        }

        public static async Task the_player_s_own_rank_is_shown_and_an_entry_that_is_lost_comes_back()
        {
            var board = await Server.NewBoard();
            Use(board.Secret);
            var home = new GameObject("Empty");
            var view = home.AddComponent<CurrentPlayerView>();
            await Loop.Until("there is none", () => Texts(home).Contains("No score yet"));
            Check.Equal(view.Entry, null);
            await RankoraSession.Default.Queue.SubmitAsync("Ada", 10);
            await Loop.Until("it is shown", () => string.Join(" ", Texts(home)) == "#1 Ada 10");
            await Server.Client(board.Secret).SubmitAsync("Bob", 20);
            await Loop.Until("it falls", () => Texts(home).Contains("#2"));
            await Server.Manage("everything", "POST", "/leaderboards/" + board.Id + "/reset", "{}");
            await Loop.Until("it is lost, and comes back", () => string.Join(" ", Texts(home)) == "#1 Ada 10");
            Check.Equal(view.Entry.Score, 10);
            await Gone(home);
        }

        public static async Task without_settings_it_says_what_to_do_and_breaks_nothing()
        {
            Engine.Assets.Clear();
            Debug.Said.Clear();
            var home = new GameObject("Empty");
            home.AddComponent<LeaderboardView>();
            Check.That(Debug.Said.Single().StartsWith("error: Rankora has no settings yet"), string.Join("\n", Debug.Said));
            Use(" ");
            ((RankoraSettings)Engine.Assets["RankoraSettings"]).BaseUrl = "";
            home.AddComponent<CurrentPlayerView>();
            Check.That(Debug.Said.Last().Contains("where the server is"), Debug.Said.Last());
            await Gone(home);
        }

        public static async Task an_address_that_is_none_is_an_error_like_another()
        {
            var settings = Use("rk_pub_x");
            settings.BaseUrl = "nowhere";
            var error = await Check.Refused(RankoraSession.For(settings).Client.GetLeaderboardAsync(new RequestOptions { Retries = 0 }), "network");
            Check.That(error.Message.Length > 30, error.Message);
            Check.Equal(UnityWebRequest.Open, 0);
        }

        public static async Task a_coroutine_can_wait()
        {
            Use((await Server.NewBoard()).Publishable);
            foreach (var fails in new[] { false, true })
            {
                var asking = fails ? RankoraSession.Default.Client.GetUsageAsync() : (Task)RankoraSession.Default.Client.ListAsync();
                var waiting = asking.AsCoroutine();
                var frames = 0;
                while (waiting.MoveNext())
                {
                    frames++;
                    await Loop.Scheduler.Delay(0.001, System.Threading.CancellationToken.None);
                }
                Check.That(frames > 0, "it takes some frames");
                Check.Equal(asking.Error() == null ? null : asking.Error().Code, fails ? "forbidden" : null);
            }
        }

        public static async Task a_secret_key_in_a_player_s_hands_is_an_error_in_its_log()
        {
            Debug.Said.Clear();
            Use("rk_sec_x");
            Check.Equal(RankoraSession.Default.Settings.Key, "rk_sec_x");
            Check.That(Debug.Said.Single().StartsWith("error: Rankora: THIS BUILD CONTAINS A SECRET KEY"), string.Join("\n", Debug.Said));
            await Loop.Yield();
        }

        public static async Task the_sample_screen_has_all_three_of_them()
        {
            var board = await Server.NewBoard();
            Use(board.Secret);
            var home = new GameObject("Empty");
            var screen = home.AddComponent<LeaderboardScreen>();
            Engine.Send(screen, "Start");
            All<InputField>(home).Single().text = "Ada";
            Press(home.transform.GetChild(2).gameObject);
            await Loop.Until("it is submitted and shown", () => Texts(home).Count(text => text == "Ada") >= 2 && Texts(home).Contains("You are 1 of 1."));
            await Gone(home);
        }

        public static async Task the_places_of_the_three_do_not_overlap_on_a_wide_and_on_a_high_screen()
        {
            Use((await Server.NewBoard()).Publishable);
            var home = new GameObject("Empty");
            Engine.Send(home.AddComponent<LeaderboardScreen>(), "Start");
            var panels = All<VerticalLayoutGroup>(home).Select(part => (RectTransform)part.transform).Where(part => part.sizeDelta.x > 0).ToArray();
            Check.Equal(panels.Length, 3);
            foreach (var screen in new[] { new Vector2(1280, 720), new Vector2(720, 1280) })
            {
                foreach (var one in panels)
                {
                    foreach (var other in panels.Where(other => other != one))
                    {
                        var isApart = Gap(one.anchorMin.x, one.anchoredPosition.x, one.sizeDelta.x, other.anchorMin.x, other.anchoredPosition.x, other.sizeDelta.x, screen.x) >= 0 ||
                            Gap(one.anchorMin.y, one.anchoredPosition.y, one.sizeDelta.y, other.anchorMin.y, other.anchoredPosition.y, other.sizeDelta.y, screen.y) >= 0;
                        Check.That(isApart, one.gameObject.name + " and " + other.gameObject.name + " on " + screen);
                    }
                }
            }
            await Gone(home);
        }

        /// <summary>Between two spans with pivots at their anchors; negative where they overlap.</summary>
        private static float Gap(float anchor, float position, float size, float otherAnchor, float otherPosition, float otherSize, float screen)
        {
            float start = anchor * screen + position - anchor * size, otherStart = otherAnchor * screen + otherPosition - otherAnchor * otherSize;
            return Math.Max(otherStart - (start + size), start - (otherStart + otherSize));
        }

        /// <summary>New settings, in place of those before.</summary>
        internal static RankoraSettings Use(string key)
        {
            var settings = ScriptableObject.CreateInstance<RankoraSettings>();
            settings.name = "RankoraSettings " + Guid.NewGuid();
            settings.BaseUrl = Server.BaseUrl;
            settings.Key = key;
            Engine.Assets["RankoraSettings"] = settings;
            PlayerPrefs.DeleteAll();
            return settings;
        }

        private static IEnumerable<string> Texts(GameObject home)
        {
            return All<Text>(home).Where(text => text.gameObject.activeInHierarchy && text.text.Length > 0 && text.gameObject.name != "Placeholder").Select(text => text.text).ToArray();
        }

        private static IEnumerable<GameObject> Rows(GameObject home)
        {
            return All<LayoutElement>(home).Select(part => part.gameObject).Where(part => part.name.StartsWith("Row") && part.activeInHierarchy);
        }

        private static IEnumerable<T> All<T>(GameObject home)
        {
            var found = home.GetComponent<T>();
            if (found != null) yield return found;
            for (var index = 0; index < home.transform.childCount; index++)
            {
                foreach (var inner in All<T>(home.transform.GetChild(index).gameObject)) yield return inner;
            }
        }

        private static void Press(GameObject home)
        {
            All<Button>(home).Single(button => button.gameObject.activeInHierarchy && button.interactable).onClick.Invoke();
        }

        /// <summary>Takes it away; then nothing is asked any more.</summary>
        private static async Task Gone(GameObject home)
        {
            UnityEngine.Object.Destroy(home);
            await Loop.Until("all requests are ended", () => UnityWebRequest.Open == 0);
        }
    }
}
