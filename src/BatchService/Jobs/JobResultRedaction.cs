using Npgsql;

namespace BatchService.Jobs;

/// <summary>Takes secrets out of the results of a finished job, block by block: all of them together may not fit into memory.</summary>
internal static class JobResultRedaction
{
    /// <summary>Rewrites the results inside the connection's transaction.</summary>
    public static async Task RunAsync(NpgsqlConnection connection, Guid jobId, JobType type, CancellationToken cancellationToken)
    {
        foreach (var (part, id) in await FindAsync(connection, jobId, cancellationToken))
        {
            await using var read = new NpgsqlCommand(
                "SELECT results FROM batch.job_result WHERE batch_job_id = $1 AND part = $2 AND id = $3 FOR UPDATE", connection);
            AddKey(read, jobId, part, id);
            if (await read.ExecuteScalarAsync(cancellationToken) is not byte[] block)
                continue;
            await using var write = new NpgsqlCommand(
                "UPDATE batch.job_result SET results = $4 WHERE batch_job_id = $1 AND part = $2 AND id = $3", connection);
            AddKey(write, jobId, part, id);
            write.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = JobResult.Redact(block, type.Redact) });
            await write.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static async Task<IReadOnlyList<(int Part, Guid Id)>> FindAsync(NpgsqlConnection connection, Guid jobId, CancellationToken cancellationToken)
    {
        await using var find = new NpgsqlCommand("SELECT part, id FROM batch.job_result WHERE batch_job_id = $1", connection)
        {
            Parameters = { new NpgsqlParameter<Guid> { TypedValue = jobId } },
        };
        var blocks = new List<(int, Guid)>();
        await using var reader = await find.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            blocks.Add((reader.GetInt32(0), reader.GetGuid(1)));
        return blocks;
    }

    private static void AddKey(NpgsqlCommand command, Guid jobId, int part, Guid id)
    {
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = jobId });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = part });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
    }
}
