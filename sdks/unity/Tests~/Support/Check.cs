using System;
using System.Collections;
using System.Threading.Tasks;

namespace Rankora.Tests
{
    internal sealed class Failure : Exception
    {
        public Failure(string message) : base(message)
        {
        }
    }

    internal static class Check
    {
        public static void That(bool holds, string what)
        {
            if (!holds) throw new Failure(what);
        }

        public static void Equal(object found, object expected, string where = "")
        {
            if (Said(found) != Said(expected)) throw new Failure((where + " is " + Said(found) + ", not " + Said(expected)).Trim());
        }

        public static RankoraException Refused(Action action, string code)
        {
            try
            {
                action();
            }
            catch (RankoraException error)
            {
                Equal(error.Code, code, "the code");
                return error;
            }
            throw new Failure("nothing was refused, and " + code + " was expected");
        }

        public static async Task<RankoraException> Refused(Task task, string code)
        {
            try
            {
                await task;
            }
            catch (RankoraException error)
            {
                Equal(error.Code, code, "the code");
                return error;
            }
            throw new Failure("nothing was refused, and " + code + " was expected");
        }

        private static string Said(object value)
        {
            if (value == null) return "null";
            if (value is string || !(value is IEnumerable)) return value is double ? ExactNumber.Write((double)value) : value.ToString();
            var all = "";
            foreach (var item in (IEnumerable)value) all += Said(item) + ", ";
            return "[" + all + "]";
        }
    }
}
