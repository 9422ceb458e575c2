using Microsoft.Extensions.Options;
using Npgsql;

namespace BatchService.Batching;

/// <summary>Removes expired idempotency keys now and then, a bounded number at a time; a failure is logged and tried again later.</summary>
internal sealed partial class IdempotencyPruning(
    NpgsqlDataSource dataSource, IOptions<IdempotencyOptions> options, TimeProvider time, ILogger<IdempotencyPruning> logger) : BackgroundService
{
    private const int Piece = 1_000;

    private static readonly string Sql = $"""
        DELETE FROM batch.idempotency_key
        WHERE (caller, route, key) IN (
            SELECT caller, route, key
            FROM batch.idempotency_key
            WHERE expires_at < now()
            LIMIT {Piece}
            FOR UPDATE SKIP LOCKED)
        """;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.PruneSeconds), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await PruneAsync(stoppingToken);
    }

    private async Task PruneAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var command = dataSource.CreateCommand(Sql);
            int removed;
            do
                removed = await command.ExecuteNonQueryAsync(cancellationToken);
            while (removed == Piece);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever it was: an exception that leaves a background loop ends the host.
            LogFailed(logger, exception.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Expired idempotency keys could not be removed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
