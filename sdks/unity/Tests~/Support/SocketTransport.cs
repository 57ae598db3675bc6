using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Rankora.Tests
{
    /// <summary>Sends to a server on this machine, keeps what was asked, and can break and hold back streams.</summary>
    internal sealed class SocketTransport : ITransport
    {
        private readonly List<LoopbackHttp> streams = new List<LoopbackHttp>();

        public readonly List<HttpRequest> Asked = new List<HttpRequest>();

        /// <summary>Whether something in between answers in the place of streams.</summary>
        public bool HoldsStreamsBack;

        /// <summary>Answers to submissions that get lost.</summary>
        public int Losing;

        public IEnumerable<HttpRequest> Streams => Asked.Where(IsStream);

        public IDisposable Send(HttpRequest request, IResponseListener listener)
        {
            var isStream = IsStream(request);
            if (isStream && HoldsStreamsBack)
            {
                listener.OnHead(200, name => null);
                listener.OnEnd(null);
                return new Nothing();
            }
            Asked.Add(request);
            var body = request.Body == null ? null : Encoding.UTF8.GetBytes(request.Body);
            var isLost = request.Method == "POST" && Losing > 0;
            if (isLost) Losing--;
            var http = new LoopbackHttp(request.Method, request.Url, request.Headers, body,
                (status, headers) => listener.OnHead(status, name => headers.ContainsKey(name) ? headers[name] : null),
                listener.OnData,
                failure => listener.OnEnd(isLost ? "connection reset" : failure));
            if (isStream) streams.Add(http);
            return http;
        }

        public void BreakStreams()
        {
            foreach (var stream in streams) stream.Break();
            streams.Clear();
        }

        private static bool IsStream(HttpRequest request)
        {
            return request.Url.Contains("/realtime");
        }
    }

    internal sealed class Nothing : IDisposable
    {
        public void Dispose()
        {
        }
    }
}
