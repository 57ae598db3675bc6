using System;
using System.Text;

namespace Rankora
{
    /// <summary>
    /// Numbers as text and back, exactly. What the runtimes have differs: older ones lose the last digits, and some
    /// throw where a number is too large.
    /// </summary>
    internal static class ExactNumber
    {
        /// <summary>2^53: from here on a double has fewer digits than the whole number that it stands for.</summary>
        public const double FirstRounded = 9007199254740992;

        private const int MinExponent = -1074;
        private const long HiddenBit = 1L << 52;
        // More digits than any double needs to be told from its neighbours.
        private const int EnoughDigits = 800;

        /// <summary>The number as JSON, in the fewest digits that stand for it and no other.</summary>
        public static string Write(double value)
        {
            if (value == 0) return "0";
            int point;
            var digits = Digits(Math.Abs(value), out point);
            var sign = value < 0 ? "-" : "";
            // Whole numbers beyond are refused by the server where their digits are more than a double has. An
            // exponent says them exactly.
            if (Math.Abs(value) >= FirstRounded || point < -5)
            {
                var fraction = digits.Length > 1 ? "." + digits.Substring(1) : "";
                var power = point - 1;
                return sign + digits[0] + fraction + (power < 0 ? "e-" : "e+") + Math.Abs(power);
            }
            return sign + Plain(digits, point);
        }

        /// <summary>The number without an exponent, from what <see cref="Digits"/> gave.</summary>
        public static string Plain(string digits, int point)
        {
            if (point <= 0) return "0." + new string('0', -point) + digits;
            if (point >= digits.Length) return digits + new string('0', point - digits.Length);
            return digits.Substring(0, point) + "." + digits.Substring(point);
        }

        /// <summary>
        /// The fewest digits for a positive number: 0.DIGITS times ten to the power of <paramref name="point"/>. By
        /// Steele's and White's algorithm, with Dragon4's rounding.
        /// </summary>
        public static string Digits(double value, out int point)
        {
            long mantissa;
            int exponent;
            Split(BitConverter.DoubleToInt64Bits(value), out mantissa, out exponent);
            // The gap below a power of two is half as wide.
            var isNarrowBelow = mantissa == HiddenBit && exponent > MinExponent;
            var rest = new Natural((ulong)mantissa).ShiftLeft(isNarrowBelow ? 2 : 1);
            var unit = new Natural(isNarrowBelow ? 4ul : 2ul);
            var above = new Natural(isNarrowBelow ? 2ul : 1ul);
            var below = new Natural(1);
            if (exponent >= 0)
            {
                foreach (var part in new[] { rest, above, below }) part.ShiftLeft(exponent);
            }
            else
            {
                unit.ShiftLeft(-exponent);
            }
            point = (int)Math.Ceiling(Math.Log10(value) - 1e-10);
            unit.MultiplyByPowerOfTen(point);
            foreach (var part in new[] { rest, above, below }) part.MultiplyByPowerOfTen(-point);
            // Who reads a number half way between two takes the even one: then the bounds belong to it.
            var bound = mantissa % 2 == 0 ? 0 : 1;
            if (rest.Copy().Add(above).CompareTo(unit) >= bound)
            {
                point++;
            }
            else
            {
                foreach (var part in new[] { rest, above, below }) part.MultiplyAdd(10);
            }
            var digits = new StringBuilder();
            for (;;)
            {
                var digit = 0;
                for (; rest.CompareTo(unit) >= 0; digit++) rest.Subtract(unit);
                var isEnough = rest.CompareTo(below) <= -bound;
                var isEnoughAbove = rest.Copy().Add(above).CompareTo(unit) >= bound;
                if (!isEnough && !isEnoughAbove)
                {
                    digits.Append((char)('0' + digit));
                    foreach (var part in new[] { rest, above, below }) part.MultiplyAdd(10);
                    continue;
                }
                var isUp = isEnoughAbove && (!isEnough || rest.MultiplyAdd(2).CompareTo(unit) >= 0);
                return digits.Append((char)('0' + digit + (isUp ? 1 : 0))).ToString();
            }
        }

        /// <summary>How many digits a number of 1 or more has in front of its point, when all of them are written.</summary>
        public static int WholeDigits(double value)
        {
            int point;
            Digits(value, out point);
            long mantissa;
            int exponent;
            Split(BitConverter.DoubleToInt64Bits(value), out mantissa, out exponent);
            // The fewest digits that stand for it may have been rounded up to the next power of ten.
            var exact = new Natural((ulong)mantissa).ShiftLeft(Math.Max(exponent, 0));
            var rounded = new Natural(1).MultiplyByPowerOfTen(point - 1).ShiftLeft(Math.Max(-exponent, 0));
            return exact.CompareTo(rounded) < 0 ? point - 1 : point;
        }

        /// <summary>The double that is nearest to a number in JSON; an infinity where it is too large.</summary>
        public static double Read(string text)
        {
            var isNegative = text[0] == '-';
            var digits = new StringBuilder();
            var power = 0;
            var index = isNegative ? 1 : 0;
            var isFraction = false;
            for (; index < text.Length && text[index] != 'e' && text[index] != 'E'; index++)
            {
                if (text[index] == '.')
                {
                    isFraction = true;
                    continue;
                }
                if (isFraction) power--;
                if (digits.Length > 0 || text[index] != '0') digits.Append(text[index]);
            }
            if (index < text.Length) power += ReadExponent(text, index + 1);
            while (digits.Length > 0 && digits[digits.Length - 1] == '0')
            {
                digits.Length--;
                power++;
            }
            if (digits.Length > EnoughDigits)
            {
                // What is cut off is not nothing.
                power += digits.Length - EnoughDigits - 1;
                digits.Length = EnoughDigits;
                digits.Append('1');
            }
            var size = Nearest(digits.ToString(), power);
            return isNegative ? -size : size;
        }

        private static int ReadExponent(string text, int index)
        {
            var isNegative = text[index] == '-';
            if (isNegative || text[index] == '+') index++;
            var exponent = 0;
            for (; index < text.Length; index++) exponent = Math.Min(exponent * 10 + text[index] - '0', 1000000);
            return isNegative ? -exponent : exponent;
        }

        private static double Nearest(string digits, int power)
        {
            if (digits.Length == 0 || digits.Length + power < -330) return 0;
            if (digits.Length + power > 310) return double.PositiveInfinity;
            ulong leading = 0;
            var taken = Math.Min(digits.Length, 15);
            for (var index = 0; index < taken; index++) leading = leading * 10 + (ulong)(digits[index] - '0');
            // Both are exact, and so their quotient or product is the nearest.
            if (taken == digits.Length && power >= -22 && power <= 22)
            {
                return power < 0 ? leading / PowerOfTen(-power) : leading * PowerOfTen(power);
            }
            var exact = new Natural(0);
            foreach (var digit in digits) exact.MultiplyAdd(10, (uint)(digit - '0'));
            return Walk(exact, power, Estimate(leading, digits.Length - taken + power));
        }

        private static double PowerOfTen(int power)
        {
            var value = 1.0;
            for (; power > 0; power--) value *= 10;
            return value;
        }

        private static long Estimate(double leading, int power)
        {
            // In two steps, since neither end of the range has all powers.
            var half = power / 2;
            var estimate = leading * Math.Pow(10, half) * Math.Pow(10, power - half);
            return BitConverter.DoubleToInt64Bits(Math.Min(estimate, double.MaxValue));
        }

        /// <summary>Goes from one double to its neighbour until the nearest is found.</summary>
        private static double Walk(Natural exact, int power, long bits)
        {
            for (;;)
            {
                var above = CompareToMiddle(exact, power, bits);
                if (above > 0 || (above == 0 && bits % 2 != 0))
                {
                    bits++;
                    if (double.IsInfinity(BitConverter.Int64BitsToDouble(bits))) return double.PositiveInfinity;
                    continue;
                }
                if (bits == 0) return 0;
                var below = CompareToMiddle(exact, power, bits - 1);
                if (below > 0 || (below == 0 && bits % 2 == 0)) return BitConverter.Int64BitsToDouble(bits);
                bits--;
            }
        }

        /// <summary>Compares with the middle between a double and the next greater one.</summary>
        private static int CompareToMiddle(Natural exact, int power, long bits)
        {
            long mantissa;
            int exponent;
            Split(bits, out mantissa, out exponent);
            var left = exact.Copy().MultiplyByPowerOfTen(power);
            var right = new Natural((ulong)mantissa * 2 + 1).MultiplyByPowerOfTen(-power);
            if (exponent > 0) right.ShiftLeft(exponent - 1);
            else left.ShiftLeft(1 - exponent);
            return left.CompareTo(right);
        }

        private static void Split(long bits, out long mantissa, out int exponent)
        {
            var stored = (int)((bits >> 52) & 0x7ff);
            mantissa = bits & (HiddenBit - 1);
            if (stored != 0) mantissa |= HiddenBit;
            exponent = Math.Max(stored, 1) - 1075;
        }
    }
}
