using BatchService.Batching;
using Npgsql;
using NpgsqlTypes;

namespace BatchService.Jobs;

/// <summary>
/// Takes part in every transaction that has effects of a job: first of all it proves that the part is still this worker's, and last it
/// writes what became of the items and moves the counters. A job that ended meanwhile lets nothing be committed any more.
/// </summary>
/// <param name="offset">The index of an item less that of its outcome.</param>
/// <param name="tellsFailures">
/// False for the transactions of the run itself: an item that failed has no effect, and whether its failure is the last word is known only
/// later; then it is told in a transaction without effects.
/// </param>
internal sealed class JobHook(
    JobLease lease,
    JobType type,
    JobOutput output,
    JobMetrics metrics,
    TimeSpan leaseTime,
    TimeProvider time,
    int offset,
    bool tellsFailures) : TransactionHook
{
    private const int ResultsOfARow = 1_000;

    private long _began;
    private int _decided;

    public override bool TriesAgainLater => true;

    /// <summary>The lock is held until the end of the transaction: whoever would take the part over waits for it.</summary>
    public override async Task<bool> AfterBeginAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT j.status
            FROM batch.job_part AS p JOIN batch.job AS j ON j.batch_job_id = p.batch_job_id
            WHERE p.batch_job_id = $1 AND p.part = $2 AND p.fence = $3 AND p.status = 'running'
            FOR UPDATE OF p
            """,
            connection);
        AddKey(command.Parameters);
        _began = time.GetTimestamp();
        return await command.ExecuteScalarAsync(cancellationToken) is "processing";
    }

    public override async Task BeforeCommitAsync(
        NpgsqlConnection connection, IReadOnlyList<ItemOutcome> outcomes, CancellationToken cancellationToken)
    {
        var decided = outcomes.Where(IsTold).ToList();
        if (!tellsFailures)
            await type.BeforeCommitAsync(connection, lease.Job, decided, cancellationToken);
        await using var batch = new NpgsqlBatch(connection);
        foreach (var piece in decided.Chunk(ResultsOfARow))
            batch.BatchCommands.Add(ToInsert(piece));
        batch.BatchCommands.Add(ToCount(decided));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT FROM batch.job WHERE batch_job_id = $1 AND status = 'processing' FOR SHARE")
        {
            Parameters = { new NpgsqlParameter<Guid> { TypedValue = lease.JobId } },
        });
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        // Only the last command gives rows.
        if (!await reader.ReadAsync(cancellationToken))
            throw new JobStoppedException();
        _decided = decided.Count;
    }

    public override void AfterCommit()
    {
        metrics.Decided(lease.Job.JobType, _decided);
        if (!tellsFailures && _decided > 0)
            metrics.Wrote(lease.Job.JobType, time.GetElapsedTime(_began));
    }

    private bool IsTold(ItemOutcome outcome) =>
        JobItemStatus.Of(outcome) is { } status && (tellsFailures || status == JobItemStatus.Success);

    private NpgsqlBatchCommand ToInsert(ItemOutcome[] piece) => new(
        """
        INSERT INTO batch.job_result (batch_job_id, part, id, first_index, last_index, failed_count, processed_at, results)
        VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp(), $7)
        """)
    {
        Parameters =
        {
            new NpgsqlParameter<Guid> { TypedValue = lease.JobId },
            new NpgsqlParameter<int> { TypedValue = lease.Part },
            new NpgsqlParameter<Guid> { TypedValue = Guid.CreateVersion7(time.GetUtcNow()) },
            new NpgsqlParameter<int> { TypedValue = piece.Min(outcome => outcome.Index) + offset },
            new NpgsqlParameter<int> { TypedValue = piece.Max(outcome => outcome.Index) + offset },
            new NpgsqlParameter<int> { TypedValue = piece.Count(outcome => JobItemStatus.Of(outcome) != JobItemStatus.Success) },
            new NpgsqlParameter<byte[]> { TypedValue = JobResult.Write(piece, offset, output) },
        },
    };

    private NpgsqlBatchCommand ToCount(List<ItemOutcome> decided)
    {
        var success = decided.Count(outcome => JobItemStatus.Of(outcome) == JobItemStatus.Success);
        var failed = decided.Count(outcome => JobItemStatus.Of(outcome) == JobItemStatus.Failed);
        var command = new NpgsqlBatchCommand(
            """
            UPDATE batch.job_part
            SET processed = processed + $4 + $5 + $6, success = success + $4, failed = failed + $5, skipped = skipped + $6,
                lease_until = clock_timestamp() + $7, lost = 0,
                status = CASE WHEN processed + $4 + $5 + $6 >= item_count THEN 'done' ELSE status END
            WHERE batch_job_id = $1 AND part = $2 AND fence = $3
            """);
        AddKey(command.Parameters);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = success });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = failed });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = decided.Count - success - failed });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = leaseTime });
        return command;
    }

    private void AddKey(NpgsqlParameterCollection parameters)
    {
        parameters.Add(new NpgsqlParameter<Guid> { TypedValue = lease.JobId });
        parameters.Add(new NpgsqlParameter<int> { TypedValue = lease.Part });
        parameters.Add(new NpgsqlParameter<long> { TypedValue = lease.Fence, NpgsqlDbType = NpgsqlDbType.Bigint });
    }
}

/// <summary>The job was canceled or failed while one of its transactions was open; that transaction is rolled back.</summary>
internal sealed class JobStoppedException() : Exception("The job has ended.");
