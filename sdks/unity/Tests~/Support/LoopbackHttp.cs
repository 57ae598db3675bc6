using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net.Sockets;
using System.Text;
using System.Threading;

/// <summary>
/// A request over HTTP/1.1 on a socket of its own, on this machine. Tests may have threads; what it hears is told on the
/// thread that made it.
/// </summary>
internal sealed class LoopbackHttp : IDisposable
{
    private readonly SynchronizationContext context = SynchronizationContext.Current;
    private readonly TcpClient socket = new TcpClient { NoDelay = true };
    private readonly Action<int, Dictionary<string, string>> onHead;
    private readonly Action<byte[], int> onData;
    private readonly Action<string> onEnd;
    private bool isDisposed;

    public LoopbackHttp(string method, string url, IDictionary<string, string> headers, byte[] body,
        Action<int, Dictionary<string, string>> onHead, Action<byte[], int> onData, Action<string> onEnd)
    {
        this.onHead = onHead;
        this.onData = onData;
        this.onEnd = onEnd;
        var uri = new Uri(url);
        var head = new StringBuilder(method + " " + uri.PathAndQuery + " HTTP/1.1\r\nHost: " + uri.Authority + "\r\nConnection: close\r\n");
        foreach (var header in headers) head.Append(header.Key + ": " + header.Value + "\r\n");
        if (body != null || method == "POST") head.Append("Content-Length: " + (body == null ? 0 : body.Length) + "\r\n");
        var bytes = new MemoryStream();
        var headBytes = Encoding.ASCII.GetBytes(head + "\r\n");
        bytes.Write(headBytes, 0, headBytes.Length);
        if (body != null) bytes.Write(body, 0, body.Length);
        new Thread(() => Run(uri, bytes.ToArray())) { IsBackground = true }.Start();
    }

    /// <summary>Breaks the connection, as a network does.</summary>
    public void Break()
    {
        socket.Close();
    }

    public void Dispose()
    {
        isDisposed = true;
        socket.Close();
    }

    private void Run(Uri uri, byte[] request)
    {
        try
        {
            socket.Connect(uri.Host, uri.Port);
            var stream = new BufferedStream(socket.GetStream());
            stream.Write(request, 0, request.Length);
            stream.Flush();
            var status = int.Parse(ReadLine(stream).Split(' ')[1], CultureInfo.InvariantCulture);
            var headers = new Dictionary<string, string>();
            for (string line; (line = ReadLine(stream)).Length > 0;)
            {
                var colon = line.IndexOf(':');
                headers[line.Substring(0, colon).ToLowerInvariant()] = line.Substring(colon + 1).Trim();
            }
            Tell(() => onHead(status, headers));
            ReadBody(stream, headers);
            Tell(() => onEnd(null));
        }
        catch (Exception error)
        {
            Tell(() => onEnd(error.Message));
        }
        finally
        {
            socket.Close();
        }
    }

    private void ReadBody(Stream stream, Dictionary<string, string> headers)
    {
        string value;
        if (headers.TryGetValue("content-length", out value)) ReadPiece(stream, int.Parse(value, CultureInfo.InvariantCulture));
        else if (headers.TryGetValue("transfer-encoding", out value))
        {
            for (;;)
            {
                var size = int.Parse(ReadLine(stream), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                if (size == 0) break;
                ReadPiece(stream, size);
                ReadLine(stream);
            }
        }
        else while (ReadSome(stream, 4096) > 0) { }
    }

    private void ReadPiece(Stream stream, int size)
    {
        while (size > 0)
        {
            var read = ReadSome(stream, size);
            if (read == 0) throw new EndOfStreamException("the connection ended within a body");
            size -= read;
        }
    }

    private int ReadSome(Stream stream, int most)
    {
        var bytes = new byte[Math.Min(most, 4096)];
        var read = stream.Read(bytes, 0, bytes.Length);
        if (read > 0) Tell(() => onData(bytes, read));
        return read;
    }

    private static string ReadLine(Stream stream)
    {
        var line = new StringBuilder();
        for (;;)
        {
            var next = stream.ReadByte();
            if (next < 0) throw new EndOfStreamException("the connection ended");
            if (next == '\n') return line.ToString().TrimEnd('\r');
            line.Append((char)next);
        }
    }

    private void Tell(Action what)
    {
        context.Post(_ => { if (!isDisposed) what(); }, null);
    }
}
