using System.Threading.Channels;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace BatchService.Batching;

/// <summary>
/// Completes the rows of batches that went on after their first transaction, many in one statement and on nobody's time, and removes old
/// rows. What a crash keeps it from completing stays as it is: begun by whom and when, and no counts.
/// </summary>
internal sealed partial class AuditLog(NpgsqlDataSource database, IOptions<AuditOptions> options, TimeProvider time, ILogger<AuditLog> logger)
    : BackgroundService
{
    private const int Piece = 1_000;

    private readonly Channel<AuditEnd> _ends = Channel.CreateBounded<AuditEnd>(
        new BoundedChannelOptions(100_000) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <summary>The request of the entry has ended.</summary>
    public void Complete(AuditEntry entry)
    {
        if (entry is { IsRecorded: true, IsOpen: true, JobId: null, Ended: { } totals })
            _ends.Writer.TryWrite(new AuditEnd(entry.BatchId, totals, (long)entry.Elapsed.TotalMilliseconds));
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _ends.Writer.TryComplete();
        await base.StopAsync(cancellationToken);
        var goesOn = true;
        while (goesOn && _ends.Reader.TryPeek(out _))
            goesOn = await TryAsync(WriteEndsAsync, cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(CompleteAsync(stoppingToken), PruneAsync(stoppingToken));

    private async Task CompleteAsync(CancellationToken stoppingToken)
    {
        while (await _ends.Reader.WaitToReadAsync(stoppingToken))
        {
            if (!await TryAsync(WriteEndsAsync, stoppingToken))
                await Task.Delay(TimeSpan.FromSeconds(1), time, stoppingToken);
        }
    }

    private async Task PruneAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.PruneSeconds), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await TryAsync(RemoveOldAsync, stoppingToken);
    }

    /// <summary>What was taken from the queue and could not be written is lost: it is the lesser evil, since the rows themselves are there.</summary>
    private async Task WriteEndsAsync(CancellationToken cancellationToken)
    {
        var ends = new List<AuditEnd>();
        while (ends.Count < Piece && _ends.Reader.TryRead(out var end))
            ends.Add(end);
        await using var command = database.CreateCommand(
            """
            UPDATE batch.audit AS a
            SET completed = e.completed, failed = e.failed, skipped = e.skipped, duration_ms = e.duration_ms
            FROM unnest($1, $2, $3, $4, $5) AS e(batch_id, completed, failed, skipped, duration_ms)
            WHERE a.batch_id = e.batch_id
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. ends.Select(end => end.BatchId)] });
        Add(end => end.Totals.Successes);
        Add(end => end.Totals.Failures);
        Add(end => end.Totals.Total - end.Totals.Successes - end.Totals.Failures);
        Add(end => end.DurationMs);
        await command.ExecuteNonQueryAsync(cancellationToken);

        void Add(Func<AuditEnd, long> value) => command.Parameters.Add(
            new NpgsqlParameter<long[]> { TypedValue = [.. ends.Select(value)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
    }

    private async Task RemoveOldAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"DELETE FROM batch.audit WHERE batch_id IN (SELECT batch_id FROM batch.audit WHERE batch_id < $1 ORDER BY batch_id LIMIT {Piece} FOR UPDATE SKIP LOCKED)");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = AuditQuery.FirstAt(time.GetUtcNow().AddDays(-options.Value.KeepDays)) });
        int removed;
        do
            removed = await command.ExecuteNonQueryAsync(cancellationToken);
        while (removed == Piece);
    }

    private async Task<bool> TryAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await work(cancellationToken);
            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever it was: an exception that leaves a background loop ends the host.
            LogFailed(logger, exception.Message);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The audit table could not be brought up to date: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);

    private sealed record AuditEnd(Guid BatchId, ItemTotals Totals, long DurationMs);
}
