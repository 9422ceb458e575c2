using Microsoft.Extensions.Options;

namespace BatchService.Frames;

/// <summary>The last version of the atlas in memory, as long as somebody uses it: a page asks the database only for its number.</summary>
internal sealed class AtlasCache(AtlasQueue queue, AtlasStore store, IOptions<AtlasOptions> options, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _loading = new(1, 1);
    private volatile AtlasSnapshot? _kept;
    private long _usedAt;

    /// <summary>The version that is stored now, or one that was stored meanwhile.</summary>
    public async Task<AtlasSnapshot> GetAsync(CancellationToken cancellationToken)
    {
        Volatile.Write(ref _usedAt, time.GetTimestamp());
        var version = (await queue.ReadStateAsync(cancellationToken)).Version;
        if (Find(version) is { } known)
            return known;
        await _loading.WaitAsync(cancellationToken);
        try
        {
            if (Find(version) is { } loaded)
                return loaded;
            var snapshot = await store.LoadAsync(cancellationToken);
            Keep(snapshot);
            return snapshot;
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>Keeps a version that was just built.</summary>
    public void Keep(AtlasSnapshot snapshot)
    {
        Volatile.Write(ref _usedAt, time.GetTimestamp());
        _kept = snapshot;
    }

    /// <summary>Lets go of what was not used for a while.</summary>
    public void DropUnused()
    {
        if (time.GetElapsedTime(Volatile.Read(ref _usedAt)) >= TimeSpan.FromMinutes(options.Value.CacheMinutes))
            _kept = null;
    }

    public void Dispose() => _loading.Dispose();

    private AtlasSnapshot? Find(long version)
    {
        if (version == 0)
            return AtlasSnapshot.None;
        return _kept is { } kept && kept.Version >= version ? kept : null;
    }
}
