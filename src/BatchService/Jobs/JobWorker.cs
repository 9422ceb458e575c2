using BatchService.Batching;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BatchService.Jobs;

/// <summary>
/// The workers of this process: each claims a part, processes it with a heartbeat beside, and goes on to the next. When the service stops
/// they claim no more, have five seconds for what is open, and give their leases back.
/// </summary>
internal sealed partial class JobWorker(
    NpgsqlDataSource database,
    JobRunner runner,
    JobEnding ending,
    JobSignal signal,
    JobMetrics metrics,
    IOptions<JobOptions> options,
    TimeProvider time,
    ILogger<JobWorker> logger) : BackgroundService
{
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_pauseAfterFault = TimeSpan.FromSeconds(1);

    private readonly JobQueue _queue = new(
        database,
        TimeSpan.FromSeconds(options.Value.LeaseSeconds),
        options.Value.MaxLostLeases,
        $"{Environment.MachineName}/{Environment.ProcessId}");

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, options.Value.Workers).Select(_ => WorkAsync(stoppingToken)));

    /// <summary>Whatever happens, the loop goes on: a passing fault must not end the work for good, nor take the host down.</summary>
    private async Task WorkAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        var last = Guid.Empty;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await _queue.ClaimAsync(last, stoppingToken) is { } lease)
                {
                    last = lease.JobId;
                    await ProcessAsync(lease, stoppingToken);
                }
                else
                {
                    await signal.WaitAsync(TimeSpan.FromMilliseconds(options.Value.PollMilliseconds), stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                LogFault(logger, exception);
                await Task.Delay(s_pauseAfterFault, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ProcessAsync(JobLease lease, CancellationToken stoppingToken)
    {
        metrics.Claimed(lease.Job.JobType, lease.IsTakenOver);
        using var over = new CancellationTokenSource();
        await using var grace = stoppingToken.Register(() => over.CancelAfter(s_grace));
        var heart = BeatAsync(lease, over);
        var end = await RunAsync(lease, over.Token);
        await over.CancelAsync();
        await heart;
        if (end.State == JobRunState.Done)
        {
            await _queue.EndAsync(lease, CancellationToken.None);
            await ending.CompleteAsync(lease.JobId, CancellationToken.None);
        }
        else if (end.State == JobRunState.Postponed)
        {
            var wait = stoppingToken.IsCancellationRequested ? TimeSpan.Zero : s_pauseAfterFault * (1 << Math.Min(lease.Lost, 5));
            await _queue.ReleaseAsync(lease, wait, end.ChunkItems, end.IsDefect, CancellationToken.None);
        }
    }

    private async Task<JobRunEnd> RunAsync(JobLease lease, CancellationToken cancellationToken)
    {
        try
        {
            return await runner.RunAsync(lease, cancellationToken);
        }
        catch (Exception exception) when (!DatabaseFaults.IsConnectionLoss(exception))
        {
            // A defect of ours, or an error of PostgreSQL that nobody foresaw: it counts, so that it cannot go on for ever.
            LogDefect(logger, exception, lease.JobId, lease.Part);
            return new JobRunEnd(JobRunState.Postponed, lease.ChunkItems, IsDefect: true);
        }
        catch (Exception exception)
        {
            LogFault(logger, exception);
            return new JobRunEnd(JobRunState.Postponed, lease.ChunkItems);
        }
    }

    /// <summary>Holds the lease, three times in its length; ends the work when it is lost.</summary>
    private async Task BeatAsync(JobLease lease, CancellationTokenSource over)
    {
        var beat = TimeSpan.FromSeconds(options.Value.LeaseSeconds / 3.0);
        while (!over.IsCancellationRequested)
        {
            await Task.Delay(beat, time, over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (over.IsCancellationRequested)
                return;
            try
            {
                if (!await _queue.HoldAsync(lease, over.Token))
                    await over.CancelAsync();
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // Whatever it was: the fence decides, and a missed beat costs at most the lease.
                LogMissedBeat(logger, lease.JobId, lease.Part, exception.Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A worker was interrupted and goes on")]
    private static partial void LogFault(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The lease of part {Part} of job {JobId} could not be renewed: {Reason}")]
    private static partial void LogMissedBeat(ILogger logger, Guid jobId, int part, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Part {Part} of job {JobId} ended in an unexpected exception")]
    private static partial void LogDefect(ILogger logger, Exception exception, Guid jobId, int part);
}
