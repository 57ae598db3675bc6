using System;
using System.Globalization;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Rankora
{
    /// <summary>One request and the whole of its answer.</summary>
    internal sealed class Exchange : IResponseListener
    {
        private readonly TaskCompletionSource<bool> end = new TaskCompletionSource<bool>();
        private readonly MemoryStream body = new MemoryStream();
        private Func<string, string> header = name => null;
        private int status;

        private Exchange()
        {
        }

        /// <summary>Sends, and gives the answer's JSON.</summary>
        /// <exception cref="RankoraException">There is no answer in time, or it tells of an error.</exception>
        public static async Task<JsonValue> Run(RankoraOptions options, HttpRequest request, double timeout, CancellationToken cancel)
        {
            cancel.ThrowIfCancellationRequested();
            var exchange = new Exchange();
            using (options.Scheduler.After(timeout, exchange.Expire))
            using (options.Transport.Send(request, exchange))
            using (cancel.Register(() => exchange.end.TrySetCanceled()))
            {
                await exchange.end.Task;
            }
            return exchange.Answer();
        }

        public void OnHead(int newStatus, Func<string, string> newHeader)
        {
            status = newStatus;
            header = newHeader;
            // What the engine knows of the answer it may forget with its end.
            var known = new[] { header("retry-after"), header("x-request-id") };
            header = name => name == "retry-after" ? known[0] : name == "x-request-id" ? known[1] : null;
        }

        public void OnData(byte[] bytes, int count)
        {
            body.Write(bytes, 0, count);
        }

        public void OnEnd(string failure)
        {
            if (failure == null) end.TrySetResult(true);
            else end.TrySetException(Unreachable(failure));
        }

        internal static RankoraException Unreachable(string why)
        {
            return new RankoraException("The server can't be reached: " + why, ErrorCode.Network);
        }

        internal static RankoraException TooLate()
        {
            return new RankoraException("The server took too long", ErrorCode.Timeout);
        }

        /// <summary>The error that an answer tells of. One that isn't in the server's form comes from something in between.</summary>
        internal static RankoraException ErrorOf(int status, Func<string, string> header, JsonValue body)
        {
            var isKnown = status >= 400 && body != null && body["code"].Text != null;
            var message = isKnown ? body["error"].Text : "An unexpected answer (status " + status + ")";
            return new RankoraException(message, isKnown ? body["code"].Text : ErrorCode.UnexpectedAnswer)
            {
                Status = status,
                Field = isKnown ? body["field"].Text : null,
                RetryAfter = SecondsUntil(header("retry-after")),
                RequestId = header("x-request-id")
            };
        }

        private void Expire()
        {
            end.TrySetException(TooLate());
        }

        private JsonValue Answer()
        {
            var json = JsonValue.TryParse(Encoding.UTF8.GetString(body.ToArray()));
            if (status >= 200 && status < 300 && json != null && json.Kind == JsonKind.Object) return json;
            throw ErrorOf(status, header, json);
        }

        /// <param name="text">Seconds, or from a proxy a date.</param>
        private static int? SecondsUntil(string text)
        {
            int seconds;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out seconds)) return seconds;
            DateTimeOffset date;
            if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out date)) return null;
            return (int)Math.Max(0, Math.Min(Math.Ceiling((date - DateTimeOffset.UtcNow).TotalSeconds), int.MaxValue));
        }
    }
}
