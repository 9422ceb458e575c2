using BatchService.Data;
using Npgsql;

namespace BatchService.Notebooks;

/// <summary>
/// Carries the hints of <see cref="NotebookJobSignal"/> between service processes by NOTIFY. It is sent after the commit and by itself: inside the
/// effect's transaction it would make all commits of the server queue up behind each other. It never takes the host down.
/// </summary>
internal sealed partial class JobHints(
    NotificationListener listener, NpgsqlDataSource dataSource, NotebookJobSignal signal, TimeProvider time, ILogger<JobHints> logger) : BackgroundService
{
    public const string Channel = "batch_notebook_job";

    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(5);

    /// <summary>Announcements of one notebook within this time are one.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(20);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        listener.RunAsync(Channel, WakeAsync, stoppingToken),
        SendAlwaysAsync(stoppingToken));

    private async Task SendAlwaysAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await SendAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // Whatever it was: without hints, waiting workers still look by themselves.
                LogLost(logger, exception.Message, Retry.TotalSeconds);
                await Task.Delay(Retry, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private Task WakeAsync(string payload, CancellationToken cancellationToken)
    {
        if (Guid.TryParse(payload, out var id))
            signal.Wake(id);
        return Task.CompletedTask;
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        while (await signal.Outgoing.WaitToReadAsync(cancellationToken))
        {
            await Task.Delay(Gathering, time, cancellationToken);
            var notebooks = new HashSet<Guid>();
            while (signal.Outgoing.TryRead(out var id))
                notebooks.Add(id);
            await using var batch = Statement.Together(
                dataSource,
                Statement.Of("SELECT pg_notify($1, id::text) FROM unnest($2::uuid[]) AS notebook(id)", Channel, notebooks.ToArray()));
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Hints about new jobs are interrupted ({Reason}); trying again in {Seconds} s")]
    private static partial void LogLost(ILogger logger, string reason, double seconds);
}
