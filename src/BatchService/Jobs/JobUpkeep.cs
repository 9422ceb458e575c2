using Microsoft.Extensions.Options;
using Npgsql;

namespace BatchService.Jobs;

/// <summary>
/// Looks after jobs that no worker holds: ends those that are done or poisoned, takes secrets out of old results, and removes expired jobs,
/// a bounded number at a time. Every process does it; whatever is done twice has no effect.
/// </summary>
internal sealed partial class JobUpkeep(
    NpgsqlDataSource database, JobEnding ending, JobTypes types, JobMetrics metrics, IOptions<JobOptions> options, TimeProvider time, ILogger<JobUpkeep> logger)
    : BackgroundService
{
    private const int Piece = 1_000;

    private long _queueDepth;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        metrics.ObserveQueue(() => Interlocked.Read(ref _queueDepth));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(options.Value.PollMilliseconds), time);
        var nextPruning = time.GetUtcNow();
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await ending.SweepAsync(stoppingToken);
                if (time.GetUtcNow() < nextPruning)
                    continue;
                nextPruning = time.GetUtcNow().AddSeconds(options.Value.PruneSeconds);
                await CountAsync(stoppingToken);
                await RedactAsync(stoppingToken);
                await PruneAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                LogFailed(logger, exception.Message);
            }
        }
    }

    private async Task CountAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            SELECT coalesce(sum(p.item_count - p.processed), 0)::bigint
            FROM batch.job AS j JOIN batch.job_part AS p ON p.batch_job_id = j.batch_job_id
            WHERE j.status IN ('pending', 'processing') AND p.status <> 'done'
            """);
        Interlocked.Exchange(ref _queueDepth, (long)(await command.ExecuteScalarAsync(cancellationToken))!);
    }

    private async Task PruneAsync(CancellationToken cancellationToken)
    {
        await ExecuteInPiecesAsync(DeleteOf("job_input"), cancellationToken);
        await ExecuteInPiecesAsync(DeleteOf("job_result"), cancellationToken);
        await ExecuteInPiecesAsync(DeleteOf("job_part"), cancellationToken);
        await ExecuteInPiecesAsync(
            """
            UPDATE batch.job SET is_pruned = true, options = '{}', metadata = NULL, header = NULL, callback_url = NULL, caller_json = '{}'
            WHERE batch_job_id IN (
                SELECT batch_job_id FROM batch.job WHERE expires_at < clock_timestamp() AND NOT is_pruned LIMIT 1000 FOR UPDATE SKIP LOCKED)
            """,
            cancellationToken);
        await ExecuteInPiecesAsync(
            $"""
            DELETE FROM batch.job
            WHERE batch_job_id IN (
                SELECT batch_job_id FROM batch.job
                WHERE is_pruned AND expires_at < clock_timestamp() - make_interval(secs => {(long)(options.Value.RememberDays * 86_400)})
                LIMIT 1000 FOR UPDATE SKIP LOCKED)
            """,
            cancellationToken);
    }

    /// <summary>Rows of expired jobs that are not marked as pruned yet: the mark comes when all are gone.</summary>
    private static string DeleteOf(string table) => $"""
        DELETE FROM batch.{table} AS t
        WHERE t.ctid = ANY (ARRAY(
            SELECT x.ctid FROM batch.job AS j JOIN batch.{table} AS x ON x.batch_job_id = j.batch_job_id
            WHERE j.expires_at < clock_timestamp() AND NOT j.is_pruned
            LIMIT 1000))
        """;

    private async Task ExecuteInPiecesAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        int affected;
        do
            affected = await command.ExecuteNonQueryAsync(cancellationToken);
        while (affected == Piece);
    }

    /// <summary>Readers do not see old secrets any more; here they leave the disk, too.</summary>
    private async Task RedactAsync(CancellationToken cancellationToken)
    {
        foreach (var type in types.All.Where(type => type.HasSecrets))
        {
            await using var find = database.CreateCommand($"""
                SELECT batch_job_id FROM batch.job
                WHERE job_type = $1 AND NOT is_redacted AND NOT is_pruned
                  AND completed_at < clock_timestamp() - make_interval(secs => {(long)(options.Value.SecretHours * 3_600)})
                LIMIT 100
                """);
            find.Parameters.Add(new NpgsqlParameter<string> { TypedValue = type.Name });
            var jobs = new List<Guid>();
            await using (var reader = await find.ExecuteReaderAsync(cancellationToken))
            {
                while (await reader.ReadAsync(cancellationToken))
                    jobs.Add(reader.GetGuid(0));
            }
            foreach (var jobId in jobs)
                await RedactAsync(jobId, type, cancellationToken);
        }
    }

    private async Task RedactAsync(Guid jobId, JobType type, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await JobResultRedaction.RunAsync(connection, jobId, type, cancellationToken);
        await JobInputRedaction.RunAsync(connection, jobId, type, cancellationToken);
        await using var mark = new NpgsqlCommand("UPDATE batch.job SET is_redacted = true WHERE batch_job_id = $1", connection)
        {
            Parameters = { new NpgsqlParameter<Guid> { TypedValue = jobId } },
        };
        await mark.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The upkeep of jobs is tried again: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
