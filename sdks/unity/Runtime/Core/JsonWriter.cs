using System.Globalization;
using System.Text;

namespace Rankora
{
    /// <summary>Writes JSON.</summary>
    internal static class JsonWriter
    {
        public static string Write(JsonValue value)
        {
            var text = new StringBuilder();
            Write(text, value);
            return text.ToString();
        }

        private static void Write(StringBuilder to, JsonValue value)
        {
            switch (value.Kind)
            {
                case JsonKind.Bool:
                    to.Append(value.Bool ? "true" : "false");
                    break;
                case JsonKind.Number:
                    to.Append(value.Digits);
                    break;
                case JsonKind.Text:
                    WriteText(to, value.Text);
                    break;
                case JsonKind.Array:
                    WriteArray(to, value);
                    break;
                case JsonKind.Object:
                    WriteObject(to, value);
                    break;
                default:
                    to.Append("null");
                    break;
            }
        }

        private static void WriteArray(StringBuilder to, JsonValue value)
        {
            to.Append('[');
            for (var index = 0; index < value.Items.Count; index++)
            {
                if (index > 0) to.Append(',');
                Write(to, value.Items[index]);
            }
            to.Append(']');
        }

        private static void WriteObject(StringBuilder to, JsonValue value)
        {
            to.Append('{');
            for (var index = 0; index < value.Members.Count; index++)
            {
                if (index > 0) to.Append(',');
                WriteText(to, value.Members[index].Key);
                to.Append(':');
                Write(to, value.Members[index].Value);
            }
            to.Append('}');
        }

        private static void WriteText(StringBuilder to, string text)
        {
            to.Append('"');
            for (var index = 0; index < text.Length; index++)
            {
                var character = text[index];
                if (character == '"' || character == '\\') to.Append('\\').Append(character);
                else if (character < ' ' || IsHalfPair(text, index)) Escape(to, character);
                else to.Append(character);
            }
            to.Append('"');
        }

        private static void Escape(StringBuilder to, char character)
        {
            to.Append("\\u").Append(((int)character).ToString("x4", CultureInfo.InvariantCulture));
        }

        /// <summary>Whether a half of a surrogate pair stands alone: UTF-8 has none.</summary>
        internal static bool IsHalfPair(string text, int index)
        {
            if (char.IsHighSurrogate(text[index])) return index + 1 == text.Length || !char.IsLowSurrogate(text[index + 1]);
            return char.IsLowSurrogate(text[index]) && (index == 0 || !char.IsHighSurrogate(text[index - 1]));
        }
    }
}
