using System.Data.Common;
using BatchService.Data;
using Npgsql;

namespace BatchService.Entities;

/// <summary>
/// Re-reads the catalog when someone says <c>NOTIFY batch_catalog</c>. Only a hint that saves the next request a round trip:
/// when the database is away it tries again, and it never takes the host down.
/// </summary>
internal sealed partial class CatalogListener(
    [FromKeyedServices(DatabaseSetup.Listen)] NpgsqlDataSource dataSource,
    CatalogCache cache,
    TimeProvider timeProvider,
    ILogger<CatalogListener> logger) : BackgroundService
{
    public const string Channel = "batch_catalog";

    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    /// <summary>A connection that died without a word is found by asking on it this often.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var delay = FirstDelay;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(() => delay = FirstDelay, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // Whatever it was: the loop goes on, or a passing fault would end re-reading for good (and, unhandled, the host).
                LogLost(exception, delay.TotalSeconds);
                await Task.Delay(delay, timeProvider, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
            }
        }
    }

    private async Task ListenAsync(Action connected, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await RunAsync(connection, $"LISTEN {Channel}", cancellationToken);
        connected();
        // What was announced while nobody listened.
        await cache.RefreshAsync(TimeSpan.Zero, cancellationToken);
        while (!cancellationToken.IsCancellationRequested)
        {
            if (await connection.WaitAsync(Silence, cancellationToken))
            {
                await cache.RefreshAsync(TimeSpan.Zero, cancellationToken);
            }
            else
            {
                await RunAsync(connection, "SELECT 1", cancellationToken);
            }
        }
    }

    private static async Task RunAsync(DbConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Catalog listener lost its connection; trying again in {Seconds} s")]
    private partial void LogLost(Exception exception, double seconds);
}
