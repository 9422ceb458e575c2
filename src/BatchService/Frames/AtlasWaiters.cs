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

    /// <summary>
    /// Waits until a request is met; false when the service shuts down before that: the rebuild is made elsewhere or later.
    /// </summary>
    public async Task<bool> WaitAsync(long request, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(request);
        lock (_lock)
        {
            if (_isClosed)
                return false;
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
                waiter.Done.TrySetResult(true);
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
                waiter.Done.TrySetResult(false);
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

    private sealed record Waiter(long Request)
    {
        public TaskCompletionSource<bool> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
