using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;

namespace Rankora
{
    /// <summary>
    /// Timers without threads: what is due happens in <see cref="Tick"/>, which the engine calls in each frame.
    /// </summary>
    public sealed class Scheduler
    {
        private readonly List<Timer> timers = new List<Timer>();
        private readonly Func<double> clock;

        /// <summary>One that goes by the machine's own clock.</summary>
        public Scheduler()
        {
            var watch = Stopwatch.StartNew();
            clock = () => watch.Elapsed.TotalSeconds;
        }

        /// <summary>One that goes by another clock, in seconds that never go back.</summary>
        public Scheduler(Func<double> clock)
        {
            this.clock = clock;
        }

        /// <summary>Seconds since some beginning.</summary>
        public double Now => clock();

        /// <summary>Does what is due.</summary>
        public void Tick()
        {
            if (timers.Count == 0) return;
            var now = Now;
            // What is done may begin and end timers.
            foreach (var timer in timers.ToArray())
            {
                if (timer.Due <= now && timers.Remove(timer)) timer.Action();
            }
        }

        /// <summary>Does something after so many seconds, unless what is returned is disposed of before.</summary>
        public IDisposable After(double seconds, Action action)
        {
            var timer = new Timer(this, Now + seconds, action);
            timers.Add(timer);
            return timer;
        }

        /// <summary>Ends after so many seconds, or is cancelled.</summary>
        public async Task Delay(double seconds, CancellationToken cancel)
        {
            var end = new TaskCompletionSource<bool>();
            using (After(seconds, () => end.TrySetResult(true)))
            using (cancel.Register(() => end.TrySetCanceled()))
            {
                await end.Task;
            }
        }

        private sealed class Timer : IDisposable
        {
            private readonly Scheduler scheduler;

            public Timer(Scheduler scheduler, double due, Action action)
            {
                this.scheduler = scheduler;
                Due = due;
                Action = action;
            }

            public double Due { get; private set; }
            public Action Action { get; private set; }

            public void Dispose()
            {
                scheduler.timers.Remove(this);
            }
        }
    }
}
