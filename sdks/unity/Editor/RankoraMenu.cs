using Rankora.Unity;
using UnityEditor;
using UnityEngine;

namespace Rankora.Editor
{
    /// <summary>Where the settings and the components are found.</summary>
    internal static class RankoraMenu
    {
        private const string Folder = "Assets/Resources";
        private const string Path = Folder + "/" + RankoraSettings.DefaultName + ".asset";

        [MenuItem("Tools/Rankora/Settings")]
        public static void OpenSettings()
        {
            var settings = RankoraSettings.Default;
            if (settings == null)
            {
                settings = ScriptableObject.CreateInstance<RankoraSettings>();
                if (!AssetDatabase.IsValidFolder(Folder)) AssetDatabase.CreateFolder("Assets", "Resources");
                AssetDatabase.CreateAsset(settings, Path);
                AssetDatabase.SaveAssets();
            }
            Selection.activeObject = settings;
            EditorGUIUtility.PingObject(settings);
        }

        [MenuItem("GameObject/UI/Rankora/Leaderboard", false, 2100)]
        private static void AddLeaderboard(MenuCommand command)
        {
            Add<LeaderboardView>("Leaderboard", command);
        }

        [MenuItem("GameObject/UI/Rankora/Submit Score Panel", false, 2101)]
        private static void AddSubmitPanel(MenuCommand command)
        {
            Add<SubmitScorePanel>("Submit Score Panel", command);
        }

        [MenuItem("GameObject/UI/Rankora/Current Player", false, 2102)]
        private static void AddCurrentPlayer(MenuCommand command)
        {
            Add<CurrentPlayerView>("Current Player", command);
        }

        /// <summary>On a canvas it becomes a part of that; elsewhere it makes its own when the game plays.</summary>
        private static void Add<T>(string name, MenuCommand command) where T : RankoraView
        {
            var parent = command.context as GameObject;
            var isOnCanvas = parent != null && parent.GetComponentInParent<Canvas>() != null;
            var made = isOnCanvas ? new GameObject(name, typeof(RectTransform)) : new GameObject(name);
            made.AddComponent<T>();
            GameObjectUtility.SetParentAndAlign(made, parent);
            Undo.RegisterCreatedObjectUndo(made, "Create " + name);
            Selection.activeObject = made;
        }
    }
}
