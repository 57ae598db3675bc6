using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;

namespace Rankora.Tests
{
    /// <summary>What is packed.</summary>
    [Tests]
    internal static class PackageTests
    {
        // What has no place where there are no threads and no reflection: WebGL and ahead-of-time compilation.
        private static readonly string[] Forbidden =
        {
            "Task.Run", "Task.Delay", "Task.Yield", "Factory.StartNew(", "ContinueWith", "new Thread", "ThreadPool", "System.Threading.Timer",
            "Parallel.", "lock (", "Monitor.", "Interlocked", "RunContinuationsAsynchronously", "ConfigureAwait", ".Wait()", "System.Reflection",
            "Activator.", "dynamic ", "GetType().Get", "System.Linq.Expressions", "HttpClient", "WebRequest.Create", "unsafe "
        };

        public static void every_asset_has_a_meta_file_with_a_guid_of_its_own()
        {
            var guids = new Dictionary<string, string>();
            foreach (var asset in Metas.Assets())
            {
                var meta = Path.Combine(Metas.Package, asset + ".meta");
                Check.That(File.Exists(meta), asset + " has no .meta: `Tests~/run.sh metas` writes it");
                var guid = Metas.GuidIn(meta);
                Check.That(guid != null && Regex.IsMatch(guid, "^[0-9a-f]{32}$"), asset + " has no GUID");
                Check.That(!guids.ContainsKey(guid), asset + " has the GUID of another one");
                guids[guid] = asset;
            }
            Check.That(guids.Count > 30, "only " + guids.Count + " assets");
        }

        public static void no_meta_file_is_left_of_what_is_gone()
        {
            foreach (var meta in Files("*.meta").Where(path => !path.Contains("Tests~")))
            {
                var asset = meta.Substring(0, meta.Length - ".meta".Length);
                Check.That(File.Exists(asset) || Directory.Exists(asset), meta);
            }
        }

        public static void the_core_knows_nothing_of_the_engine_and_needs_neither_threads_nor_reflection()
        {
            foreach (var file in Files("*.cs").Where(path => !path.Contains("Tests~")))
            {
                var text = File.ReadAllText(file);
                foreach (var word in Forbidden) Check.That(!text.Contains(word), file + " has " + word);
                if (file.Contains("/Core/")) Check.That(!text.Contains("Unity"), file + " speaks of the engine");
            }
        }

        public static void a_component_is_in_a_file_of_its_name()
        {
            foreach (var file in Files("*.cs").Where(path => !path.Contains("Tests~")))
            {
                foreach (Match match in Regex.Matches(File.ReadAllText(file), @"class (\w+) : (MonoBehaviour|ScriptableObject|RankoraView)"))
                {
                    Check.Equal(Path.GetFileNameWithoutExtension(file), match.Groups[1].Value);
                }
            }
        }

        public static void the_manifest_is_complete()
        {
            var manifest = Read("package.json");
            Check.Equal(manifest["unity"].Text, "2021.3");
            var changelog = File.ReadAllText(Path.Combine(Metas.Package, "CHANGELOG.md"));
            Check.Equal(Regex.Match(changelog, @"^## (\S+)", RegexOptions.Multiline).Groups[1].Value, manifest["version"].Text);
            foreach (var sample in manifest["samples"].Items)
            {
                Check.That(Directory.Exists(Path.Combine(Metas.Package, sample["path"].Text)), sample["path"].Text);
            }
            // Parts of the engine, which the editor has.
            foreach (var dependency in manifest["dependencies"].Members) Check.That(dependency.Key.StartsWith("com.unity."), dependency.Key);
        }

        public static void assemblies_name_what_they_need_and_the_core_needs_nothing()
        {
            var core = Read("Runtime/Core/Rankora.Core.asmdef");
            Check.That(core["noEngineReferences"].Bool && core["references"].Items.Count == 0, "the core needs nothing");
            Check.Equal(string.Join(" ", Read("Editor/Rankora.Editor.asmdef")["includePlatforms"].Items.Select(one => one.Text)), "Editor");
            foreach (var file in Files("*.asmdef")) Check.Equal(Path.GetFileNameWithoutExtension(file), JsonValue.Parse(File.ReadAllText(file))["name"].Text);
        }

        private static IEnumerable<string> Files(string pattern)
        {
            return Directory.GetFiles(Metas.Package, pattern, SearchOption.AllDirectories);
        }

        private static JsonValue Read(string path)
        {
            return JsonValue.Parse(File.ReadAllText(Path.Combine(Metas.Package, path)));
        }
    }
}
