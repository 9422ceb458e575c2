using System.Diagnostics;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BatchService.Frames;

/// <summary>Builds the atlas when a rebuild is due: reads all frames, counts the edges, stores the nodes.</summary>
internal sealed partial class AtlasBuilder(
    AtlasQueue queue, AtlasStore store, AtlasCache cache, IOptions<AtlasOptions> options, TimeProvider time, ILogger<AtlasBuilder> logger)
{
    private static readonly TimeSpan s_pauseAfterFailure = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(2);

    /// <summary>False when none is due, or when another process is at it.</summary>
    public async Task<bool> TryBuildAsync(CancellationToken cancellationToken)
    {
        if (await queue.ClaimAsync(cancellationToken) is not { } claim)
            return false;
        using var alive = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var heartbeat = BeatAsync(claim, alive);
        try
        {
            await BuildAsync(claim, alive.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            LogOvertaken(logger, claim.Fence);
        }
        catch
        {
            await ReleaseAsync(claim, cancellationToken.IsCancellationRequested ? TimeSpan.Zero : s_pauseAfterFailure);
            throw;
        }
        finally
        {
            await alive.CancelAsync();
            await heartbeat;
        }
        return true;
    }

    private async Task BuildAsync(AtlasClaim claim, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var graph = AtlasGraph.Of(await store.ReadFramesAsync(cancellationToken));
        var edges = graph.CountEdges(cancellationToken);
        if (!await store.SaveAsync(claim, graph, edges, cancellationToken))
        {
            LogOvertaken(logger, claim.Fence);
            return;
        }
        cache.Keep(new AtlasSnapshot(claim.Fence, claim.ClaimedAt, edges, graph));
        LogBuilt(logger, claim.Fence, graph.Frames.Count, edges, watch.ElapsedMilliseconds);
    }

    /// <summary>Extends the lease until the build ends, and ends the build when it is not ours any more.</summary>
    private async Task BeatAsync(AtlasClaim claim, CancellationTokenSource alive)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.LeaseSeconds) / 3, time);
        try
        {
            while (await timer.WaitForNextTickAsync(alive.Token))
            {
                if (!await TryExtendAsync(claim, alive.Token))
                    await alive.CancelAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The build has ended.
        }
    }

    private async Task<bool> TryExtendAsync(AtlasClaim claim, CancellationToken cancellationToken)
    {
        try
        {
            return await queue.ExtendAsync(claim, cancellationToken);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            // The fence decides in the end.
            LogUnreachable(logger, exception.Message);
            return true;
        }
    }

    private async Task ReleaseAsync(AtlasClaim claim, TimeSpan pause)
    {
        using var patience = new CancellationTokenSource(s_farewell, time);
        try
        {
            await queue.ReleaseAsync(claim, pause, patience.Token);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException or OperationCanceledException)
        {
            // The lease runs out by itself.
            LogUnreachable(logger, exception.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Atlas {Version} is built: {Frames} frames, {Edges} edges, {Milliseconds} ms")]
    private static partial void LogBuilt(ILogger logger, long version, int frames, long edges, long milliseconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Atlas {Version} is not stored: another process took the rebuild over")]
    private static partial void LogOvertaken(ILogger logger, long version);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The lease of an atlas rebuild could not be changed: {Reason}")]
    private static partial void LogUnreachable(ILogger logger, string reason);
}
