using System;
using System.Globalization;
using System.Text;

namespace Rankora
{
    /// <summary>Scores for people.</summary>
    public static class ScoreText
    {
        private const int NumberDecimals = 6;
        private const int TimeDecimals = 3;

        /// <summary><c>1,234.5</c>; of times <c>1:23.250</c>, or <c>1:02:03.000</c> with hours.</summary>
        /// <param name="score">A number, or seconds.</param>
        /// <param name="format">Which of them.</param>
        /// <param name="decimals">Digits behind the point: of numbers at the most 6 where null, of times always 3.</param>
        /// <param name="culture">How numbers are grouped; the current one where null.</param>
        public static string Of(double score, ScoreFormat format = ScoreFormat.Number, int? decimals = null, CultureInfo culture = null)
        {
            if (format == ScoreFormat.Number) return NumberOf(score, decimals ?? NumberDecimals, culture);
            var digits = decimals ?? TimeDecimals;
            var scale = Math.Pow(10, digits);
            var units = Math.Round(Math.Abs(score) * scale, MidpointRounding.AwayFromZero);
            // Seconds beyond counting are a number like another.
            if (!(units < ExactNumber.FirstRounded)) return NumberOf(score, digits, culture);
            // Rounded before it is taken apart: 59.9999 s are a minute.
            var seconds = (long)(units / scale);
            var minutes = seconds / 60;
            var clock = minutes >= 60 ? Padded(minutes / 60, 1) + ":" + Padded(minutes % 60, 2) : Padded(minutes, 1);
            var fraction = digits > 0 ? "." + Padded((long)(units % scale), digits) : "";
            return (score < 0 && units > 0 ? "-" : "") + clock + ":" + Padded(seconds % 60, 2) + fraction;
        }

        private static string Padded(long number, int digits)
        {
            return number.ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0');
        }

        private static string NumberOf(double score, int decimals, CultureInfo culture)
        {
            var symbols = (culture ?? CultureInfo.CurrentCulture).NumberFormat;
            if (double.IsNaN(score) || double.IsInfinity(score)) return score.ToString(symbols);
            var plain = Rounded(Math.Abs(score), decimals);
            var point = plain.IndexOf('.');
            var whole = point < 0 ? plain : plain.Substring(0, point);
            var fraction = point < 0 ? "" : symbols.NumberDecimalSeparator + plain.Substring(point + 1);
            var sign = score < 0 && plain != "0" ? symbols.NegativeSign : "";
            return sign + Grouped(whole, symbols) + fraction;
        }

        /// <summary>All digits of a number that isn't negative, up to so many behind the point and without zeros at the end.</summary>
        private static string Rounded(double number, int decimals)
        {
            if (number == 0) return "0";
            int point;
            var digits = new StringBuilder(ExactNumber.Digits(number, out point));
            var kept = point + decimals;
            if (kept < 0) return "0";
            if (kept < digits.Length)
            {
                var isUp = digits[kept] >= '5';
                digits.Length = kept;
                if (isUp)
                {
                    var index = kept - 1;
                    for (; index >= 0 && digits[index] == '9'; index--) digits[index] = '0';
                    if (index >= 0)
                    {
                        digits[index]++;
                    }
                    else
                    {
                        digits.Insert(0, '1');
                        point++;
                    }
                }
            }
            while (digits.Length > 0 && digits[digits.Length - 1] == '0') digits.Length--;
            return digits.Length == 0 ? "0" : ExactNumber.Plain(digits.ToString(), point);
        }

        private static string Grouped(string whole, NumberFormatInfo symbols)
        {
            var sizes = symbols.NumberGroupSizes;
            var grouped = "";
            for (var group = 0; ; group++)
            {
                // The last size goes on; 0 ends the grouping.
                var size = sizes.Length == 0 ? 0 : sizes[Math.Min(group, sizes.Length - 1)];
                if (size == 0 || whole.Length <= size) return whole + grouped;
                grouped = symbols.NumberGroupSeparator + whole.Substring(whole.Length - size) + grouped;
                whole = whole.Substring(0, whole.Length - size);
            }
        }
    }
}
