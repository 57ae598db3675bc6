using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;

namespace Rankora.Tests
{
    /// <summary>The fixtures in sdks/contract, as its README describes them.</summary>
    internal static class Fixtures
    {
        /// <summary>What stands for a placeholder in an answer that a test gives.</summary>
        private static readonly Dictionary<string, string> Values = new Dictionary<string, string>
        {
            { "<uuid>", "\"67e55044-10b1-426f-9247-bb680e5fe0c8\"" },
            { "<handle>", "\"h-4f1c\"" },
            { "<time>", "\"2025-07-21T19:22:47.782875+00:00\"" },
            { "<instant>", "\"2025-07-21T19:22:47.782Z\"" },
            { "<text>", "\"Some text\"" },
            { "<count>", "7" },
            { "<seconds>", "\"40\"" }
        };

        /// <summary>What a placeholder stands for.</summary>
        private static readonly Dictionary<string, string> Forms = new Dictionary<string, string>
        {
            { "<uuid>", "^\"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\"$" },
            { "<handle>", "^\".+\"$" },
            { "<time>", @"^""\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00""$" },
            { "<text>", "^\".+\"$" },
            { "<count>", @"^\d+$" }
        };

        /// <summary>Each scenario with the name of its file.</summary>
        public static IEnumerable<KeyValuePair<string, JsonValue>> Scenarios()
        {
            var directory = Environment.GetEnvironmentVariable("RANKORA_FIXTURES");
            foreach (var path in Directory.GetFiles(directory, "*.json").OrderBy(path => path, StringComparer.Ordinal))
            {
                foreach (var scenario in JsonValue.Parse(File.ReadAllText(path))["scenarios"].Items)
                {
                    var name = Path.GetFileName(path) + ": " + scenario["name"].Text;
                    yield return new KeyValuePair<string, JsonValue>(name, scenario);
                }
            }
        }

        /// <summary>An answer with values in the place of the placeholders. Rows of different players have different handles.</summary>
        public static string Filled(JsonValue said)
        {
            var text = Values.Aggregate(said.ToString(), (all, value) => all.Replace("\"" + value.Key + "\"", value.Value));
            return Regex.Replace(text, "\"id\":\"h-4f1c\",\"name\":\"(...)", "\"id\":\"$1\",\"name\":\"$1");
        }

        /// <summary>Whether a value is what a fixture says, placeholders included.</summary>
        public static bool Fit(JsonValue found, JsonValue said)
        {
            string form;
            if (said.Text != null && Forms.TryGetValue(said.Text, out form)) return Regex.IsMatch(found.ToString(), form);
            if (found.Kind != said.Kind) return false;
            if (said.Kind == JsonKind.Number) return found.Number.Equals(said.Number);
            if (said.Kind == JsonKind.Array)
            {
                return found.Items.Count == said.Items.Count && !said.Items.Where((item, index) => !Fit(found.Items[index], item)).Any();
            }
            if (said.Kind == JsonKind.Object)
            {
                return found.Members.Count == said.Members.Count && said.Members.All(member => found.Has(member.Key) && Fit(found[member.Key], member.Value));
            }
            return found.ToString() == said.ToString();
        }

        public static JsonValue Object(params object[] namesAndValues)
        {
            var members = new List<KeyValuePair<string, JsonValue>>();
            for (var index = 0; index < namesAndValues.Length; index += 2)
            {
                var value = namesAndValues[index + 1];
                var json = value as JsonValue ?? (value is int ? (int)value : value is double ? (double)value : value is bool ? (JsonValue)(bool)value : (string)value);
                members.Add(new KeyValuePair<string, JsonValue>((string)namesAndValues[index], json));
            }
            return new JsonValue(members);
        }
    }
}
