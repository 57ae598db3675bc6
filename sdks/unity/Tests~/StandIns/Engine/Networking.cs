using System;
using System.Collections.Generic;

namespace UnityEngine
{
    public class AsyncOperation
    {
        public event Action<AsyncOperation> completed;
        internal void Complete() { if (completed != null) completed(this); }
    }
}

namespace UnityEngine.Networking
{
    public class UnityWebRequestAsyncOperation : AsyncOperation { }

    public class UploadHandlerRaw : IDisposable
    {
        internal readonly byte[] Data;
        public UploadHandlerRaw(byte[] data) { Data = data; }
        public void Dispose() { }
    }

    public class DownloadHandlerScript : IDisposable
    {
        private readonly byte[] buffer;
        public DownloadHandlerScript(byte[] preallocatedBuffer) { buffer = preallocatedBuffer; }
        protected virtual bool ReceiveData(byte[] data, int dataLength) { return true; }
        public void Dispose() { }

        /// <summary>Gives it in pieces that fit in its buffer, as the engine does.</summary>
        internal bool Give(byte[] bytes, int count)
        {
            for (var start = 0; start < count; start += buffer.Length)
            {
                var length = Math.Min(buffer.Length, count - start);
                Array.Copy(bytes, start, buffer, 0, length);
                if (!ReceiveData(buffer, length)) return false;
            }
            return true;
        }
    }

    public class UnityWebRequest : IDisposable
    {
        public enum Result { InProgress, Success, ConnectionError, ProtocolError, DataProcessingError }

        public static int Open;

        private readonly Dictionary<string, string> headers = new Dictionary<string, string>();
        private readonly UnityWebRequestAsyncOperation operation = new UnityWebRequestAsyncOperation();
        private readonly string url;
        private readonly string method;
        private Dictionary<string, string> answered = new Dictionary<string, string>();
        private LoopbackHttp http;
        private bool isDisposed;

        public UnityWebRequest(string url, string method)
        {
            this.url = new Uri(url).ToString();
            this.method = method;
            Open++;
        }

        public DownloadHandlerScript downloadHandler { get; set; }
        public UploadHandlerRaw uploadHandler { get; set; }
        public bool useHttpContinue { get; set; } = true;
        public int redirectLimit { get; set; } = 32;
        public long responseCode { get; private set; }
        public string error { get; private set; }
        public Result result { get; private set; }

        public void SetRequestHeader(string name, string value)
        {
            if (value.IndexOf('\n') >= 0) throw new InvalidOperationException("a header must be one line");
            headers[name] = value;
        }

        public string GetResponseHeader(string name)
        {
            Check();
            string value;
            return answered.TryGetValue(name.ToLowerInvariant(), out value) ? value : null;
        }

        public UnityWebRequestAsyncOperation SendWebRequest()
        {
            http = new LoopbackHttp(method, url, headers, uploadHandler == null ? null : uploadHandler.Data, OnHead, OnData, OnEnd);
            return operation;
        }

        public void Abort()
        {
            Check();
            if (result == Result.InProgress) OnEnd("Request aborted");
        }

        public void Dispose()
        {
            if (!isDisposed) Open--;
            isDisposed = true;
            if (http != null) http.Dispose();
        }

        private void OnHead(int status, Dictionary<string, string> of)
        {
            responseCode = status;
            answered = of;
        }

        private void OnData(byte[] bytes, int count)
        {
            if (result == Result.InProgress && !downloadHandler.Give(bytes, count)) Abort();
        }

        private void OnEnd(string failure)
        {
            if (result != Result.InProgress) return;
            error = failure;
            result = failure != null ? Result.ConnectionError : responseCode >= 400 ? Result.ProtocolError : Result.Success;
            http.Dispose();
            operation.Complete();
        }

        private void Check()
        {
            if (isDisposed) throw new NullReferenceException("the request is disposed of");
        }
    }
}
