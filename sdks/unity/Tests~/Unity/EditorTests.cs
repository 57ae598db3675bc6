using System.Linq;
using System.Threading.Tasks;
using Rankora.Editor;
using Rankora.Unity;
using UnityEditor;
using UnityEngine;

namespace Rankora.Tests
{
    /// <summary>The inspector and the menu, on stand-ins of the editor.</summary>
    [Tests]
    internal static class EditorTests
    {
        private static Server Server => Program.Server;

        public static async Task the_inspector_asks_which_leaderboard_a_key_opens_outside_of_play_as_well()
        {
            var board = await Server.NewBoard(",\"policy\":\"sum\",\"sort_order\":\"asc\"");
            await Server.Client(board.Secret).SubmitAsync("Ada", 1);
            var settings = ViewTests.Use(board.Publishable);
            var inspector = new RankoraSettingsEditor { target = settings };
            Draw(inspector, "Check key");
            Check.That(EditorApplication.update != null, "time passes while it asks");
            await Program.Loop.Until("it is told", () => Draw(inspector).Contains("The key opens \"Test board\": 1 players, numbers, the lowest first, policy sum."));
            Check.That(EditorApplication.update == null, "and no longer");
            Check.That(Draw(inspector).Contains("[Take over the leaderboard's rule]"), "it can be taken over");
            Draw(inspector, "Take over the leaderboard's rule");
            Check.Equal(settings.Keep + " " + settings.Order, "All Asc");
            Check.That(!Draw(inspector).Contains("another rule"), "now it is the same");
        }

        public static async Task the_inspector_sees_what_is_wrong_and_says_what_the_server_says()
        {
            var board = await Server.NewBoard();
            var settings = ViewTests.Use(board.Publishable.Substring(0, 30) + (board.Publishable[30] == 'x' ? 'y' : 'x') + board.Publishable.Substring(31));
            var inspector = new RankoraSettingsEditor { target = settings };
            Check.That(Draw(inspector).Contains("error: The key has a typing error."), "it is seen before it is asked");
            settings.Key = "";
            Check.That(Draw(inspector).Contains("info: Without a key"), "a server in between may have it");
            settings.Key = "rk_sec_x";
            Check.That(Draw(inspector).Contains("warning: Rankora: THIS BUILD CONTAINS A SECRET KEY"), "it is warned of");
            settings.Key = board.Publishable;
            foreach (var address in new[] { "", "scores.example.org", "ftp://scores.example.org", Server.BaseUrl + "/api/v1/" })
            {
                settings.BaseUrl = address;
                Check.That(Draw(inspector).Contains("error: The address"), address);
            }
            settings.BaseUrl = Server.BaseUrl;
            await Server.Manage("everything", "DELETE", "/leaderboards/" + board.Id + "/keys/" + board.PublishableId);
            Draw(inspector, "Check key");
            await Program.Loop.Until("it is refused", () => Draw(inspector).Contains("(unauthorized)"));
        }

        public static void the_player_in_the_editor_can_be_another_one()
        {
            const string Ada = "67e55044-10b1-426f-9247-bb680e5fe0c8";
            var inspector = new RankoraSettingsEditor { target = ViewTests.Use("rk_pub_x") };
            var first = LocalPlayer.IdIn(new PlayerPrefsStorage());
            Draw(inspector, "Copy");
            Check.Equal(EditorGUIUtility.systemCopyBuffer, first);
            Draw(inspector, "New player");
            Check.That(!Draw(inspector).Contains(first), "it is another one");
            EditorGUILayout.Typed = Ada;
            Draw(inspector, "Become this player");
            EditorGUILayout.Typed = null;
            Check.That(Draw(inspector).Contains(Ada), "it is that one");
            EditorGUILayout.Typed = "nobody";
            Draw(inspector, "Become this player");
            EditorGUILayout.Typed = null;
            Check.Equal(EditorUtility.Dialogs.Single(), "The player_id must be a UUID");
        }

        public static void the_menu_makes_the_settings_once()
        {
            Engine.Assets.Clear();
            RankoraMenu.OpenSettings();
            var made = RankoraSettings.Default;
            Check.That(made != null && Selection.activeObject == made && AssetDatabase.Folders.Single() == "Assets/Resources", "they are there");
            RankoraMenu.OpenSettings();
            Check.That(RankoraSettings.Default == made, "they are the same");
        }

        public static void a_build_for_players_with_a_secret_key_is_an_error_in_the_log()
        {
            Engine.Assets.Clear();
            ViewTests.Use("rk_sec_x");
            Check.Equal(SaidByBuild(StandaloneBuildSubtarget.Server), 0);
            Check.Equal(SaidByBuild(StandaloneBuildSubtarget.Player), 1);
            Check.That(Debug.Said.Single().Contains("SECRET KEY") && Debug.Said.Single().Contains("RankoraSettings"), Debug.Said.Single());
            ViewTests.Use("rk_pub_x");
            Check.Equal(SaidByBuild(StandaloneBuildSubtarget.Player), 0);
        }

        private static int SaidByBuild(StandaloneBuildSubtarget target)
        {
            Debug.Said.Clear();
            EditorUserBuildSettings.standaloneBuildSubtarget = target;
            new SecretKeyBuildCheck().OnPreprocessBuild(null);
            return Debug.Said.Count;
        }

        /// <summary>Draws it, with a button pressed where one is named; what is drawn.</summary>
        private static string Draw(RankoraSettingsEditor inspector, string pressed = null)
        {
            GUILayout.Drawn.Clear();
            if (pressed != null) GUILayout.Pressed.Add(pressed);
            inspector.OnInspectorGUI();
            Check.That(GUILayout.Pressed.Count == 0, "there is a button " + pressed);
            return string.Join("\n", GUILayout.Drawn);
        }
    }
}
