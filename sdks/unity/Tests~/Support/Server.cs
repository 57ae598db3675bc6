using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace Rankora.Tests
{
    /// <summary>A leaderboard with a key of each kind.</summary>
    internal sealed class Board
    {
        public string Id;
        public string Secret;
        public string Publishable;
        public string PublishableId;
    }

    /// <summary>A real server, with a private Redis in a directory of its own.</summary>
    internal sealed class Server
    {
        private readonly string binary = Environment.GetEnvironmentVariable("RANKORA_BINARY");
        private readonly string directory = Path.Combine(Path.GetTempPath(), "rankora-unity-" + Guid.NewGuid().ToString("N"));
        private readonly Dictionary<string, string> management = new Dictionary<string, string>();
        private readonly string plans;
        private readonly int port = FreePort();
        private readonly Loop loop;
        private Process process;
        private int accounts;

        public Server(Loop loop, string plans, params string[] names)
        {
            this.loop = loop;
            this.plans = plans;
            Directory.CreateDirectory(directory);
            foreach (var plan in names) management[plan] = NewAccount(plan);
            Restart();
        }

        /// <summary>A new account of a plan; returns its management key.</summary>
        public string NewAccount(string plan)
        {
            var account = plan + "-" + accounts++ + "@example.org";
            Admin("account create --email " + account + " --plan " + plan + " --json");
            return Admin("account key create --account " + account + " --json")["key"].Text;
        }

        public string BaseUrl => "http://127.0.0.1:" + port;

        /// <summary>Starts it again, at the same address and with the same data.</summary>
        public void Restart()
        {
            process = Start("serve", "--listen 127.0.0.1:" + port);
            var ready = new ManualResetEvent(false);
            process.ErrorDataReceived += (_, line) => { if (line.Data == null || line.Data.Contains("\"Redis is ready\"")) ready.Set(); };
            process.BeginErrorReadLine();
            process.BeginOutputReadLine();
            Check.That(ready.WaitOne(60000) && !process.HasExited, "the server is ready");
        }

        /// <summary>Ends it without any warning to itself or to its clients.</summary>
        public void Kill()
        {
            process.Kill();
            process.WaitForExit();
        }

        public void Stop()
        {
            // One that a failed test has killed may have left its Redis behind.
            if (process.HasExited) Restart();
            // Mono can only kill, which would leave Redis to notice it.
            Process.Start("kill", "-TERM " + process.Id).WaitForExit();
            process.WaitForExit();
            Directory.Delete(directory, true);
        }

        public RankoraClient Client(string key, ITransport transport = null)
        {
            return new RankoraClient(new RankoraOptions
            {
                BaseUrl = BaseUrl,
                Key = key,
                Transport = transport ?? new SocketTransport(),
                Scheduler = loop.Scheduler
            });
        }

        /// <param name="settings">Further members of its JSON.</param>
        /// <param name="plan">Of the account that it is for.</param>
        /// <param name="account">The management key of another one of that plan.</param>
        public async Task<Board> NewBoard(string settings = "", string plan = "everything", string account = null)
        {
            account = account ?? management[plan];
            var made = await Manage(account, "POST", "/leaderboards", "{\"name\":\"Test board\"" + settings + "}");
            var board = new Board { Id = made["id"].Text };
            board.Secret = (await NewKey(account, board.Id, "secret"))["key"].Text;
            var publishable = await NewKey(account, board.Id, "publishable");
            board.Publishable = publishable["key"].Text;
            board.PublishableId = publishable["id"].Text;
            return board;
        }

        /// <summary>A request with a plan's management key, or with one that is given.</summary>
        public async Task<JsonValue> Manage(string planOrKey, string method, string path, string body = null)
        {
            var client = Client(management.ContainsKey(planOrKey) ? management[planOrKey] : planOrKey);
            for (;;)
            {
                try
                {
                    return await client.SendAsync(method, path, body == null ? null : JsonValue.Parse(body));
                }
                catch (RankoraException error)
                {
                    // The plan's limits hold for this key as well.
                    if (error.Status != 429) throw;
                }
                await loop.Scheduler.Delay(1, CancellationToken.None);
            }
        }

        private Task<JsonValue> NewKey(string account, string board, string kind)
        {
            return Manage(account, "POST", "/leaderboards/" + board + "/keys", "{\"kind\":\"" + kind + "\",\"label\":\"test\"}");
        }

        private Process Start(string command, string arguments)
        {
            var common = command + " --data-dir " + directory + " --plans-file " + plans + " --default-plan everything ";
            var start = new ProcessStartInfo(binary, common + arguments)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true
            };
            start.EnvironmentVariables["RANKORA_LOG"] = "info";
            start.EnvironmentVariables["RANKORA_LOG_FORMAT"] = "json";
            return Process.Start(start);
        }

        private JsonValue Admin(string arguments)
        {
            var admin = Start("admin", arguments);
            var errors = "";
            admin.ErrorDataReceived += (_, line) => errors += line.Data + "\n";
            admin.BeginErrorReadLine();
            var output = admin.StandardOutput.ReadToEnd();
            admin.WaitForExit();
            Check.That(admin.ExitCode == 0, "admin " + arguments + ": " + errors);
            return JsonValue.Parse(output);
        }

        private static int FreePort()
        {
            var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            var port = ((IPEndPoint)probe.LocalEndpoint).Port;
            probe.Stop();
            return port;
        }
    }
}
