using BatchService.Batching;

namespace BatchService.Frames;

/// <summary>Asks for the atlas to be built anew. Requests that come close together, in whatever process, share one rebuild.</summary>
internal sealed class AtlasRebuild(AtlasQueue queue, AtlasWaiters waiters, ConnectionGate gate)
{
    /// <summary>
    /// Asks for a rebuild with every frame that is committed by now, and waits for it. Who stops to wait does not stop the rebuild; false:
    /// it was asked for, and the service shuts down before it is made.
    /// </summary>
    public async Task<bool> RequestAsync(CancellationToken cancellationToken)
    {
        long request;
        await using (var lease = await gate.OpenAsync(cancellationToken))
            request = await queue.RequestAsync(lease.Connection, cancellationToken);
        return await WaitAsync(request, cancellationToken);
    }

    /// <summary>Waits for a request that was made in a transaction of the caller; false: the service shuts down before it is met.</summary>
    public Task<bool> WaitAsync(long request, CancellationToken cancellationToken) => waiters.WaitAsync(request, cancellationToken);
}
