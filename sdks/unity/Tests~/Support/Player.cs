using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;

namespace Rankora.Tests
{
    /// <summary>A player's program: what waits is kept in a file.</summary>
    internal static class Player
    {
        /// <summary>Runs it to its end: it submits a score, or sends what waits.</summary>
        public static async Task<JsonValue> Play(string baseUrl, string key, string file, string action)
        {
            var program = typeof(Player).Assembly.Location;
            var start = new ProcessStartInfo("mono", string.Join(" ", program, "play", baseUrl, key, file, action))
            {
                UseShellExecute = false,
                RedirectStandardOutput = true
            };
            var process = Process.Start(start);
            var output = process.StandardOutput.ReadToEndAsync();
            await Program.Loop.Until("the player's program ends", () => process.HasExited && output.IsCompleted);
            Check.Equal(process.ExitCode, 0);
            return JsonValue.Parse(output.Result);
        }

        /// <summary>What it does.</summary>
        public static void Run(string baseUrl, string key, string file, string action)
        {
            Program.Loop.Run(async () =>
            {
                var client = new RankoraClient(new RankoraOptions { BaseUrl = baseUrl, Key = key, Transport = new SocketTransport(), Scheduler = Program.Loop.Scheduler });
                var queue = new SubmissionQueue(client, new QueueOptions { Storage = new FileStorage(file), Keep = QueueKeep.All });
                Submitted answer = null;
                if (action == "flush") await queue.FlushAsync();
                else answer = await queue.SubmitAsync("Ada", double.Parse(action));
                Console.WriteLine(Fixtures.Object("player", queue.PlayerId, "rank", answer == null ? JsonValue.Null : answer.Rank, "waiting", queue.Pending.Count));
            });
            // Ended as a player ends a game.
            Environment.Exit(0);
        }

        private sealed class FileStorage : IStorage
        {
            private readonly string path;

            public FileStorage(string path)
            {
                this.path = path;
            }

            public string Get(string name)
            {
                return Read()[name].Text;
            }

            public void Set(string name, string value)
            {
                var others = Read().Members.Where(member => member.Key != name);
                File.WriteAllText(path, new JsonValue(others.Concat(new[] { new KeyValuePair<string, JsonValue>(name, value) }).ToList()).ToString());
            }

            private JsonValue Read()
            {
                return JsonValue.TryParse(File.ReadAllText(path)) ?? JsonValue.Null;
            }
        }
    }
}
