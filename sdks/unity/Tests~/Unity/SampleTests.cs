using System;
using System.Collections;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Rankora.Unity;

namespace Rankora.Tests
{
    /// <summary>What the server shows in C#, in its documentation and its dashboard, compiled and run as it stands there.</summary>
    [Tests]
    internal static class SampleTests
    {
        /// <summary>What samples have in place of real ones.</summary>
        private const string Player = "3e1c5c1e-7f0b-4c58-9d53-0c2a5d0c6f11";
        private const string OtherBoard = "5b0f0d3c-2f0a-4a53-8f6e-6c1f9f4b7a20";
        private const string Key = "9f3b2c6a-1d47-4e0f-8b1a-2f6d7c5e4a31";
        private const int Least = 20;

        private static Server Server => Program.Server;

        public static async Task Every_sample_of_the_documentation_compiles_and_works()
        {
            var account = Server.NewAccount("everything");
            var board = await Server.NewBoard(account: account);
            var samples = new List<string>();
            foreach (var page in Pages()) samples.AddRange(CodeOf(page));
            Check.That(samples.Count >= Least, samples.Count + " samples");

            await RunAll(samples, account, board);
            Console.WriteLine("        " + samples.Count + " samples of the documentation were run");
        }

        /// <summary>What its pieces after the first take from the first, and what they leave to the reader.</summary>
        private const string Session = "var session = RankoraSession.Default;\n";
        private const string Left = "static void Show(Page page) { Debug.Log(\"shown: \" + page.Entries.Count); }\nstatic void Draw(System.Collections.Generic.IReadOnlyList<Entry> entries) { Debug.Log(\"drawn: \" + entries.Count); }\n";

        public static async Task Every_piece_of_the_readme_compiles_and_works()
        {
            var account = Server.NewAccount("everything");
            var board = await Server.NewBoard(account: account);
            var pieces = CodeOf(Get("/docs/sdk/unity.md")).Select(piece => Regex.Replace(piece, "^using .*\n", "", RegexOptions.Multiline)).ToList();
            Check.That(pieces.Count == 3 && pieces[0].Contains(Session.Trim()), string.Join("\n", pieces));
            var said = await RunAll(pieces.Select(piece => piece.Contains(Session.Trim()) ? piece : Session + piece).ToList(), account, board);
            Check.That(said.Contains("log: Rank 1 of 1") && said.Contains("log: shown: 1") && said.Contains("log: drawn: 1"), string.Join("\n", said));
        }

        /// <summary>Runs one after another, and gives what they said.</summary>
        private static async Task<List<string>> RunAll(IList<string> samples, string account, Board board)
        {
            var all = new List<string>();
            var filled = new List<string>();
            foreach (var sample in samples) filled.Add(await Filled(sample, account, board));
            var methods = Compile(filled);
            for (var index = 0; index < samples.Count; index++)
            {
                ViewTests.Use(KeyOf(samples[index], account, board));
                UnityEngine.Debug.Said.Clear();
                await Ended(methods[index].Invoke(null, null));
                // What listens hears of the first page later.
                await Program.Loop.Until("it says something: " + samples[index], () => UnityEngine.Debug.Said.Any(said => said.StartsWith("log: ")) || samples[index].Contains("RemoveAsync"));
                ((Action)methods[index].DeclaringType.GetField("Stop").GetValue(null))();
                // The editor warns of a secret key, as it should.
                Check.That(UnityEngine.Debug.Said.All(said => said.StartsWith("log: ") || said.Contains("SECRET KEY")), samples[index] + "\n" + string.Join("\n", UnityEngine.Debug.Said));
                all.AddRange(UnityEngine.Debug.Said);
            }
            return all;
        }

        /// <summary>Waits for a task, or goes through a coroutine as the engine does: a step in each frame.</summary>
        private static async Task Ended(object run)
        {
            var coroutine = run as IEnumerator;
            if (coroutine == null)
            {
                await (Task)run;
                return;
            }
            var stack = new Stack<IEnumerator>(new[] { coroutine });
            await Program.Loop.Until("a coroutine ends", () =>
            {
                if (!stack.Peek().MoveNext()) stack.Pop();
                else if (stack.Peek().Current is IEnumerator inner) stack.Push(inner);
                return stack.Count == 0;
            });
        }

        /// <summary>It is for .NET, where statements may stand alone. Mono wants them in a method.</summary>
        public static async Task The_code_that_the_dashboard_shows_submits_a_score()
        {
            var board = await Server.NewBoard();
            var code = File.ReadAllText(Environment.GetEnvironmentVariable("RANKORA_SNIPPET"));
            code = code.Replace("URL", Server.BaseUrl + "/api/v1").Replace("KEY", board.Secret);
            var lines = code.Split('\n').ToLookup(line => line.StartsWith("using "));
            var source = string.Join("\n", lines[true]) + "\nusing System.Threading.Tasks;\npublic static class Samples\n{\npublic static async Task Sample0()\n{\n"
                + string.Join("\n", lines[false]) + "\n}\n}\n";
            var said = new StringWriter();
            var console = Console.Out;
            Console.SetOut(said);
            try
            {
                await (Task)CompileSource(source, 1)[0].Invoke(null, null);
            }
            finally
            {
                Console.SetOut(console);
            }
            Check.That(said.ToString().Contains("\"rank\":1"), said.ToString());
        }

        /// <summary>The guides, and the reference.</summary>
        private static IEnumerable<string> Pages()
        {
            var contents = Get("/llms.txt");
            return Regex.Matches(contents, @"\((/docs/[^)]*\.md)\)").Cast<Match>().Select(match => match.Groups[1].Value)
                .Where(page => !page.StartsWith("/docs/sdk/")).Select(Get).ToArray();
        }

        private static string Get(string path)
        {
            using (var client = new WebClient { Encoding = Encoding.UTF8, Proxy = null }) return client.DownloadString(Server.BaseUrl + path);
        }

        private static IEnumerable<string> CodeOf(string page)
        {
            return Regex.Matches(page, "^```csharp\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline).Cast<Match>().Select(match => match.Groups[1].Value);
        }

        /// <summary>The key that a sample says it needs; what only reads has the other one.</summary>
        private static string KeyOf(string sample, string account, Board board)
        {
            if (sample.Contains("rk_mgt_…")) return account;
            return sample.Contains("rk_pub_…") || sample.Contains("LiveLeaderboard") ? board.Publishable : board.Secret;
        }

        /// <summary>The sample with what it names made anew, since some samples remove it.</summary>
        private static async Task<string> Filled(string sample, string account, Board board)
        {
            if (sample.Contains(Player))
            {
                var submitted = await Server.Client(board.Secret).SubmitAsync("Ada", 9100);
                sample = sample.Replace(Player, submitted.PlayerId);
            }
            if (!sample.Contains(OtherBoard)) return sample;
            var other = await Server.NewBoard(account: account);
            return sample.Replace(OtherBoard, other.Id).Replace(Key, other.PublishableId);
        }

        /// <summary>All of them, each as a method, in one assembly.</summary>
        private static MethodInfo[] Compile(IList<string> samples)
        {
            var source = new StringBuilder("using System;\nusing System.Threading.Tasks;\nusing UnityEngine;\nusing Rankora;\nusing Rankora.Unity;\npublic static class Samples\n{\npublic static Action Stop = () => { };\n" + Left);
            for (var index = 0; index < samples.Count; index++)
            {
                // What goes on by itself is stopped after its sample.
                var sample = samples[index].Replace("live.Start();", "live.Start();\nStop = live.Stop;");
                var isCoroutine = sample.Contains("yield return");
                var head = isCoroutine ? "System.Collections.IEnumerator Sample{0}()\n{{\n" : "async Task Sample{0}()\n{{\nawait Task.Yield();\n";
                source.Append("public static " + string.Format(head, index) + sample + "}\n");
            }
            return CompileSource(source + "}\n", samples.Count);
        }

        /// <summary>The methods Sample0, Sample1 and so on of the class Samples.</summary>
        private static MethodInfo[] CompileSource(string source, int count)
        {
            var output = Path.GetDirectoryName(typeof(SampleTests).Assembly.Location);
            var file = Path.Combine(output, "DocumentedSamples.cs");
            File.WriteAllText(file, source);
            var library = Path.Combine(output, "DocumentedSamples" + Guid.NewGuid().ToString("N") + ".dll");
            try
            {
                var arguments = "-langversion:Default -nologo -target:library -lib:" + output + " -r:System.Net.Http.dll,Rankora.Core.dll,Rankora.Unity.dll,UnityEngine.dll -out:" + library + " " + file;
                var compiler = Process.Start(new ProcessStartInfo("mcs", arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true });
                var said = compiler.StandardOutput.ReadToEnd() + compiler.StandardError.ReadToEnd();
                compiler.WaitForExit();
                Check.That(compiler.ExitCode == 0, said);
                var type = Assembly.Load(File.ReadAllBytes(library)).GetType("Samples");
                return Enumerable.Range(0, count).Select(index => type.GetMethod("Sample" + index)).ToArray();
            }
            finally
            {
                File.Delete(library);
            }
        }
    }
}
