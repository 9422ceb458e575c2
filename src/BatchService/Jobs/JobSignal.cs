using System.Data.Common;
using Npgsql;

namespace BatchService.Jobs;

/// <summary>
/// Wakes the workers of this process when a job was submitted anywhere. Only a hint: who misses it finds the job by polling.
/// </summary>
internal sealed partial class JobSignal(NpgsqlDataSource database, TimeProvider time, ILogger<JobSignal> logger) : BackgroundService
{
    public const string Channel = "batch_jobs";

    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(5);

    /// <summary>A connection that died without a word is found by asking on it this often.</summary>
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(30);

    private TaskCompletionSource _raised = New();

    /// <summary>Ends when something was announced, or when the time is over.</summary>
    public async Task WaitAsync(TimeSpan longest, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(_raised.Task, Task.Delay(longest, time, stop.Token));
        await stop.CancelAsync();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                LogLost(logger, exception.Message);
                await Task.Delay(s_retry, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        connection.Notification += (_, _) => Raise();
        await RunAsync(connection, $"LISTEN {Channel}", cancellationToken);
        while (!cancellationToken.IsCancellationRequested)
        {
            if (!await connection.WaitAsync(s_silence, cancellationToken))
                await RunAsync(connection, "SELECT 1", cancellationToken);
        }
    }

    private void Raise() => Interlocked.Exchange(ref _raised, New()).TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static async Task RunAsync(DbConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Jobs are found by polling only, until this is over: {Reason}")]
    private static partial void LogLost(ILogger logger, string reason);
}
