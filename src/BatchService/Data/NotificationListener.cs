using Npgsql;

namespace BatchService.Data;

/// <summary>
/// Hears what is said by <c>NOTIFY</c>. Only a hint: when the database is away it tries again, and what was said meanwhile is lost, so
/// that every listener also looks by itself now and then. The connection is not one of the pool's, and goes past a pooler.
/// </summary>
internal sealed partial class NotificationListener(
    [FromKeyedServices(DatabaseSetup.Listen)] NpgsqlDataSource dataSource, TimeProvider time, ILogger<NotificationListener> logger)
{
    private static readonly TimeSpan _firstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longestDelay = TimeSpan.FromSeconds(30);

    /// <summary>A connection that died without a word is found by asking on it this often.</summary>
    private static readonly TimeSpan _silence = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Listens until it is canceled. <paramref name="heard"/> gets the payload of each notification, one after the other, and an empty one
    /// after each new connection.
    /// </summary>
    public async Task RunAsync(string channel, Func<string, CancellationToken, Task> heard, CancellationToken cancellationToken)
    {
        var delay = _firstDelay;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(channel, () => delay = _firstDelay, heard, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // Whatever it was: the loop goes on, or a passing fault would end listening for good.
                LogLost(exception.Message, channel, delay.TotalSeconds);
                await Task.Delay(delay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                delay = delay * 2 < _longestDelay ? delay * 2 : _longestDelay;
            }
        }
    }

    private async Task ListenAsync(
        string channel, Action connected, Func<string, CancellationToken, Task> heard, CancellationToken cancellationToken)
    {
        var payloads = new Queue<string>();
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        connection.Notification += (_, notification) => payloads.Enqueue(notification.Payload);
        await ExecuteAsync(connection, $"LISTEN {channel}", cancellationToken);
        connected();
        payloads.Enqueue("");
        while (!cancellationToken.IsCancellationRequested)
        {
            while (payloads.TryDequeue(out var payload))
                await heard(payload, cancellationToken);
            if (!await connection.WaitAsync(_silence, cancellationToken))
                await ExecuteAsync(connection, "SELECT 1", cancellationToken);
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Nobody listens to {Channel} ({Reason}); trying again in {Seconds} s")]
    private partial void LogLost(string reason, string channel, double seconds);
}
