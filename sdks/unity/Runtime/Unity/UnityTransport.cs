using System;
using System.Text;
using UnityEngine.Networking;

namespace Rankora.Unity
{
    /// <summary>Sends requests with <see cref="UnityWebRequest"/>, on all platforms that Unity has.</summary>
    public sealed class UnityTransport : ITransport
    {
        private static int asked;

        /// <summary>Sends a request.</summary>
        public IDisposable Send(HttpRequest request, IResponseListener listener)
        {
            var transfer = new Transfer(listener);
            transfer.Begin(request);
            return transfer;
        }

        /// <summary>
        /// The address of a request that no cache on the way has an answer to: the server itself keeps pages for a
        /// moment, and knows when they are over. Browsers know no better, and a header against it would have to be
        /// allowed by the server. What the server doesn't know in a query it ignores.
        /// </summary>
        private static string FreshUrl(HttpRequest request)
        {
            if (request.Method != "GET") return request.Url;
            return request.Url + (request.Url.IndexOf('?') < 0 ? "?" : "&") + "_=" + DateTime.UtcNow.Ticks + "-" + asked++;
        }

        private sealed class Transfer : IDisposable
        {
            private readonly IResponseListener listener;
            private UnityWebRequest web;
            private bool hasBegun;
            private bool isReceiving;
            private bool isDisposed;

            public Transfer(IResponseListener listener)
            {
                this.listener = listener;
            }

            public void Begin(HttpRequest request)
            {
                try
                {
                    web = new UnityWebRequest(FreshUrl(request), request.Method) { downloadHandler = new Receiver(this) };
                    // To another host the key must not go along.
                    web.redirectLimit = 0;
                    // Nobody waits to be asked for so small a body.
                    web.useHttpContinue = false;
                    if (request.Body != null) web.uploadHandler = new UploadHandlerRaw(Encoding.UTF8.GetBytes(request.Body));
                    foreach (var header in request.Headers) web.SetRequestHeader(header.Key, header.Value);
                    web.SendWebRequest().completed += operation => Complete();
                }
                catch (Exception error)
                {
                    // No address, or one over plain HTTP where the player settings don't allow that.
                    listener.OnEnd(error.Message);
                }
            }

            public void Dispose()
            {
                if (isDisposed) return;
                isDisposed = true;
                // Within its own callback it is ended by what the callback returns.
                if (web == null || isReceiving) return;
                web.Abort();
                web.Dispose();
            }

            /// <returns>Whether to go on.</returns>
            private bool Receive(byte[] bytes, int count)
            {
                if (isDisposed) return false;
                isReceiving = true;
                TellHead();
                if (!isDisposed) listener.OnData(bytes, count);
                isReceiving = false;
                return !isDisposed;
            }

            private void Complete()
            {
                if (isDisposed)
                {
                    web.Dispose();
                    return;
                }
                if (web.result == UnityWebRequest.Result.ConnectionError || web.result == UnityWebRequest.Result.DataProcessingError)
                {
                    listener.OnEnd(web.error);
                    return;
                }
                TellHead();
                if (!isDisposed) listener.OnEnd(null);
            }

            private void TellHead()
            {
                if (hasBegun) return;
                hasBegun = true;
                listener.OnHead((int)web.responseCode, web.GetResponseHeader);
            }

            private sealed class Receiver : DownloadHandlerScript
            {
                private readonly Transfer transfer;

                public Receiver(Transfer transfer) : base(new byte[4096])
                {
                    this.transfer = transfer;
                }

                protected override bool ReceiveData(byte[] data, int dataLength)
                {
                    return data != null && dataLength > 0 && transfer.Receive(data, dataLength);
                }
            }
        }
    }
}
