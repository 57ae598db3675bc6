namespace Rankora.Tests
{
    [Tests]
    internal static class KeyTests
    {
        public static async System.Threading.Tasks.Task a_typing_error_is_seen_without_asking()
        {
            var board = await Program.Server.NewBoard();
            foreach (var key in new[] { board.Secret, board.Publishable })
            {
                Check.Equal(ApiKey.ProblemOf(key), null);
                var typo = key.Substring(0, 20) + (key[20] == 'a' ? 'b' : 'a') + key.Substring(21);
                Check.Equal(ApiKey.ProblemOf(typo), "The key has a typing error.");
                Check.That(ApiKey.ProblemOf(key + "x").Contains("47"), "the length is told");
            }
            Check.That(ApiKey.ProblemOf("") != null && ApiKey.ProblemOf(null) != null, "no key is none");
            Check.That(ApiKey.ProblemOf("rk_mgt_x").Contains("management"), "the wrong kind is told");
        }

        public static void a_secret_key_in_a_client_build_is_warned_of_loudly_and_nowhere_else()
        {
            Check.Equal(Warning("rk_pub_x", true), "");
            Check.Equal(Warning(null, true), "");
            Check.Equal(Warning("rk_sec_x", false), "");
            foreach (var key in new[] { "rk_sec_x", "rk_mgt_x" })
            {
                Check.That(Warning(key, true).Contains("SECRET KEY"), "it is loud");
                Check.That(!Warning(key, true).Contains(key), "it doesn't tell the key");
            }
        }

        private static string Warning(string key, bool isClientBuild)
        {
            var told = "";
            new RankoraClient(new RankoraOptions
            {
                BaseUrl = "https://scores.example.org",
                Key = key,
                Transport = new Answering(Answering.Silence),
                Scheduler = Program.Loop.Scheduler,
                IsClientBuild = isClientBuild,
                Warn = message => told += message
            });
            return told;
        }
    }
}
