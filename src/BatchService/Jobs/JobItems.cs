using System.Runtime.CompilerServices;
using BatchService.Batching;
using Npgsql;
using NpgsqlTypes;

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
    public async Task<IReadOnlyList<ItemOutcome>> ReadDoneAsync(JobLease lease, CancellationToken cancellationToken) =>
        lease is { Fence: 1 } ? [] : [.. (await ReadResultsAsync(lease.JobId, lease.Part, cancellationToken)).Select(result => result.ToReplayed())];

    /// <summary>The results of a part, in no order.</summary>
    public async Task<IReadOnlyList<JobResult>> ReadResultsAsync(Guid jobId, int part, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT results, processed_at FROM batch.job_result WHERE batch_job_id = $1 AND part = $2 ORDER BY id");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = jobId });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = part, NpgsqlDbType = NpgsqlDbType.Integer });
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
