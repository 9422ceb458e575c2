using BatchService.Batching;

namespace BatchService.Entities;

/// <summary>
/// The current <see cref="Catalog"/>, shared by all requests. A request is never refused on the word of an old one: whoever finds something
/// missing calls <see cref="RefreshAsync"/> and checks again when another snapshot comes back. However many ask, one read runs at a time.
/// </summary>
internal sealed class CatalogCache(Func<CancellationToken, Task<Catalog>> readAsync, TimeProvider timeProvider)
{
    /// <summary>No request is refused on the word of a snapshot older than this.</summary>
    public static readonly TimeSpan MaxAgeOfARefusal = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private Snapshot? _current;
    private Task<Snapshot>? _flight;

    /// <summary>The snapshot at hand; read from the database only when there is none yet.</summary>
    public async ValueTask<Catalog> GetAsync(CancellationToken cancellationToken) =>
        _current is { } current ? current.Catalog : await RefreshAsync(TimeSpan.MaxValue, cancellationToken);

    /// <summary>A snapshot whose reading began less than <paramref name="olderThan"/> ago, or after this call.</summary>
    public async Task<Catalog> RefreshAsync(TimeSpan olderThan, CancellationToken cancellationToken)
    {
        var called = timeProvider.GetTimestamp();
        while (true)
        {
            if (_current is { } current && IsFresh(current))
            {
                return current.Catalog;
            }

            // A read that began too early may miss the very change that the caller looks for: it is waited for and followed by another.
            var flight = Join(out var isNew);
            var snapshot = await flight.WaitAsync(cancellationToken);
            if (isNew || IsFresh(snapshot))
            {
                return snapshot.Catalog;
            }
        }

        bool IsFresh(Snapshot snapshot) => timeProvider.GetElapsedTime(snapshot.StartedAt, called) < olderThan;
    }

    private Task<Snapshot> Join(out bool isNew)
    {
        lock (_lock)
        {
            isNew = _flight is null or { IsCompleted: true };
            if (isNew)
            {
                _flight = ReadAsync();
            }

            return _flight!;
        }
    }

    /// <summary>Shared by all who wait, so no one of them can cancel it.</summary>
    private async Task<Snapshot> ReadAsync()
    {
        var startedAt = timeProvider.GetTimestamp();
        await Task.Yield();
        var snapshot = new Snapshot(await TryReadAsync(), startedAt);
        _current = snapshot;
        return snapshot;
    }

    private async Task<Catalog> TryReadAsync()
    {
        try
        {
            return await readAsync(CancellationToken.None);
        }
        catch (Exception exception) when (DatabaseFaults.IsConnectionLoss(exception))
        {
            throw DatabaseFaults.Unavailable(exception);
        }
    }

    private sealed record Snapshot(Catalog Catalog, long StartedAt);
}
