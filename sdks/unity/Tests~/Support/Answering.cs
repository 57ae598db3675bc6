using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading;

namespace Rankora.Tests
{
    /// <summary>A server that gives these answers in turn, the last one again and again, and keeps what was asked.</summary>
    internal sealed class Answering : ITransport
    {
        private readonly Queue<Action<HttpRequest, Answer>> answers;

        public Answering(params Action<HttpRequest, Answer>[] answers)
        {
            this.answers = new Queue<Action<HttpRequest, Answer>>(answers);
        }

        public readonly List<HttpRequest> Asked = new List<HttpRequest>();
        public readonly List<double> AskedAt = new List<double>();
        public readonly List<Answer> Given = new List<Answer>();

        public IDisposable Send(HttpRequest request, IResponseListener listener)
        {
            Asked.Add(request);
            AskedAt.Add(DateTime.UtcNow.Ticks / 1e7);
            var answer = new Answer(listener);
            Given.Add(answer);
            var next = answers.Count > 1 ? answers.Dequeue() : answers.Peek();
            SynchronizationContext.Current.Post(_ => { if (!answer.IsDisposed) next(request, answer); }, null);
            return answer;
        }

        public IEnumerable<string> Keys => Asked.Select(request => request.Headers["Idempotency-Key"]);

        public IEnumerable<JsonValue> Bodies => Asked.Select(request => JsonValue.Parse(request.Body));

        public static Action<HttpRequest, Answer> Json(string body, int status = 200, params string[] headers)
        {
            return (request, answer) => answer.Whole(status, body, headers);
        }

        public static Action<HttpRequest, Answer> Refusal(int status, string code, params string[] headers)
        {
            return Json("{\"success\":false,\"error\":\"It is refused\",\"code\":\"" + code + "\"}", status, headers);
        }

        public static void Unreachable(HttpRequest request, Answer answer)
        {
            answer.End("nobody is there");
        }

        public static void Silence(HttpRequest request, Answer answer)
        {
        }

        /// <summary>An answer like the server's, to whatever was submitted.</summary>
        public static void Accepting(HttpRequest request, Answer answer)
        {
            var body = JsonValue.Parse(request.Body);
            answer.Whole(200, "{\"success\":true,\"player_id\":" + body["player_id"] + ",\"score\":" + body["score"] + ",\"rank\":1}");
        }
    }

    /// <summary>An answer that is being given.</summary>
    internal sealed class Answer : IDisposable
    {
        private readonly IResponseListener listener;

        public Answer(IResponseListener listener)
        {
            this.listener = listener;
        }

        public bool IsDisposed { get; private set; }

        /// <param name="status">Of HTTP.</param>
        /// <param name="headers">Names and values in turn.</param>
        public void Head(int status, params string[] headers)
        {
            listener.OnHead(status, name =>
            {
                var index = Array.IndexOf(headers, name);
                return index < 0 ? null : headers[index + 1];
            });
        }

        public void Data(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            if (!IsDisposed) listener.OnData(bytes, bytes.Length);
        }

        public void End(string failure)
        {
            if (!IsDisposed) listener.OnEnd(failure);
        }

        public void Whole(int status, string body, params string[] headers)
        {
            Head(status, headers);
            Data(body);
            End(null);
        }

        public void Dispose()
        {
            IsDisposed = true;
        }
    }
}
