using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Rankora
{
    /// <summary>A stream that is open, or is being opened.</summary>
    internal sealed class EventStream : IResponseListener, IDisposable
    {
        /// <summary>Seconds until the first message; where something in between holds it back, there is none.</summary>
        private const double BeginWithin = 10;
        /// <summary>Seconds: a stream is dead where not even the server's comments come, one every 15 s.</summary>
        private const double Silence = 45;

        private readonly Scheduler scheduler;
        private readonly Queue<StreamEvent> events = new Queue<StreamEvent>();
        private readonly StreamParser parser;
        private readonly MemoryStream refusal = new MemoryStream();
        private readonly IDisposable transfer;
        private readonly CancellationTokenRegistration registration;
        private TaskCompletionSource<bool> news;
        private IDisposable deadline;
        private Exception failure;
        private Func<string, string> header = name => null;
        private int status;
        private bool isStream;
        private bool isUntold;
        private bool isOver;

        /// <param name="client">Whose leaderboard it is.</param>
        /// <param name="path">With its query.</param>
        /// <param name="lastEventId">Where to go on; empty for a fresh page.</param>
        /// <param name="cancel">Ends it.</param>
        public EventStream(RankoraClient client, string path, string lastEventId, CancellationToken cancel)
        {
            cancel.ThrowIfCancellationRequested();
            parser = new StreamParser(events.Enqueue);
            scheduler = client.Options.Scheduler;
            var request = client.Request("GET", path);
            request.Headers["Accept"] = "text/event-stream";
            if (lastEventId.Length > 0) request.Headers["Last-Event-ID"] = lastEventId;
            Renew(BeginWithin);
            registration = cancel.Register(() => End(new OperationCanceledException(cancel)));
            transfer = client.Options.Transport.Send(request, this);
        }

        /// <summary>The next message; null where the stream has ended.</summary>
        /// <exception cref="RankoraException">It never began, or broke.</exception>
        public async Task<StreamEvent> NextAsync()
        {
            while (events.Count == 0 && !isOver)
            {
                news = new TaskCompletionSource<bool>();
                await news.Task;
            }
            if (events.Count > 0) return events.Dequeue();
            if (failure != null) throw failure;
            return null;
        }

        public void OnHead(int newStatus, Func<string, string> newHeader)
        {
            status = newStatus;
            header = newHeader;
            var type = header("content-type");
            isStream = status == 200 && type != null && type.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase);
            isUntold = status == 200 && type == null;
        }

        public void OnData(byte[] bytes, int count)
        {
            if (isOver || count == 0) return;
            // Not all platforms tell the headers of an answer that goes on. What begins like this is JSON, or a page.
            if (isUntold) isStream = bytes[0] != '{' && bytes[0] != '<';
            isUntold = false;
            if (!isStream)
            {
                refusal.Write(bytes, 0, count);
                return;
            }
            Renew(Silence);
            parser.Take(bytes, count);
            if (events.Count > 0) Wake();
        }

        public void OnEnd(string reason)
        {
            if (reason != null) End(Exchange.Unreachable(reason));
            else if (isStream) End(null);
            else End(Exchange.ErrorOf(status, header, JsonValue.TryParse(Encoding.UTF8.GetString(refusal.ToArray()))));
        }

        public void Dispose()
        {
            isOver = true;
            deadline.Dispose();
            registration.Dispose();
            transfer.Dispose();
        }

        private void End(Exception why)
        {
            if (isOver) return;
            isOver = true;
            failure = why;
            // Now, and not when whoever waits goes on: that may be never, where the game ends.
            if (transfer != null) transfer.Dispose();
            Wake();
        }

        private void Renew(double seconds)
        {
            if (deadline != null) deadline.Dispose();
            deadline = scheduler.After(seconds, () => End(Exchange.TooLate()));
        }

        private void Wake()
        {
            var waiting = news;
            news = null;
            if (waiting != null) waiting.TrySetResult(true);
        }
    }
}
