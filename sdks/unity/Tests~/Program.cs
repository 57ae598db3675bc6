using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Threading.Tasks;

namespace Rankora.Tests
{
    /// <summary>Each method is a test; its name is what it says.</summary>
    [AttributeUsage(AttributeTargets.Class)]
    internal sealed class TestsAttribute : Attribute
    {
    }

    internal static class Program
    {
        public static readonly Loop Loop = new Loop { Frame = UnityEngine.Engine.Frame };

        private static Server server;

        /// <summary>The real server, which is started when a test asks for it first.</summary>
        public static Server Server =>
            server = server ?? new Server(Loop, Environment.GetEnvironmentVariable("RANKORA_PLANS"), "everything", "no-streams", "slow");

        private static int Main(string[] arguments)
        {
            if (arguments.Length == 5 && arguments[0] == "play") Player.Run(arguments[1], arguments[2], arguments[3], arguments[4]);
            if (arguments.Length == 1 && arguments[0] == "metas")
            {
                Metas.Write();
                return 0;
            }
            var wanted = arguments.FirstOrDefault() ?? "";
            int passed = 0, failed = 0;
            try
            {
                foreach (var test in Tests().Where(test => NameOf(test).Contains(wanted)))
                {
                    var failure = Run(test);
                    Console.WriteLine((failure == null ? "ok      " : "FAILED  ") + NameOf(test));
                    if (failure == null) passed++;
                    else failed++;
                    if (failure != null) Console.WriteLine(failure is Failure ? "        " + failure.Message : failure.ToString());
                }
            }
            finally
            {
                if (server != null) server.Stop();
            }
            Console.WriteLine(passed + " passed, " + failed + " failed" + ContractTests.Summary());
            return failed == 0 && passed > 0 ? 0 : 1;
        }

        private static IEnumerable<MethodInfo> Tests()
        {
            const BindingFlags Own = BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly;
            return typeof(Program).Assembly.GetTypes()
                .Where(type => type.GetCustomAttributes(typeof(TestsAttribute), false).Length > 0)
                .SelectMany(type => type.GetMethods(Own))
                .Where(method => method.GetParameters().Length == 0 && method.ReturnType != typeof(string));
        }

        private static string NameOf(MethodInfo test)
        {
            return test.DeclaringType.Name.Replace("Tests", "") + ": " + test.Name.Replace('_', ' ');
        }

        private static Exception Run(MethodInfo test)
        {
            try
            {
                Loop.Run(() => test.Invoke(null, null) as Task ?? Task.FromResult(true));
                return null;
            }
            catch (TargetInvocationException error)
            {
                return error.InnerException;
            }
            catch (Exception error)
            {
                return error;
            }
        }
    }
}
