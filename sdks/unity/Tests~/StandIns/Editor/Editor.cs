using System;
using System.Collections.Generic;
using System.Linq;
using UnityEngine;
using Object = UnityEngine.Object;

namespace UnityEditor
{
    [AttributeUsage(AttributeTargets.Class)] public sealed class CustomEditor : Attribute { public CustomEditor(Type type) { } }

    [AttributeUsage(AttributeTargets.Method)]
    public sealed class MenuItem : Attribute
    {
        public MenuItem(string path) { }
        public MenuItem(string path, bool isValidate, int priority) { }
    }

    public sealed class MenuCommand
    {
        public Object context;
        public MenuCommand(Object context) { this.context = context; }
    }

    public class Editor : ScriptableObject
    {
        public Object target { get; set; }
        public virtual void OnInspectorGUI() { }
        public bool DrawDefaultInspector() { return false; }
        public void Repaint() { }
    }

    public enum MessageType { None, Info, Warning, Error }

    public static class EditorStyles
    {
        public static GUIStyle boldLabel = new GUIStyle();
        public static GUIStyle textField = new GUIStyle();
    }

    public static class EditorGUI
    {
        public sealed class DisabledScope : IDisposable
        {
            public DisabledScope(bool isDisabled) { }
            public void Dispose() { }
        }
    }

    public static class EditorGUILayout
    {
        /// <summary>What a test types.</summary>
        public static string Typed;

        public sealed class HorizontalScope : IDisposable
        {
            public HorizontalScope(params GUILayoutOption[] options) { }
            public void Dispose() { }
        }

        public static void Space() { }
        public static void LabelField(string text, GUIStyle style, params GUILayoutOption[] options) { GUILayout.Drawn.Add(text); }
        public static void HelpBox(string text, MessageType type) { GUILayout.Drawn.Add(type.ToString().ToLowerInvariant() + ": " + text); }
        public static void SelectableLabel(string text, GUIStyle style, params GUILayoutOption[] options) { GUILayout.Drawn.Add(text); }
        public static string TextField(string label, string text, params GUILayoutOption[] options) { return Typed ?? text; }
    }

    public static class EditorGUIUtility
    {
        public static float singleLineHeight => 18;
        public static string systemCopyBuffer { get; set; }
        public static void PingObject(Object target) { }
    }

    public static class EditorUtility
    {
        public static readonly List<string> Dialogs = new List<string>();
        public static void SetDirty(Object target) { }
        public static bool DisplayDialog(string title, string message, string ok) { Dialogs.Add(message); return true; }
    }

    public static class EditorApplication
    {
        public delegate void CallbackFunction();
        public static CallbackFunction update;
    }

    public static class Selection { public static Object activeObject { get; set; } }

    public static class Undo
    {
        public static void RecordObject(Object target, string name) { }
        public static void RegisterCreatedObjectUndo(Object target, string name) { }
    }

    public static class GameObjectUtility
    {
        public static void SetParentAndAlign(GameObject child, GameObject parent)
        {
            if (parent != null) child.transform.SetParent(parent.transform, false);
        }
    }

    /// <summary>Assets are what a test has put in <see cref="Engine.Assets"/>; a GUID here is a path.</summary>
    public static class AssetDatabase
    {
        public static readonly List<string> Folders = new List<string>();
        public static bool IsValidFolder(string path) { return Folders.Contains(path); }
        public static string CreateFolder(string parent, string name) { Folders.Add(parent + "/" + name); return name; }
        public static void SaveAssets() { }
        public static string GUIDToAssetPath(string guid) { return guid; }
        public static T LoadAssetAtPath<T>(string path) where T : Object { return Engine.Assets[path] as T; }
        public static string[] FindAssets(string filter) { return Engine.Assets.Where(asset => "t:" + asset.Value.GetType().Name == filter).Select(asset => asset.Key).ToArray(); }

        public static void CreateAsset(Object asset, string path)
        {
            Engine.Assets[System.IO.Path.GetFileNameWithoutExtension(path)] = asset;
        }
    }

    public enum StandaloneBuildSubtarget { Player, Server }

    public static class EditorUserBuildSettings { public static StandaloneBuildSubtarget standaloneBuildSubtarget { get; set; } }
}

namespace UnityEditor.Build
{
    public interface IOrderedCallback { int callbackOrder { get; } }
    public interface IPreprocessBuildWithReport : IOrderedCallback { void OnPreprocessBuild(Reporting.BuildReport report); }
}

namespace UnityEditor.Build.Reporting
{
    public class BuildReport { }
}
