using System.Collections.Generic;

namespace UnityEngine
{
    public class GUIStyle { }
    public class GUILayoutOption { }

    public static class GUILayout
    {
        /// <summary>The buttons of this drawing that a test presses, and those that were drawn.</summary>
        public static readonly HashSet<string> Pressed = new HashSet<string>();
        public static readonly List<string> Drawn = new List<string>();

        public static bool Button(string text, params GUILayoutOption[] options)
        {
            Drawn.Add("[" + text + "]");
            return Pressed.Remove(text);
        }

        public static GUILayoutOption Height(float height) { return new GUILayoutOption(); }
    }
}
