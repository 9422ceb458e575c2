namespace BatchService.Jobs;

/// <summary>Wakes one sleeper early. Rung while nobody sleeps, it wakes the next one; rung twice, it wakes once.</summary>
internal sealed class Wakeup : IDisposable
{
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly Lock _ringing = new();

    public void Ring()
    {
        lock (_ringing)
        {
            if (_signal.CurrentCount == 0)
                _signal.Release();
        }
    }

    /// <summary>True when it was rung, false when the time is over.</summary>
    public Task<bool> SleepAsync(TimeSpan longest, CancellationToken cancellationToken) => _signal.WaitAsync(longest, cancellationToken);

    public void Dispose() => _signal.Dispose();
}
