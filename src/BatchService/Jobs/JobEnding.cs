using BatchService.Batching;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BatchService.Jobs;

/// <summary>
/// Ends jobs: completes one whose parts are all done, fails one that nobody can process, cancels one on request. An end, and the webhook
/// that tells of it, are one transaction.
/// </summary>
internal sealed class JobEnding(TransactionRunner transactions, IOptions<JobOptions> options, NpgsqlDataSource database)
{
    private TimeSpan Keep => TimeSpan.FromDays(options.Value.KeepDays);

    /// <summary>Completes the job if all of its parts are done.</summary>
    public Task<bool> CompleteAsync(Guid jobId, CancellationToken cancellationToken) => EndAsync(
        jobId,
        "completed",
        """
        status = 'processing'
        AND NOT EXISTS (SELECT FROM batch.job_part AS p WHERE p.batch_job_id = j.batch_job_id AND p.status <> 'done')
        """,
        error: null,
        cancellationToken);

    /// <summary>
    /// Cancels inside the connection's transaction; false when it had ended before. Once that is committed, nothing of the job is written
    /// any more.
    /// </summary>
    public Task<bool> CancelAsync(NpgsqlConnection connection, Guid jobId, CancellationToken cancellationToken) =>
        EndAsync(connection, jobId, "canceled", "status IN ('pending', 'processing')", error: null, cancellationToken);

    /// <summary>
    /// Looks after what no worker does: jobs whose last worker went before it could complete them, and poison, whose workers go again and
    /// again.
    /// </summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        foreach (var jobId in await FindAsync(
            """
            SELECT j.batch_job_id FROM batch.job AS j
            WHERE j.status = 'processing' AND NOT EXISTS (SELECT FROM batch.job_part AS p WHERE p.batch_job_id = j.batch_job_id AND p.status <> 'done')
            LIMIT 100
            """,
            [],
            cancellationToken))
        {
            await CompleteAsync(jobId, cancellationToken);
        }
        var isGivenUp = $"p.status <> 'done' AND p.lost + (p.status = 'running' AND p.lease_until < clock_timestamp())::integer >= {options.Value.MaxLostLeases}";
        foreach (var jobId in await FindAsync(
            $"""
            SELECT DISTINCT j.batch_job_id
            FROM batch.job AS j JOIN batch.job_part AS p ON p.batch_job_id = j.batch_job_id
            WHERE j.status = 'processing' AND {isGivenUp}
            LIMIT 100
            """,
            [],
            cancellationToken))
        {
            // A part whose row is locked has a worker that lives, in a transaction that takes longer than the lease.
            await EndAsync(
                jobId,
                "failed",
                $"""
                status = 'processing'
                AND EXISTS (SELECT FROM batch.job_part AS p WHERE p.batch_job_id = j.batch_job_id AND {isGivenUp} FOR UPDATE SKIP LOCKED)
                """,
                $"worker_lost: {options.Value.MaxLostLeases} attempts in a row at the same items came to nothing: the worker was lost, took too long, or met an unexpected error",
                cancellationToken);
        }
    }

    private async Task<bool> EndAsync(Guid jobId, string status, string condition, string? error, CancellationToken cancellationToken)
    {
        var (end, ended) = await transactions.RunAsync(
            JobSystem.Caller,
            hook: null,
            immediateConstraints: false,
            async (open, token) =>
            {
                await open.BeginAsync(token);
                var job = await EndAsync(open.Connection, jobId, status, condition, error, token);
                return new TransactionVerdict<bool>(job, job, []);
            },
            cancellationToken);
        return ended && end == TransactionEnd.Committed;
    }

    private async Task<bool> EndAsync(
        NpgsqlConnection connection, Guid jobId, string status, string condition, string? error, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            UPDATE batch.job AS j
            SET status = $2, completed_at = clock_timestamp(), expires_at = clock_timestamp() + $3, error_message = $4
            WHERE batch_job_id = $1 AND {condition}
            RETURNING callback_url, caller
            """,
            connection)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid> { TypedValue = jobId },
                new NpgsqlParameter<string> { TypedValue = status },
                new NpgsqlParameter<TimeSpan> { TypedValue = Keep },
                new NpgsqlParameter { Value = (object?)error ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text },
            },
        };
        string? callback;
        string caller;
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            if (!await reader.ReadAsync(cancellationToken))
                return false;
            callback = await reader.IsDBNullAsync(0, cancellationToken) ? null : reader.GetString(0);
            caller = reader.GetString(1);
        }
        await AuditAsync(connection, jobId, cancellationToken);
        if (callback is not null)
            await TellAsync(connection, jobId, status, callback, caller, cancellationToken);
        return true;
    }

    /// <summary>Completes the audit row of the request that the job came with.</summary>
    private static async Task AuditAsync(NpgsqlConnection connection, Guid jobId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            UPDATE batch.audit AS a
            SET completed = c.success, failed = c.failed, skipped = c.total - c.success - c.failed,
                duration_ms = extract(epoch FROM clock_timestamp() - a.at) * 1000
            FROM (SELECT sum(success) AS success, sum(failed) AS failed, sum(item_count) AS total
                  FROM batch.job_part WHERE batch_job_id = $1) AS c
            WHERE a.job_id = $1
            """,
            connection)
        {
            Parameters = { new NpgsqlParameter<Guid> { TypedValue = jobId } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task TellAsync(
        NpgsqlConnection connection, Guid jobId, string status, string callback, string caller, CancellationToken cancellationToken)
    {
        var job = await JobStatusQuery.FindAsync(new NpgsqlCommand { Connection = connection }, jobId, caller, cancellationToken);
        await WebhookOutbox.AddAsync(connection, new WebhookMessage(callback, $"job.{status}", caller, job!.ToJson()), cancellationToken);
    }

    private async Task<IReadOnlyList<Guid>> FindAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        var found = new List<Guid>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            found.Add(reader.GetGuid(0));
        return found;
    }
}

/// <summary>The service itself, where it acts on nobody's behalf.</summary>
internal static class JobSystem
{
    public static readonly Caller Caller = new("", new HashSet<string>(), new HashSet<string>(), "{}");
}
