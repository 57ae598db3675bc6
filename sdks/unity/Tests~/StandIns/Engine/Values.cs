using System;
using System.Collections.Generic;

namespace UnityEngine
{
    public struct Vector2
    {
        public float x, y;
        public Vector2(float x, float y) { this.x = x; this.y = y; }
        public static Vector2 zero => new Vector2(0, 0);
        public static Vector2 one => new Vector2(1, 1);
        public override string ToString() { return "(" + x + ", " + y + ")"; }
    }

    public struct Color
    {
        public float r, g, b, a;
        public Color(float r, float g, float b) : this(r, g, b, 1) { }
        public Color(float r, float g, float b, float a) { this.r = r; this.g = g; this.b = b; this.a = a; }
        public static Color white => new Color(1, 1, 1);
    }

    public class RectOffset
    {
        public RectOffset(int left, int right, int top, int bottom) { }
    }

    public class Font : Object { }
    public class Sprite : Object { }
    public enum TextAnchor { UpperLeft, UpperCenter, UpperRight, MiddleLeft, MiddleCenter, MiddleRight, LowerLeft, LowerCenter, LowerRight }
    public enum HorizontalWrapMode { Wrap, Overflow }
    public enum VerticalWrapMode { Truncate, Overflow }
    public enum RenderMode { ScreenSpaceOverlay, ScreenSpaceCamera, WorldSpace }
    public enum NetworkReachability { NotReachable, ReachableViaCarrierDataNetwork, ReachableViaLocalAreaNetwork }
    public enum RuntimeInitializeLoadType { AfterSceneLoad, BeforeSceneLoad, AfterAssembliesLoaded, BeforeSplashScreen, SubsystemRegistration }

    public class Canvas : Behaviour { public RenderMode renderMode { get; set; } }

    public class CanvasGroup : Behaviour
    {
        public float alpha { get; set; }
        public bool interactable { get; set; }
        public bool blocksRaycasts { get; set; }
    }

    public static class Application
    {
        public static bool isPlaying = true;
        public static bool isEditor = false;
        public static NetworkReachability internetReachability = NetworkReachability.ReachableViaLocalAreaNetwork;
    }

    public static class Debug
    {
        public static readonly List<string> Said = new List<string>();
        public static void Log(object message) { Said.Add("log: " + message); }
        public static void LogWarning(object message) { Said.Add("warning: " + message); }
        public static void LogError(object message) { Said.Add("error: " + message); }
        public static void LogError(object message, Object context) { LogError(message); }
        public static void LogException(Exception error) { Said.Add("exception: " + error); }
    }

    public static class PlayerPrefs
    {
        private static readonly Dictionary<string, string> Kept = new Dictionary<string, string>();
        public static bool HasKey(string key) { return Kept.ContainsKey(key); }
        public static string GetString(string key) { return GetString(key, ""); }
        public static string GetString(string key, string otherwise) { return Kept.ContainsKey(key) ? Kept[key] : otherwise; }
        public static void SetString(string key, string value) { Kept[key] = value; }
        public static void Save() { }
        public static void DeleteAll() { Kept.Clear(); }
    }

    public static class Resources
    {
        public static T Load<T>(string path) where T : Object
        {
            Object found;
            return Engine.Assets.TryGetValue(path, out found) ? found as T : null;
        }

        public static T GetBuiltinResource<T>(string path) where T : Object, new()
        {
            if (path != "Arial.ttf") throw new ArgumentException("there is no built-in resource " + path);
            return new T();
        }
    }

    [AttributeUsage(AttributeTargets.Field)] public sealed class SerializeField : Attribute { }
    [AttributeUsage(AttributeTargets.Field)] public sealed class TooltipAttribute : Attribute { public TooltipAttribute(string text) { } }
    [AttributeUsage(AttributeTargets.Field)] public sealed class HeaderAttribute : Attribute { public HeaderAttribute(string text) { } }
    [AttributeUsage(AttributeTargets.Field)] public sealed class RangeAttribute : Attribute { public RangeAttribute(float min, float max) { } }
    [AttributeUsage(AttributeTargets.Field)] public sealed class MinAttribute : Attribute { public MinAttribute(float min) { } }
    [AttributeUsage(AttributeTargets.Class)] public sealed class AddComponentMenu : Attribute { public AddComponentMenu(string path) { } }
    [AttributeUsage(AttributeTargets.Class)] public sealed class DisallowMultipleComponent : Attribute { }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class CreateAssetMenuAttribute : Attribute
    {
        public string menuName { get; set; }
        public string fileName { get; set; }
    }

    [AttributeUsage(AttributeTargets.Method)]
    public sealed class RuntimeInitializeOnLoadMethodAttribute : Attribute
    {
        public RuntimeInitializeOnLoadMethodAttribute(RuntimeInitializeLoadType type) { }
    }
}

namespace UnityEngine.Events
{
    public delegate void UnityAction();
    public delegate void UnityAction<T>(T value);

    [Serializable]
    public class UnityEvent
    {
        private UnityAction listeners;
        public void AddListener(UnityAction listener) { listeners += listener; }
        public void Invoke() { if (listeners != null) listeners(); }
    }

    [Serializable]
    public class UnityEvent<T>
    {
        private UnityAction<T> listeners;
        public void AddListener(UnityAction<T> listener) { listeners += listener; }
        public void Invoke(T value) { if (listeners != null) listeners(value); }
    }
}
