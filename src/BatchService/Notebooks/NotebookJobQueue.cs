using BatchService.Batching;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BatchService.Notebooks;

/// <summary>Who asks for a job of which kind.</summary>
/// <param name="JobType">Null: of any.</param>
internal sealed record JobAsk(Guid NotebookId, string WorkerId, string? JobType);

/// <summary>
/// Hands out jobs: the oldest first, each to one worker, for the time of its lease. A waiting worker holds no connection. Leases are read
/// by the database's clock alone.
/// </summary>
internal sealed class NotebookJobQueue(
    AtomicWrite writes,
    NpgsqlDataSource dataSource,
    NotebookJobSignal signal,
    TimeProvider time,
    IOptions<NotebookOptions> options,
    IOptions<BatchOptions> limits)
{
    /// <summary>The status of a job that its worker gave back or lost.</summary>
    public const string StatusGivenBack = "CASE WHEN retry_count < max_retries THEN 'pending' ELSE 'failed' END";

    /// <summary>Takes the jobs of the notebook $1 back whose leases ran out.</summary>
    public const string ReturnLapsed = $"""
        WITH lapsed AS MATERIALIZED (
            SELECT id
            FROM batch.notebook_job
            WHERE notebook_id = $1 AND status = 'in_progress' AND lease_until < now()
            FOR UPDATE SKIP LOCKED)
        UPDATE batch.notebook_job job
        SET status = {StatusGivenBack},
            retry_count = least(retry_count + 1, max_retries),
            error = 'The lease ran out before the worker answered',
            claimed_at = NULL, claimed_by = NULL, lease_until = NULL
        FROM lapsed
        WHERE job.notebook_id = $1 AND job.id = lapsed.id
        """;

    private const int NoContent = 204;

    /// <summary>The job, or 204 when none came within <paramref name="wait"/> or until <paramref name="stopping"/>.</summary>
    public async Task<WriteResult> NextAsync(
        JobAsk ask, Caller caller, TimeSpan wait, CancellationToken stopping, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        var isFirst = true;
        while (true)
        {
            // Before looking: a job that comes between looking and waiting is not missed.
            using var subscription = signal.Listen(ask.NotebookId);
            if (isFirst || await PeekAsync(ask, cancellationToken))
            {
                isFirst = false;
                var claimed = await ClaimAsync(ask, caller, cancellationToken);
                if (claimed.Answer is not { Status: NoContent })
                    return claimed;
            }
            var left = wait - time.GetElapsedTime(start);
            if (left > TimeSpan.Zero)
                await PauseAsync(subscription.News, left, stopping, cancellationToken);

            // A service that stops takes no job on the way out.
            if (left <= TimeSpan.Zero || stopping.IsCancellationRequested)
                return WriteResult.Done(Nothing);
        }
    }

    private static StoredAnswer Nothing => new(NoContent, "application/json", ReadOnlyMemory<byte>.Empty, Succeeded: 0, Failed: 0);

    private async Task PauseAsync(Task news, TimeSpan left, CancellationToken stopping, CancellationToken cancellationToken)
    {
        // Spread, so that many workers do not ask in step.
        var poll = TimeSpan.FromSeconds(options.Value.PollSeconds * (1 + Random.Shared.NextDouble()));
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellationToken);
        await Task.WhenAny(news, Task.Delay(left < poll ? left : poll, time, over.Token));
        await over.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Cheap, and without a transaction: what an idle worker costs.</summary>
    private async Task<bool> PeekAsync(JobAsk ask, CancellationToken cancellationToken)
    {
        var sql = $"""
            SELECT EXISTS (SELECT FROM batch.notebook_job WHERE notebook_id = $1 AND status = 'pending'{OfType(ask, "$2")})
                OR EXISTS (SELECT FROM batch.notebook_job WHERE notebook_id = $1 AND status = 'in_progress' AND lease_until < now())
            """;
        await using var batch = Statement.Together(
            dataSource, ask.JobType is null ? Statement.Of(sql, ask.NotebookId) : Statement.Of(sql, ask.NotebookId, ask.JobType));
        return (bool)(await batch.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task<WriteResult> ClaimAsync(JobAsk ask, Caller caller, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(limits.Value.DeadlineSeconds));
        return await writes.RunAsync(
            key: null, caller, (connection, token) => ClaimAsync(connection, ask, caller.Subject, token), deadline.Token);
    }

    private async Task<WriteResult> ClaimAsync(
        NpgsqlConnection connection, JobAsk ask, string subject, CancellationToken cancellationToken)
    {
        var claim = $"""
            WITH next AS MATERIALIZED (
                SELECT id
                FROM batch.notebook_job
                WHERE notebook_id = $1 AND status = 'pending'{OfType(ask, "$4")}
                ORDER BY created, id
                LIMIT 1
                FOR UPDATE SKIP LOCKED)
            UPDATE batch.notebook_job job
            SET status = 'in_progress', claimed_by = $2, claimed_at = now(), lease_until = now() + make_interval(secs => $3)
            FROM next
            WHERE job.notebook_id = $1 AND job.id = next.id
            RETURNING job.id, job.job_type, job.payload::text, job.created, job.claimed_at
            """;
        var depth = $"SELECT count(*) FROM batch.notebook_job WHERE notebook_id = $1 AND status = 'pending'{OfType(ask, "$2")}";
        var lease = (double)options.Value.LeaseSeconds;
        await using var batch = Statement.Together(
            connection,
            Statement.Of(NotebookAccess.Select(AccessTier.ReadWrite), ask.NotebookId, subject),
            Statement.Of(ReturnLapsed, ask.NotebookId),
            ask.JobType is null
                ? Statement.Of(claim, ask.NotebookId, ask.WorkerId, lease)
                : Statement.Of(claim, ask.NotebookId, ask.WorkerId, lease, ask.JobType),
            ask.JobType is null ? Statement.Of(depth, ask.NotebookId) : Statement.Of(depth, ask.NotebookId, ask.JobType));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            return WriteResult.Refused(NotebookErrors.NotebookNotFound(ask.NotebookId));
        await reader.NextResultAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            return WriteResult.Done(Nothing);
        var job = new ClaimedJob(
            reader.GetGuid(0),
            reader.GetString(1),
            reader.GetString(2),
            reader.GetFieldValue<DateTimeOffset>(3),
            reader.GetFieldValue<DateTimeOffset>(4));
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return WriteResult.Done(StoredAnswer.Json(200, job.ToJson(ask.WorkerId, reader.GetInt64(0))));
    }

    private static string OfType(JobAsk ask, string parameter) => ask.JobType is null ? "" : $" AND job_type = {parameter}";

    /// <summary>A job as its worker gets it.</summary>
    private sealed record ClaimedJob(Guid Id, string JobType, string Payload, DateTimeOffset Created, DateTimeOffset ClaimedAt)
    {
        public ReadOnlyMemory<byte> ToJson(string workerId, long depth) => NotebookJson.Object(writer =>
        {
            writer.WriteString("id", Id);
            writer.WriteString("job_type", JobType);
            writer.WriteString("status", JobStatuses.InProgress);
            writer.WriteJson("payload", Payload);
            writer.WriteTime("created", Created);
            writer.WriteTime("claimed_at", ClaimedAt);
            writer.WriteString("claimed_by", workerId);
            writer.WriteNumber("queue_depth", depth);
        });
    }
}
