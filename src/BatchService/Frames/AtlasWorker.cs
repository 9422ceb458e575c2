using Microsoft.Extensions.Options;
using Npgsql;

namespace BatchService.Frames;

/// <summary>
/// Builds what is due, of whomever asked, and tells those who wait in this process. It asks the database once a second, and often while
/// somebody waits; a connection that listens for good would be one of few.
/// </summary>
internal sealed partial class AtlasWorker(
    AtlasBuilder builder,
    AtlasQueue queue,
    AtlasWaiters waiters,
    AtlasCache cache,
    IOptions<AtlasOptions> options,
    ILogger<AtlasWorker> logger) : BackgroundService
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_whileAwaited = TimeSpan.FromMilliseconds(100);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (!stoppingToken.IsCancellationRequested)
                await waiters.PauseAsync(await StepAsync(stoppingToken), stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // That is how it ends.
        }
        finally
        {
            waiters.Close();
        }
    }

    /// <summary>Builds if that is due, and says how long to pause.</summary>
    private async Task<TimeSpan> StepAsync(CancellationToken cancellationToken)
    {
        var idle = TimeSpan.FromMilliseconds(options.Value.PollMilliseconds);
        try
        {
            cache.DropUnused();
            var state = await queue.ReadStateAsync(cancellationToken);
            if (state.IsDue && await builder.TryBuildAsync(cancellationToken))
                state = await queue.ReadStateAsync(cancellationToken);
            waiters.Tell(state);
            if (!waiters.Any)
                return idle;
            return state.DueIn > s_shortest && state.DueIn < s_whileAwaited ? state.DueIn : s_whileAwaited;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever it was: the loop goes on, or a passing fault would end rebuilding for good (and, unhandled, the host).
            if (exception is NpgsqlException or TimeoutException)
                LogUnreachable(logger, exception.Message);
            else
                LogFailed(logger, exception);
            return idle;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The atlas could not be looked after; trying again: {Reason}")]
    private static partial void LogUnreachable(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A rebuild of the atlas failed; trying again")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
