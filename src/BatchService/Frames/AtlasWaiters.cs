using BatchService.Batching;

namespace BatchService.Frames;

/// <summary>Who in this process waits for a rebuild; all are served by one loop, which they wake.</summary>
internal sealed class AtlasWaiters : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<Waiter> _waiters = [];
    private readonly SemaphoreSlim _wake = new(0, 1);
    private bool _isClosed;

    public bool Any
    {
        get
        {
            lock (_lock)
                return _waiters.Count > 0;
        }
    }

    /// <summary>Waits until a request is met, and gives the version of the atlas that is stored then.</summary>
    /// <exception cref="BatchFaultException">OVERLOADED when the service shuts down; the rebuild is made elsewhere or later.</exception>
    public async Task<long> WaitAsync(long request, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(request);
        lock (_lock)
        {
            if (_isClosed)
                throw ShuttingDown();
            _waiters.Add(waiter);
        }
        Wake();
        try
        {
            return await waiter.Done.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            lock (_lock)
                _waiters.Remove(waiter);
        }
    }

    /// <summary>Ends the waiting of those whose request is met.</summary>
    public void Tell(AtlasState state)
    {
        lock (_lock)
        {
            foreach (var waiter in _waiters.Where(waiter => waiter.Request <= state.Built))
                waiter.Done.TrySetResult(state.Version);
        }
    }

    /// <summary>Pauses; somebody who begins to wait ends it at once.</summary>
    public async Task PauseAsync(TimeSpan pause, CancellationToken cancellationToken) => await _wake.WaitAsync(pause, cancellationToken);

    /// <summary>Nobody is served any more.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            foreach (var waiter in _waiters)
                waiter.Done.TrySetException(ShuttingDown());
        }
    }

    public void Dispose() => _wake.Dispose();

    private void Wake()
    {
        lock (_lock)
        {
            if (_wake.CurrentCount == 0)
                _wake.Release();
        }
    }

    private static BatchFaultException ShuttingDown() => new(new Error(ErrorCodes.Overloaded, "The service is shutting down."));

    private sealed record Waiter(long Request)
    {
        public TaskCompletionSource<long> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
