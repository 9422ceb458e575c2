using System.Threading.Channels;

namespace BatchService.Tests.Batching;

/// <summary>A clock whose timers fire only when the test says so.</summary>
internal sealed class ManualTimers : TimeProvider
{
    private readonly Channel<ManualTimer> _timers = Channel.CreateUnbounded<ManualTimer>();

    private int _live;

    /// <summary>Timers that were made and not disposed of.</summary>
    public int Live => _live;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state), dueTime);
        Interlocked.Increment(ref _live);
        _timers.Writer.TryWrite(timer);
        return timer;
    }

    /// <summary>The next timer that somebody started.</summary>
    public Task<ManualTimer> NextAsync() => _timers.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    internal sealed class ManualTimer(ManualTimers owner, Action callback, TimeSpan dueTime) : ITimer
    {
        private int _disposed;

        public TimeSpan DueTime => dueTime;

        public void Fire() => callback();

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
                Interlocked.Decrement(ref owner._live);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
