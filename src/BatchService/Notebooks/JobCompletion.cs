using System.Text.Json;
using BatchService.Batching;
using Npgsql;

namespace BatchService.Notebooks;

/// <summary>
/// Completes a job: what the worker found out and the job's new state are one transaction, so every result is applied exactly once.
/// </summary>
internal static class JobCompletion
{
    private const double FrictionForReview = 0.2;

    public static async Task<WriteResult> CompleteAsync(
        NpgsqlConnection connection, JobRef job, JsonElement result, int maxRetries, TimeProvider time, CancellationToken cancellationToken)
    {
        var (hold, missing) = await JobHold.TakeAsync(connection, job, cancellationToken);
        if (hold is null)
            return WriteResult.Refused(missing!);
        if (hold.WasCompletedBy(job.WorkerId) && await HasResultAsync(connection, job, result, cancellationToken))
            return Completed(hold.FollowUpJobs ?? 0);
        if (!hold.IsOf(job.WorkerId))
            return WriteResult.Refused(NotebookErrors.JobNotClaimed);
        var (read, malformed) = NotebookJobResult.Read(hold.JobType, result);
        if (read is null)
            return WriteResult.Refused(malformed);
        var (followUps, error) = await ApplyAsync(connection, job, hold, read, maxRetries, time, cancellationToken);
        if (error is not null)
            return WriteResult.Refused(error);
        const string sql = """
            UPDATE batch.notebook_job
            SET status = 'completed', result = $3::jsonb, error = NULL, lease_until = NULL, completed_at = now(), follow_up_jobs = $4
            WHERE notebook_id = $1 AND id = $2
            """;
        await using var batch = Statement.Together(
            connection, Statement.Of(sql, job.NotebookId, job.JobId, result.GetRawText(), followUps));
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return Completed(followUps);
    }

    /// <summary>Gives it back to be tried again, or gives it up when no retry is left.</summary>
    public static async Task<WriteResult> FailAsync(
        NpgsqlConnection connection, JobRef job, string reason, CancellationToken cancellationToken)
    {
        var (hold, missing) = await JobHold.TakeAsync(connection, job, cancellationToken);
        if (hold is null)
            return WriteResult.Refused(missing!);
        if (!hold.IsOf(job.WorkerId))
            return WriteResult.Refused(NotebookErrors.JobNotClaimed);
        const string sql = $"""
            UPDATE batch.notebook_job
            SET status = {NotebookJobQueue.StatusGivenBack},
                retry_count = least(retry_count + 1, max_retries),
                error = $3, claimed_at = NULL, claimed_by = NULL, lease_until = NULL
            WHERE notebook_id = $1 AND id = $2
            RETURNING status, retry_count
            """;
        await using var batch = Statement.Together(connection, Statement.Of(sql, job.NotebookId, job.JobId, reason));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var (status, retries) = (reader.GetString(0), reader.GetInt32(1));
        return WriteResult.Done(StoredAnswer.Json(200, NotebookJson.Object(writer =>
        {
            writer.WriteString("status", status);
            if (status == JobStatuses.Pending)
                writer.WriteNumber("retry_count", retries);
        })));
    }

    /// <summary>True when the job was completed with this very result: members in another order, or numbers written otherwise, are the same.</summary>
    private static async Task<bool> HasResultAsync(
        NpgsqlConnection connection, JobRef job, JsonElement result, CancellationToken cancellationToken)
    {
        if (result.ValueKind == JsonValueKind.Undefined)
            return false;
        const string sql = "SELECT coalesce(result = $3::jsonb, false) FROM batch.notebook_job WHERE notebook_id = $1 AND id = $2";
        await using var batch = Statement.Together(connection, Statement.Of(sql, job.NotebookId, job.JobId, result.GetRawText()));
        return (bool)(await batch.ExecuteScalarAsync(cancellationToken))!;
    }

    private static WriteResult Completed(int followUps) => WriteResult.Done(StoredAnswer.Json(200, NotebookJson.Object(writer =>
    {
        writer.WriteString("status", JobStatuses.Completed);
        writer.WriteNumber("follow_up_jobs", followUps);
    })));

    private static async Task<(int FollowUps, Error? Error)> ApplyAsync(
        NpgsqlConnection connection,
        JobRef job,
        JobHold hold,
        NotebookJobResult result,
        int maxRetries,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var entry = hold.EntryId ?? Guid.Empty;
        switch (result)
        {
            case NotebookJobResult.Distilled distilled:
                // Claims that are there stay; the job is done all the same, or it would come back for ever.
                var write = new ClaimsWrite(job.NotebookId, entry, distilled.Claims, job.Subject, job.WorkerId, maxRetries);
                var (created, error) = await ClaimsWriter.WriteAsync(connection, write, time, cancellationToken);
                return (created ?? 0, error);
            case NotebookJobResult.Compared compared:
                await AddComparisonAsync(connection, job, hold, compared, time.GetUtcNow(), cancellationToken);
                return (0, null);
            default:
                const string sql = "UPDATE batch.entry SET primary_topic = $3 WHERE notebook_id = $1 AND id = $2";
                await using (var batch = Statement.Together(
                    connection, Statement.Of(sql, job.NotebookId, entry, ((NotebookJobResult.Classified)result).PrimaryTopic)))
                    await batch.ExecuteNonQueryAsync(cancellationToken);
                return (0, null);
        }
    }

    private static async Task AddComparisonAsync(
        NpgsqlConnection connection,
        JobRef job,
        JobHold hold,
        NotebookJobResult.Compared compared,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        const string sql = """
            UPDATE batch.entry
            SET comparisons = comparisons || jsonb_build_array(jsonb_build_object(
                    'compared_against', $3::uuid, 'entropy', $4::float8, 'friction', $5::float8, 'contradictions', $6::jsonb,
                    'computed_at', $7::text, 'computed_by', $8::text)),
                max_friction = greatest(max_friction, $5::float8),
                needs_review = greatest(max_friction, $5::float8) > $9::float8
            WHERE notebook_id = $1 AND id = $2
            """;
        await using var batch = Statement.Together(
            connection,
            Statement.Of(
                sql,
                job.NotebookId,
                hold.EntryId,
                hold.AgainstId,
                compared.Entropy,
                compared.Friction,
                compared.Contradictions,
                Rfc3339.Format(now),
                job.WorkerId,
                FrictionForReview));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
