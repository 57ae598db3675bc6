using System.Globalization;

namespace Rankora.Tests
{
    [Tests]
    internal static class ScoreTextTests
    {
        private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

        public static void numbers_are_grouped_as_the_culture_does_it()
        {
            Check.Equal(Number(0), "0");
            Check.Equal(Number(1234567), "1,234,567");
            Check.Equal(Number(12.0201234), "12.020123");
            Check.Equal(Number(-5.5, 0), "-6");
            Check.Equal(Number(999.9996, 3), "1,000");
            Check.Equal(Number(0.05, 1), "0.1");
            Check.Equal(Number(0.04, 1), "0");
            Check.Equal(Number(-0.0000001), "0");
            Check.Equal(Number(9007199254740991), "9,007,199,254,740,991");
            var german = new CultureInfo("", false);
            german.NumberFormat.NumberGroupSeparator = ".";
            german.NumberFormat.NumberDecimalSeparator = ",";
            Check.Equal(ScoreText.Of(1234.5, ScoreFormat.Number, null, german), "1.234,5");
            german.NumberFormat.NumberGroupSizes = new[] { 3, 2 };
            Check.Equal(ScoreText.Of(12345678, ScoreFormat.Number, null, german), "1.23.45.678");
            Check.Equal(ScoreText.Of(7), "7");
        }

        public static void times_are_told_in_hours_minutes_and_seconds_and_rounded_as_a_whole()
        {
            Check.Equal(Time(0), "0:00.000");
            Check.Equal(Time(83.25), "1:23.250");
            Check.Equal(Time(59.9996), "1:00.000");
            Check.Equal(Time(59.9994), "0:59.999");
            Check.Equal(Time(3599.9999), "1:00:00.000");
            Check.Equal(Time(3723), "1:02:03.000");
            Check.Equal(Time(360000), "100:00:00.000");
            Check.Equal(Time(-5), "-0:05.000");
            Check.Equal(Time(-0.0001), "0:00.000");
            Check.Equal(Time(83.25, 0), "1:23");
            Check.Equal(Time(83.25, 1), "1:23.3");
            // Seconds beyond counting are a number like another.
            Check.Equal(Time(1e15), "1,000,000,000,000,000");
        }

        private static string Number(double score, int? decimals = null)
        {
            return ScoreText.Of(score, ScoreFormat.Number, decimals, Plain);
        }

        private static string Time(double score, int? decimals = null)
        {
            return ScoreText.Of(score, ScoreFormat.Time, decimals, Plain);
        }
    }
}
