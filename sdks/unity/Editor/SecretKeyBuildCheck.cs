using Rankora.Unity;
using UnityEditor;
using UnityEditor.Build;
using UnityEditor.Build.Reporting;
using UnityEngine;

namespace Rankora.Editor
{
    /// <summary>Says loudly that a build for players will contain a secret key.</summary>
    internal sealed class SecretKeyBuildCheck : IPreprocessBuildWithReport
    {
        public int callbackOrder => 0;

        public void OnPreprocessBuild(BuildReport report)
        {
            if (EditorUserBuildSettings.standaloneBuildSubtarget == StandaloneBuildSubtarget.Server) return;
            foreach (var guid in AssetDatabase.FindAssets("t:" + nameof(RankoraSettings)))
            {
                var path = AssetDatabase.GUIDToAssetPath(guid);
                var settings = AssetDatabase.LoadAssetAtPath<RankoraSettings>(path);
                var warning = settings == null ? null : ApiKey.WarningOf(settings.Key.Trim());
                if (warning != null) Debug.LogError(warning + " It is in " + path + ".", settings);
            }
        }
    }
}
