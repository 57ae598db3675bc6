using System.Collections;
using System.Collections.Generic;

namespace Rankora
{
    /// <summary>
    /// What a game keeps with an entry: up to 10 texts, numbers and truths under keys of 1 to 32 characters.
    /// <code>new Metadata { ["level"] = 12, ["hero"] = "Ünal", ["hard"] = true }</code>
    /// </summary>
    public sealed class Metadata : IEnumerable<KeyValuePair<string, JsonValue>>
    {
        private readonly List<KeyValuePair<string, JsonValue>> members = new List<KeyValuePair<string, JsonValue>>();

        /// <summary>Submitted, it removes what is there.</summary>
        public static Metadata Cleared => new Metadata();

        /// <summary>How many values.</summary>
        public int Count => members.Count;

        /// <summary>A value; <see cref="JsonValue.Null"/> where there is none.</summary>
        public JsonValue this[string key]
        {
            get
            {
                var index = IndexOf(key);
                return index < 0 ? JsonValue.Null : members[index].Value;
            }
            set
            {
                var member = new KeyValuePair<string, JsonValue>(key, value ?? JsonValue.Null);
                var index = IndexOf(key);
                if (index < 0) members.Add(member);
                else members[index] = member;
            }
        }

        /// <summary>All of them, in order.</summary>
        public IEnumerator<KeyValuePair<string, JsonValue>> GetEnumerator()
        {
            return members.GetEnumerator();
        }

        IEnumerator IEnumerable.GetEnumerator()
        {
            return GetEnumerator();
        }

        /// <summary>As JSON.</summary>
        public override string ToString()
        {
            return ToJson().ToString();
        }

        internal JsonValue ToJson()
        {
            return new JsonValue(new List<KeyValuePair<string, JsonValue>>(members));
        }

        /// <summary>Null where there is none.</summary>
        internal static Metadata Of(JsonValue json)
        {
            if (json.Kind != JsonKind.Object) return null;
            var metadata = new Metadata();
            foreach (var member in json.Members) metadata[member.Key] = member.Value;
            return metadata;
        }

        private int IndexOf(string key)
        {
            return members.FindIndex(member => member.Key == key);
        }
    }
}
