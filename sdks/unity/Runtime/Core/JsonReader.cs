using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Rankora
{
    /// <summary>Reads JSON, all of RFC 8259 and nothing else.</summary>
    internal sealed class JsonReader
    {
        // A text must not be able to use up the stack.
        private const int MaxDepth = 64;

        private readonly string text;
        private int place;
        private int depth;

        public JsonReader(string text)
        {
            this.text = text;
        }

        public JsonValue ReadAll()
        {
            var value = ReadValue();
            SkipSpace();
            if (place < text.Length) throw Broken();
            return value;
        }

        private JsonValue ReadValue()
        {
            SkipSpace();
            switch (Peek())
            {
                case '{': return ReadObject();
                case '[': return ReadArray();
                case '"': return new JsonValue(ReadText());
                case 't': return ReadWord("true", new JsonValue(true));
                case 'f': return ReadWord("false", new JsonValue(false));
                case 'n': return ReadWord("null", JsonValue.Null);
                default: return ReadNumber();
            }
        }

        private JsonValue ReadObject()
        {
            Enter();
            var members = new List<KeyValuePair<string, JsonValue>>();
            if (!Takes('}'))
            {
                do
                {
                    SkipSpace();
                    if (Peek() != '"') throw Broken();
                    var name = ReadText();
                    if (!Takes(':')) throw Broken();
                    members.Add(new KeyValuePair<string, JsonValue>(name, ReadValue()));
                }
                while (Takes(','));
                if (!Takes('}')) throw Broken();
            }
            depth--;
            return new JsonValue(members);
        }

        private JsonValue ReadArray()
        {
            Enter();
            var items = new List<JsonValue>();
            if (!Takes(']'))
            {
                do
                {
                    items.Add(ReadValue());
                }
                while (Takes(','));
                if (!Takes(']')) throw Broken();
            }
            depth--;
            return new JsonValue(items);
        }

        private string ReadText()
        {
            place++;
            var read = new StringBuilder();
            for (;;)
            {
                var character = Next();
                if (character == '"') return read.ToString();
                if (character < ' ') throw Broken();
                read.Append(character == '\\' ? ReadEscape() : character);
            }
        }

        private char ReadEscape()
        {
            var character = Next();
            switch (character)
            {
                case '"':
                case '\\':
                case '/': return character;
                case 'b': return '\b';
                case 'f': return '\f';
                case 'n': return '\n';
                case 'r': return '\r';
                case 't': return '\t';
                case 'u': break;
                default: throw Broken();
            }
            ushort code;
            if (place + 4 > text.Length) throw Broken();
            var hex = text.Substring(place, 4);
            if (!ushort.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out code)) throw Broken();
            place += 4;
            return (char)code;
        }

        private JsonValue ReadWord(string word, JsonValue value)
        {
            if (string.CompareOrdinal(text, place, word, 0, word.Length) != 0) throw Broken();
            place += word.Length;
            return value;
        }

        private JsonValue ReadNumber()
        {
            var start = place;
            if (Peek() == '-') place++;
            if (Peek() == '0') place++;
            else SkipDigits();
            if (Peek() == '.')
            {
                place++;
                SkipDigits();
            }
            if (Peek() == 'e' || Peek() == 'E')
            {
                place++;
                if (Peek() == '+' || Peek() == '-') place++;
                SkipDigits();
            }
            var digits = text.Substring(start, place - start);
            return new JsonValue(ExactNumber.Read(digits), digits);
        }

        private void SkipDigits()
        {
            var start = place;
            while (Peek() >= '0' && Peek() <= '9') place++;
            if (place == start) throw Broken();
        }

        private void SkipSpace()
        {
            while (place < text.Length && " \t\n\r".IndexOf(text[place]) >= 0) place++;
        }

        private void Enter()
        {
            place++;
            if (++depth > MaxDepth) throw Broken();
        }

        private bool Takes(char character)
        {
            SkipSpace();
            if (Peek() != character) return false;
            place++;
            return true;
        }

        private char Peek()
        {
            return place < text.Length ? text[place] : '\0';
        }

        private char Next()
        {
            if (place == text.Length) throw Broken();
            return text[place++];
        }

        private FormatException Broken()
        {
            return new FormatException("No JSON from character " + place + " on");
        }
    }
}
