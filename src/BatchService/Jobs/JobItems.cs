using System.Runtime.CompilerServices;
using BatchService.Batching;
using Npgsql;

namespace BatchService.Jobs;

/// <summary>Reads the items of jobs and what became of them, block by block.</summary>
internal sealed class JobItems(NpgsqlDataSource database)
{
    /// <summary>The items of a part, a block at a time.</summary>
    public async IAsyncEnumerable<IReadOnlyList<ItemInput>> ReadInputAsync(JobLease lease, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var first = lease.FirstIndex; first < lease.FirstIndex + lease.ItemCount;)
        {
            var block = await ReadBlockAsync(lease.JobId, first, cancellationToken);
            yield return JobLines.Read(block, first, lease.Job.Header is not null);
            first += JobLines.Split(block).Count;
        }
    }

    /// <summary>The block of items that begins at an index.</summary>
    public async Task<byte[]> ReadBlockAsync(Guid jobId, int first, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT items FROM batch.job_input WHERE batch_job_id = $1 AND first_index = $2");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = jobId });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = first });
        return await command.ExecuteScalarAsync(cancellationToken) as byte[]
            ?? throw new JobStoppedException();
    }

    /// <summary>What earlier workers decided of a part.</summary>
    public async Task<IReadOnlyList<ItemOutcome>> ReadDoneAsync(JobLease lease, JobType type, CancellationToken cancellationToken) =>
        lease is { Fence: 1 }
            ? []
            : [.. (await ReadResultsAsync(lease.JobId, lease.Part, 0, int.MaxValue, cancellationToken)).Select(result => result.ToReplayed(type))];

    /// <summary>The results of a part's items from one index to another, in no order.</summary>
    public async Task<IReadOnlyList<JobResult>> ReadResultsAsync(Guid jobId, int part, int from, int to, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            SELECT results, processed_at
            FROM batch.job_result
            WHERE batch_job_id = $1 AND part = $2 AND last_index >= $3 AND first_index <= $4
            ORDER BY id
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = jobId });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = part });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = from });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = to });
        var results = new List<JobResult>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var processedAt = reader.GetFieldValue<DateTimeOffset>(1);
            results.AddRange(JobLines.Split(reader.GetFieldValue<byte[]>(0)).Select(line => JobResult.Read(line, processedAt)));
        }
        return results;
    }
}
