using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;

namespace Rankora.Tests
{
    /// <summary>One thread that does everything, frame by frame, as the engine's does.</summary>
    internal sealed class Loop : SynchronizationContext
    {
        private readonly BlockingCollection<Action> posted = new BlockingCollection<Action>();

        public readonly Scheduler Scheduler = new Scheduler();

        /// <summary>What else happens in each frame.</summary>
        public Action Frame = () => { };

        public override void Post(SendOrPostCallback callback, object state)
        {
            posted.Add(() => callback(state));
        }

        /// <summary>Runs to the task's end.</summary>
        public void Run(Func<Task> work)
        {
            SetSynchronizationContext(this);
            var watch = Stopwatch.StartNew();
            var task = work();
            while (!task.IsCompleted)
            {
                if (watch.Elapsed.TotalSeconds > 120) throw new TimeoutException("it takes more than 120 s");
                Action action;
                if (posted.TryTake(out action, 2)) action();
                while (posted.TryTake(out action)) action();
                Scheduler.Tick();
                Frame();
            }
            task.GetAwaiter().GetResult();
        }

        /// <summary>Ends in a later frame.</summary>
        public Task Yield()
        {
            var end = new TaskCompletionSource<bool>();
            Post(_ => end.TrySetResult(true), null);
            return end.Task;
        }

        /// <summary>Waits until it holds.</summary>
        public async Task Until(string what, Func<bool> holds)
        {
            await Until(what, () => Task.FromResult(holds()));
        }

        public async Task Until(string what, Func<Task<bool>> holds)
        {
            for (var watch = Stopwatch.StartNew(); watch.Elapsed.TotalSeconds < 30;)
            {
                if (await holds()) return;
                await Scheduler.Delay(0.005, CancellationToken.None);
            }
            throw new Failure("waited in vain: " + what);
        }
    }
}
