using System;
using System.Globalization;
using System.Text;

namespace Rankora
{
    /// <summary>
    /// The server's rules, so that a form can say at once what is wrong. What these let through the server may still
    /// refuse; what they refuse it would refuse too.
    /// </summary>
    public static class Rules
    {
        private const int MinNameCharacters = 3;
        private const int MaxNameCharacters = 50;
        private const int MaxKeys = 10;
        private const int MaxKeyCharacters = 32;
        private const int MaxValueCharacters = 64;
        // White space as the server trims it; `Trim` would take more on some runtimes, and less on others.
        private const string OuterSpace =
            "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000";
        private const int UuidDigits = 32;
        private static readonly bool Composes = CanCompose();

        /// <summary>The name as the server will keep it, trimmed and composed.</summary>
        /// <exception cref="RankoraException"><c>invalid_name</c></exception>
        public static string CheckName(string name)
        {
            if (name == null) throw RankoraException.Invalid("name", "The name must be a string");
            var normal = Compose(name.Trim(OuterSpace.ToCharArray()));
            var length = Characters(normal);
            // Where it can't be composed here, it may get shorter on the server.
            var isKnown = Composes || IsAscii(normal);
            if (length < MinNameCharacters || (length > MaxNameCharacters && isKnown))
            {
                throw RankoraException.Invalid("name", "The name must have 3 to 50 characters");
            }
            for (var index = 0; index < normal.Length; index++)
            {
                if (!MayBeInNames(normal, index))
                {
                    var code = CodePoint(normal, index).ToString("X4", CultureInfo.InvariantCulture);
                    const string Allowed = "The name may have letters, digits, spaces, _ and - only";
                    throw RankoraException.Invalid("name", Allowed + ", not U+" + code);
                }
                if (char.IsSurrogatePair(normal, index)) index++;
            }
            return normal;
        }

        /// <summary>The score.</summary>
        /// <exception cref="RankoraException"><c>invalid_score</c></exception>
        public static double CheckScore(double score)
        {
            if (IsFinite(score)) return score;
            throw RankoraException.Invalid("score", "The score must be a finite number");
        }

        /// <summary>The metadata; empty where it is null, which clears what is there.</summary>
        /// <exception cref="RankoraException"><c>invalid_metadata</c></exception>
        public static Metadata CheckMetadata(JsonValue metadata)
        {
            if (metadata.IsNull) return Metadata.Cleared;
            if (metadata.Kind != JsonKind.Object) throw RankoraException.Invalid("metadata", "The metadata must be an object");
            var checkedValues = Metadata.Of(metadata);
            if (checkedValues.Count > MaxKeys)
            {
                throw RankoraException.Invalid("metadata", "The metadata may have at most " + MaxKeys + " keys");
            }
            foreach (var member in checkedValues)
            {
                if (member.Key.Length == 0 || Characters(member.Key) > MaxKeyCharacters || HasHalfPair(member.Key))
                {
                    throw RankoraException.Invalid("metadata", "A metadata key must have 1 to " + MaxKeyCharacters + " characters");
                }
                if (!IsValue(member.Value))
                {
                    var kinds = "a string, a finite number or a boolean, of at most " + MaxValueCharacters + " characters";
                    throw RankoraException.Invalid("metadata", "The metadata value of \"" + member.Key + "\" must be " + kinds);
                }
            }
            return checkedValues;
        }

        /// <summary>The player's id in lower case.</summary>
        /// <exception cref="RankoraException"><c>invalid_player_id</c></exception>
        public static string CheckPlayerId(string playerId)
        {
            if (playerId != null && IsUuid(playerId)) return playerId.ToLowerInvariant();
            throw RankoraException.Invalid("player_id", "The player_id must be a UUID");
        }

        private static bool IsUuid(string text)
        {
            var hasHyphens = text.Length == UuidDigits + 4;
            if (!hasHyphens && text.Length != UuidDigits) return false;
            for (var index = 0; index < text.Length; index++)
            {
                var isHyphen = hasHyphens && (index == 8 || index == 13 || index == 18 || index == 23);
                if (isHyphen ? text[index] != '-' : !IsHexDigit(text[index])) return false;
            }
            return true;
        }

        private static bool IsHexDigit(char character)
        {
            return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'f') || (character >= 'A' && character <= 'F');
        }

        private static string Compose(string text)
        {
            if (!Composes) return text;
            try
            {
                return text.Normalize(NormalizationForm.FormC);
            }
            catch (ArgumentException)
            {
                // Half a surrogate pair, which is refused by what it is.
                return text;
            }
        }

        // Players may come without the tables for it: then it throws, or does nothing.
        private static bool CanCompose()
        {
            try
            {
                return "e\u0301".Normalize(NormalizationForm.FormC) == "\u00e9";
            }
            catch (Exception)
            {
                return false;
            }
        }

        private static bool IsAscii(string text)
        {
            foreach (var character in text)
            {
                if (character > '\u007f') return false;
            }
            return true;
        }

        private static bool MayBeInNames(string text, int index)
        {
            var character = text[index];
            if (character == ' ' || character == '_' || character == '-') return true;
            // Asked for the whole pair; half a pair is of a category that is refused.
            switch (CharUnicodeInfo.GetUnicodeCategory(text, index))
            {
                case UnicodeCategory.UppercaseLetter:
                case UnicodeCategory.LowercaseLetter:
                case UnicodeCategory.TitlecaseLetter:
                case UnicodeCategory.ModifierLetter:
                case UnicodeCategory.OtherLetter:
                case UnicodeCategory.NonSpacingMark:
                case UnicodeCategory.SpacingCombiningMark:
                case UnicodeCategory.EnclosingMark:
                case UnicodeCategory.DecimalDigitNumber:
                // One that this runtime's Unicode doesn't know may be a letter by now: the server decides.
                case UnicodeCategory.OtherNotAssigned:
                    return true;
                default:
                    return false;
            }
        }

        private static int CodePoint(string text, int index)
        {
            return char.IsSurrogatePair(text, index) ? char.ConvertToUtf32(text, index) : text[index];
        }

        /// <summary>Unicode scalar values, which the server counts.</summary>
        private static int Characters(string text)
        {
            var count = 0;
            for (var index = 0; index < text.Length; index++)
            {
                if (index == 0 || !char.IsSurrogatePair(text, index - 1)) count++;
            }
            return count;
        }

        private static bool HasHalfPair(string text)
        {
            for (var index = 0; index < text.Length; index++)
            {
                if (JsonWriter.IsHalfPair(text, index)) return true;
            }
            return false;
        }

        private static bool IsValue(JsonValue value)
        {
            if (value.Kind == JsonKind.Text) return Characters(value.Text) <= MaxValueCharacters && !HasHalfPair(value.Text);
            if (value.Kind == JsonKind.Number) return IsFinite(value.Number) && PlainLength(value.Number) <= MaxValueCharacters;
            return value.Kind == JsonKind.Bool;
        }

        private static bool IsFinite(double number)
        {
            return !double.IsNaN(number) && !double.IsInfinity(number);
        }

        /// <summary>Characters of a number as the server writes it, without an exponent; exact where that is long.</summary>
        private static int PlainLength(double value)
        {
            var size = Math.Abs(value);
            if (size == 0) return 1;
            var sign = value < 0 ? 1 : 0;
            // The server writes `.0` behind whole numbers beyond 2^63.
            if (size >= 1) return sign + ExactNumber.WholeDigits(size) + 2;
            int point;
            var digits = ExactNumber.Digits(size, out point);
            return sign + 2 - point + digits.Length;
        }
    }
}
