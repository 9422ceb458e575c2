using BatchService.Data;
using Npgsql;

namespace BatchService.Notebooks;

/// <summary>
/// Carries the hints of <see cref="JobSignal"/> between service processes by NOTIFY. It is sent after the commit and by itself: inside the
/// effect's transaction it would make all commits of the server queue up behind each other. It never takes the host down.
/// </summary>
internal sealed partial class JobHints(
    DatabaseServer server, NpgsqlDataSource dataSource, JobSignal signal, TimeProvider time, ILogger<JobHints> logger) : BackgroundService
{
    public const string Channel = "batch_notebook_job";

    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(5);

    /// <summary>A connection that died without a word is found by asking on it this often.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    /// <summary>Announcements of one notebook within this time are one.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(20);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        RepeatAsync(ListenAsync, stoppingToken),
        RepeatAsync(SendAsync, stoppingToken));

    private async Task RepeatAsync(Func<CancellationToken, Task> work, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await work(stoppingToken);
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

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        // Not of the pool, which is there for requests.
        var settings = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Pooling = false };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        connection.Notification += (_, notification) =>
        {
            if (Guid.TryParse(notification.Payload, out var id))
                signal.Wake(id);
        };
        await connection.OpenAsync(cancellationToken);
        await RunAsync(connection, $"LISTEN {Channel}", cancellationToken);
        while (!cancellationToken.IsCancellationRequested)
        {
            if (!await connection.WaitAsync(Silence, cancellationToken))
                await RunAsync(connection, "SELECT 1", cancellationToken);
        }
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

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Hints about new jobs are interrupted ({Reason}); trying again in {Seconds} s")]
    private static partial void LogLost(ILogger logger, string reason, double seconds);
}
