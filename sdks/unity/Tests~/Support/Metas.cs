using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

namespace Rankora.Tests
{
    /// <summary>
    /// The .meta files that Unity keeps beside each asset. In a package they have to be there from the beginning, since
    /// Unity can't write into it, and their GUIDs must never change: scenes name scripts by them.
    /// </summary>
    internal static class Metas
    {
        public static readonly string Package = Environment.GetEnvironmentVariable("RANKORA_PACKAGE");

        /// <summary>What Unity imports, and what it imports of a sample; paths within the package.</summary>
        public static IEnumerable<string> Assets()
        {
            return Assets("").Concat(Assets("Samples~"));
        }

        /// <summary>Writes those that are missing.</summary>
        public static void Write()
        {
            foreach (var asset in Assets())
            {
                var path = Path.Combine(Package, asset + ".meta");
                if (File.Exists(path)) continue;
                File.WriteAllText(path, Text(asset));
                Console.WriteLine("written: " + asset + ".meta");
            }
        }

        public static string GuidIn(string meta)
        {
            var line = File.ReadAllLines(meta).FirstOrDefault(one => one.StartsWith("guid: "));
            return line == null ? null : line.Substring("guid: ".Length);
        }

        private static IEnumerable<string> Assets(string directory)
        {
            foreach (var path in Directory.GetFileSystemEntries(Path.Combine(Package, directory)).OrderBy(path => path, StringComparer.Ordinal))
            {
                var name = Path.GetFileName(path);
                // What Unity doesn't look at.
                if (name.EndsWith("~") || name.StartsWith(".") || name.EndsWith(".meta")) continue;
                var asset = directory.Length == 0 ? name : directory + "/" + name;
                yield return asset;
                if (!Directory.Exists(path)) continue;
                foreach (var inner in Assets(asset)) yield return inner;
            }
        }

        private static string Text(string asset)
        {
            const string End = "  userData: \n  assetBundleName: \n  assetBundleVariant: \n";
            var head = "fileFormatVersion: 2\nguid: " + NewGuid(asset) + "\n";
            if (Directory.Exists(Path.Combine(Package, asset))) return head + "folderAsset: yes\nDefaultImporter:\n  externalObjects: {}\n" + End;
            if (Path.GetFileName(asset) == "package.json") return head + "PackageManifestImporter:\n  externalObjects: {}\n" + End;
            switch (Path.GetExtension(asset))
            {
                case ".cs":
                    return head + "MonoImporter:\n  externalObjects: {}\n  serializedVersion: 2\n  defaultReferences: []\n" +
                        "  executionOrder: 0\n  icon: {instanceID: 0}\n" + End;
                case ".asmdef": return head + "AssemblyDefinitionImporter:\n  externalObjects: {}\n" + End;
                case ".md": return head + "TextScriptImporter:\n  externalObjects: {}\n" + End;
                default: return head + "DefaultImporter:\n  externalObjects: {}\n" + End;
            }
        }

        /// <summary>From the path, so that two people who add the same file give it the same.</summary>
        private static string NewGuid(string asset)
        {
            using (var md5 = MD5.Create())
            {
                var hash = md5.ComputeHash(Encoding.UTF8.GetBytes("com.rankora.sdk/" + asset));
                return string.Concat(hash.Select(part => part.ToString("x2")));
            }
        }
    }
}
