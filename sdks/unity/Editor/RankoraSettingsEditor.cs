using Rankora.Unity;
using UnityEditor;
using UnityEngine;

namespace Rankora.Editor
{
    /// <summary>The settings with a check of the key, and tools for the id of whoever plays in this editor.</summary>
    [CustomEditor(typeof(RankoraSettings))]
    internal sealed class RankoraSettingsEditor : UnityEditor.Editor
    {
        private readonly PlayerPrefsStorage storage = new PlayerPrefsStorage();
        private KeyCheck check;
        private string newId = "";

        public override void OnInspectorGUI()
        {
            var settings = (RankoraSettings)target;
            if (check == null) check = new KeyCheck(settings, Repaint);
            DrawDefaultInspector();
            EditorGUILayout.Space();
            DrawKey(settings);
            EditorGUILayout.Space();
            DrawPlayer();
        }

        private void DrawKey(RankoraSettings settings)
        {
            EditorGUILayout.LabelField("Key", EditorStyles.boldLabel);
            var problem = KeyCheck.ProblemOf(settings);
            if (problem != null) EditorGUILayout.HelpBox(problem, MessageType.Error);
            var warning = ApiKey.WarningOf(settings.Key.Trim());
            if (warning != null) EditorGUILayout.HelpBox(warning, MessageType.Warning);
            if (settings.Key.Trim().Length == 0)
            {
                EditorGUILayout.HelpBox("Without a key, a server of yours at this address has to put it in.", MessageType.Info);
            }
            using (new EditorGUI.DisabledScope(check.IsAsking || problem != null))
            {
                if (GUILayout.Button("Check key")) check.Ask();
            }
            if (check.Message.Length > 0) EditorGUILayout.HelpBox(check.Message, check.IsProblem ? MessageType.Error : MessageType.Info);
            if (check.Board == null) return;
            var keep = KeyCheck.KeepFor(check.Board.Policy);
            if (keep == settings.Keep && check.Board.SortOrder == settings.Order) return;
            EditorGUILayout.HelpBox("What waits offline is kept by another rule than the leaderboard's.", MessageType.Warning);
            if (GUILayout.Button("Take over the leaderboard's rule")) TakeOver(settings, keep);
        }

        private void TakeOver(RankoraSettings settings, QueueKeep keep)
        {
            Undo.RecordObject(settings, "Take over the leaderboard's rule");
            settings.Keep = keep;
            settings.Order = check.Board.SortOrder;
            EditorUtility.SetDirty(settings);
        }

        private void DrawPlayer()
        {
            EditorGUILayout.LabelField("Player in this editor", EditorStyles.boldLabel);
            var id = LocalPlayer.IdIn(storage);
            EditorGUILayout.SelectableLabel(id, EditorStyles.textField, GUILayout.Height(EditorGUIUtility.singleLineHeight));
            using (new EditorGUILayout.HorizontalScope())
            {
                if (GUILayout.Button("Copy")) EditorGUIUtility.systemCopyBuffer = id;
                if (GUILayout.Button("New player")) LocalPlayer.Change(storage);
            }
            newId = EditorGUILayout.TextField("Another player's id", newId);
            using (new EditorGUI.DisabledScope(newId.Trim().Length == 0))
            {
                if (GUILayout.Button("Become this player")) Become(newId.Trim());
            }
        }

        private void Become(string id)
        {
            try
            {
                LocalPlayer.Change(storage, id);
                newId = "";
            }
            catch (RankoraException error)
            {
                EditorUtility.DisplayDialog("Rankora", error.Message, "OK");
            }
        }
    }
}
