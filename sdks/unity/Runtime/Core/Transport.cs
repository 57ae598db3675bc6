using System;
using System.Collections.Generic;

namespace Rankora
{
    /// <summary>A request over HTTP.</summary>
    public sealed class HttpRequest
    {
        internal HttpRequest(string method, string url)
        {
            Method = method;
            Url = url;
            Headers = new Dictionary<string, string>();
        }

        /// <summary><c>GET</c>, <c>POST</c>, <c>DELETE</c> and so on.</summary>
        public string Method { get; private set; }
        /// <summary>The whole address.</summary>
        public string Url { get; private set; }
        /// <summary>What is to be sent with it.</summary>
        public Dictionary<string, string> Headers { get; private set; }
        /// <summary>JSON; null where there is none.</summary>
        public string Body { get; internal set; }
    }

    /// <summary>Hears of an answer, piece by piece, on the thread that sent the request.</summary>
    public interface IResponseListener
    {
        /// <summary>The answer begins.</summary>
        /// <param name="status">Of HTTP.</param>
        /// <param name="header">Gives a header's value; null where there is none. Names are in lower case.</param>
        void OnHead(int status, Func<string, string> header);

        /// <summary>A piece of the body. The array may be used for the next piece.</summary>
        void OnData(byte[] bytes, int count);

        /// <summary>It is over.</summary>
        /// <param name="failure">Why it broke, or never began; null where it is complete.</param>
        void OnEnd(string failure);
    }

    /// <summary>Sends requests: with what the engine has, or in a test with anything else.</summary>
    public interface ITransport
    {
        /// <summary>
        /// Sends a request. Disposing of what is returned, more than once even, ends it, wherever it is; then nothing is
        /// heard any more. What goes wrong is told to the listener, and never thrown.
        /// </summary>
        IDisposable Send(HttpRequest request, IResponseListener listener);
    }
}
