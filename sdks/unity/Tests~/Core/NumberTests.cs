using System;

namespace Rankora.Tests
{
    [Tests]
    internal static class NumberTests
    {
        public static void numbers_are_written_in_the_fewest_digits_and_without_an_exponent_where_they_are_exact()
        {
            Check.Equal(ExactNumber.Write(0), "0");
            Check.Equal(ExactNumber.Write(-0.0), "0");
            Check.Equal(ExactNumber.Write(9500), "9500");
            Check.Equal(ExactNumber.Write(12.020123), "12.020123");
            Check.Equal(ExactNumber.Write(-0.5), "-0.5");
            Check.Equal(ExactNumber.Write(0.1 + 0.2), "0.30000000000000004");
            Check.Equal(ExactNumber.Write(0.000001), "0.000001");
            Check.Equal(ExactNumber.Write(9007199254740991), "9007199254740991");
            Check.Equal(ExactNumber.Write(1e-7), "1e-7");
        }

        public static void whole_numbers_from_2_to_the_53rd_on_have_an_exponent()
        {
            Check.Equal(ExactNumber.Write(9007199254740992), "9.007199254740992e+15");
            Check.Equal(ExactNumber.Write(-9007199254740992), "-9.007199254740992e+15");
            Check.Equal(ExactNumber.Write(Math.Pow(2, 60)), "1.152921504606847e+18");
            Check.Equal(ExactNumber.Write(1e21), "1e+21");
            Check.Equal(ExactNumber.Write(double.MaxValue), "1.7976931348623157e+308");
            Check.Equal(ExactNumber.Write(5e-324), "5e-324");
            Check.Equal(ExactNumber.Write(2.2250738585072014e-308), "2.2250738585072014e-308");
        }

        public static void what_is_read_is_the_nearest_double()
        {
            Check.Equal(ExactNumber.Read("1e22"), 1e22);
            Check.Equal(ExactNumber.Read("9007199254740993"), 9007199254740992.0);
            Check.Equal(ExactNumber.Read("9007199254740993.00000000000000000001"), 9007199254740994.0);
            Check.Equal(ExactNumber.Read("9007199254740995"), 9007199254740996.0);
            Check.Equal(ExactNumber.Read("2.4703282292062327e-324"), 0);
            Check.Equal(ExactNumber.Read("2.4703282292062328e-324"), 5e-324);
            Check.Equal(ExactNumber.Read("1.7976931348623158e308"), double.MaxValue);
            Check.Equal(ExactNumber.Read("-0.0"), 0);
            Check.That(double.IsPositiveInfinity(ExactNumber.Read("1e999")), "1e999 is beyond all doubles");
            Check.That(double.IsPositiveInfinity(ExactNumber.Read("1.7976931348623159e308")), "so is half a step beyond the last");
            Check.That(double.IsNegativeInfinity(ExactNumber.Read("-1e9999999999")), "and what has an exponent beyond all integers");
        }

        public static void every_double_comes_back_as_it_was()
        {
            var random = new Random(20260101);
            var bytes = new byte[8];
            for (var times = 0; times < 20000; times++)
            {
                random.NextBytes(bytes);
                var number = BitConverter.ToDouble(bytes, 0);
                if (double.IsNaN(number) || double.IsInfinity(number)) continue;
                var text = ExactNumber.Write(number);
                var back = ExactNumber.Read(text);
                Check.That(BitConverter.DoubleToInt64Bits(back) == BitConverter.DoubleToInt64Bits(number), text + " is another number");
                int point;
                Check.That(ExactNumber.Digits(Math.Abs(number), out point).Length <= 17, text + " is too long");
            }
        }
    }
}
