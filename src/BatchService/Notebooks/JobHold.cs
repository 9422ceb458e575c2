using BatchService.Batching;
using Npgsql;

namespace BatchService.Notebooks;

/// <summary>Who speaks about which job.</summary>
internal sealed record JobRef(Guid NotebookId, Guid JobId, string Subject, string WorkerId);

/// <summary>
/// A job, locked until the end of the transaction, as its worker must find it: nobody else can complete, fail or return it meanwhile.
/// </summary>
/// <param name="EntryId">The payload's <c>entry_id</c>.</param>
/// <param name="AgainstId">The payload's <c>compare_against_id</c>.</param>
internal sealed record JobHold(
    string JobType, string Status, string? ClaimedBy, bool IsLeased, int? FollowUpJobs, Guid? EntryId, Guid? AgainstId)
{
    private const string Sql = """
        SELECT job_type, status, claimed_by, coalesce(lease_until >= now(), false), follow_up_jobs,
               (payload ->> 'entry_id')::uuid,
               CASE WHEN job_type = 'COMPARE_CLAIMS' THEN (payload ->> 'compare_against_id')::uuid END
        FROM batch.notebook_job
        WHERE notebook_id = $1 AND id = $2
        FOR UPDATE
        """;

    /// <summary>Locks the notebook against being deleted, then the job: always in this order.</summary>
    public static async Task<(JobHold? Job, Error? Error)> TakeAsync(
        NpgsqlConnection connection, JobRef job, CancellationToken cancellationToken)
    {
        await using var batch = Statement.Together(
            connection,
            Statement.Of($"{NotebookAccess.Select(AccessTier.ReadWrite)} FOR KEY SHARE OF n", job.NotebookId, job.Subject),
            Statement.Of(Sql, job.NotebookId, job.JobId));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            return (null, NotebookErrors.NotebookNotFound(job.NotebookId));
        await reader.NextResultAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            return (null, NotebookErrors.JobNotFound(job.JobId));
        var hold = new JobHold(
            reader.GetString(0),
            reader.GetString(1),
            EntryReader.Text(reader, 2),
            reader.GetBoolean(3),
            reader.IsDBNull(4) ? null : reader.GetInt32(4),
            EntryReader.Id(reader, 5),
            EntryReader.Id(reader, 6));
        return (hold, null);
    }

    /// <summary>True while the worker has it: a lease that ran out has been lost, even if nobody else took the job yet.</summary>
    public bool IsOf(string workerId) => Status == JobStatuses.InProgress && ClaimedBy == workerId && IsLeased;

    /// <summary>True when the worker completed it before: the answer to that was lost.</summary>
    public bool WasCompletedBy(string workerId) => Status == JobStatuses.Completed && ClaimedBy == workerId;
}
