using System;
using System.Text;
using System.Threading.Tasks;
using Rankora.Unity;
using UnityEngine.Networking;

namespace Rankora.Tests
{
    /// <summary>UnityTransport's own promises, on a stand-in of UnityWebRequest.</summary>
    [Tests]
    internal static class TransportTests
    {
        public static async Task who_ends_a_stream_while_a_piece_of_it_comes_hears_no_more_and_gives_it_back()
        {
            var board = await Program.Server.NewBoard();
            var request = new HttpRequest("GET", Program.Server.BaseUrl + "/api/v1/realtime");
            request.Headers["Authorization"] = "Bearer " + board.Publishable;
            IDisposable transfer = null;
            var began = DateTime.UtcNow;
            var listener = new Listener();
            // Behind the first page comes nothing for a while.
            listener.OnPiece = text =>
            {
                if (text.Contains("\"initial\"")) transfer.Dispose();
            };
            transfer = new UnityTransport().Send(request, listener);
            await Program.Loop.Until("it is given back", () => UnityWebRequest.Open == 0);
            Check.That((DateTime.UtcNow - began).TotalSeconds < 10, "at once, and not with the next piece");
            Check.That(listener.Heard.StartsWith("head 200 text/event-stream, data") && listener.Heard.EndsWith("data"), listener.Heard);
            transfer.Dispose();
        }

        public static async Task an_answer_is_told_from_its_head_to_its_end()
        {
            var board = await Program.Server.NewBoard();
            var listener = new Listener();
            using (Send("/api/v1/leaderboard", board.Publishable, listener)) await listener.End.Task;
            Check.Equal(listener.Heard, "head 200 application/json, data, end");
            listener = new Listener();
            using (Send("/api/v1/nowhere", board.Publishable, listener)) await listener.End.Task;
            Check.Equal(listener.Heard, "head 404 application/json, data, end");
            // One without a body.
            listener = new Listener();
            var asking = new HttpRequest("OPTIONS", Program.Server.BaseUrl + "/api/v1/leaderboard");
            asking.Headers["Origin"] = "https://game.example.org";
            asking.Headers["Access-Control-Request-Method"] = "GET";
            using (new UnityTransport().Send(asking, listener)) await listener.End.Task;
            Check.Equal(listener.Heard, "head 200 nothing, end");
            Check.Equal(UnityWebRequest.Open, 0);
        }

        public static async Task who_is_not_there_is_told_once()
        {
            var listener = new Listener();
            using (new UnityTransport().Send(new HttpRequest("GET", "http://127.0.0.1:1/"), listener)) await listener.End.Task;
            Check.That(listener.Heard.StartsWith("end: ") && listener.Heard.IndexOf(", ") < 0, listener.Heard);
        }

        private static IDisposable Send(string path, string key, Listener listener)
        {
            var request = new HttpRequest("GET", Program.Server.BaseUrl + path);
            request.Headers["Authorization"] = "Bearer " + key;
            return new UnityTransport().Send(request, listener);
        }

        private sealed class Listener : IResponseListener
        {
            public readonly TaskCompletionSource<bool> End = new TaskCompletionSource<bool>();
            public Action<string> OnPiece = text => { };
            public string Heard = "";

            public void OnHead(int status, Func<string, string> header)
            {
                Hear("head " + status + " " + (header("content-type") ?? "nothing").Split(';')[0]);
            }

            public void OnData(byte[] bytes, int count)
            {
                Hear("data");
                OnPiece(Encoding.UTF8.GetString(bytes, 0, count));
            }

            public void OnEnd(string failure)
            {
                Hear(failure == null ? "end" : "end: " + failure.Replace(", ", " "));
                End.TrySetResult(true);
            }

            private void Hear(string what)
            {
                Heard += (Heard.Length > 0 ? ", " : "") + what;
            }
        }
    }
}
