using System;
using System.Collections.Generic;

namespace Rankora
{
    /// <summary>What a <see cref="JsonValue"/> is.</summary>
    public enum JsonKind
    {
        /// <summary>null, and what isn't there.</summary>
        Null,
        /// <summary>true or false.</summary>
        Bool,
        /// <summary>A number.</summary>
        Number,
        /// <summary>A text.</summary>
        Text,
        /// <summary>An array.</summary>
        Array,
        /// <summary>An object.</summary>
        Object
    }

    /// <summary>A JSON value. Numbers keep the digits that they came with.</summary>
    public sealed class JsonValue
    {
        private static readonly List<JsonValue> Nothing = new List<JsonValue>();
        private static readonly List<KeyValuePair<string, JsonValue>> NoMembers = new List<KeyValuePair<string, JsonValue>>();

        /// <summary>null.</summary>
        // Behind what its constructor needs.
        public static readonly JsonValue Null = new JsonValue(JsonKind.Null);

        private readonly bool truth;
        private readonly double number;
        private readonly string text;
        private readonly List<JsonValue> items = Nothing;
        private readonly List<KeyValuePair<string, JsonValue>> members = NoMembers;

        private JsonValue(JsonKind kind)
        {
            Kind = kind;
        }

        internal JsonValue(bool truth) : this(JsonKind.Bool)
        {
            this.truth = truth;
        }

        /// <param name="number">Its value.</param>
        /// <param name="digits">As it came; written anew where null.</param>
        internal JsonValue(double number, string digits) : this(JsonKind.Number)
        {
            this.number = number;
            text = digits;
        }

        internal JsonValue(string text) : this(JsonKind.Text)
        {
            this.text = text;
        }

        internal JsonValue(List<JsonValue> items) : this(JsonKind.Array)
        {
            this.items = items;
        }

        internal JsonValue(List<KeyValuePair<string, JsonValue>> members) : this(JsonKind.Object)
        {
            this.members = members;
        }

        /// <summary>What it is.</summary>
        public JsonKind Kind { get; private set; }

        /// <summary>Whether it is null, or isn't there.</summary>
        public bool IsNull => Kind == JsonKind.Null;

        /// <summary>True where it is true, and false where it is anything else.</summary>
        public bool Bool => truth;

        /// <summary>The number; 0 where it is none. An infinity where no double is as large.</summary>
        public double Number => number;

        /// <summary>The text; null where it is none.</summary>
        public string Text => Kind == JsonKind.Text ? text : null;

        /// <summary>What an array holds; nothing where it is none.</summary>
        public IReadOnlyList<JsonValue> Items => items;

        /// <summary>What an object holds, in order; nothing where it is none.</summary>
        public IReadOnlyList<KeyValuePair<string, JsonValue>> Members => members;

        /// <summary>The member of this name: <see cref="Null"/> where there is none.</summary>
        public JsonValue this[string name]
        {
            get
            {
                // Of members with the same name, the last one counts.
                for (var index = members.Count - 1; index >= 0; index--)
                {
                    if (members[index].Key == name) return members[index].Value;
                }
                return Null;
            }
        }

        internal string Digits => text ?? ExactNumber.Write(number);

        /// <summary>Whether an object has a member of this name.</summary>
        public bool Has(string name)
        {
            foreach (var member in members)
            {
                if (member.Key == name) return true;
            }
            return false;
        }

        /// <summary>Reads a text that is JSON.</summary>
        /// <exception cref="FormatException">It isn't.</exception>
        public static JsonValue Parse(string json)
        {
            return new JsonReader(json).ReadAll();
        }

        /// <summary>Reads a text; null where it isn't JSON.</summary>
        public static JsonValue TryParse(string json)
        {
            try
            {
                return json == null ? null : Parse(json);
            }
            catch (FormatException)
            {
                return null;
            }
        }

        /// <summary>The value as JSON.</summary>
        public override string ToString()
        {
            return JsonWriter.Write(this);
        }

        /// <summary>A text, or null.</summary>
        public static implicit operator JsonValue(string text)
        {
            return text == null ? Null : new JsonValue(text);
        }

        /// <summary>A number. One that is not finite has no JSON, and is refused where it is checked.</summary>
        public static implicit operator JsonValue(double number)
        {
            return new JsonValue(number, null);
        }

        /// <summary>true or false.</summary>
        public static implicit operator JsonValue(bool truth)
        {
            return new JsonValue(truth);
        }
    }
}
