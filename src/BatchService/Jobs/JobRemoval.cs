using Npgsql;

namespace BatchService.Jobs;

/// <summary>Removes finished jobs.</summary>
internal static class JobRemoval
{
    /// <summary>False when the job has not ended.</summary>
    public static async Task<bool> RemoveAsync(NpgsqlConnection connection, Guid jobId, CancellationToken cancellationToken)
    {
        await using var check = new NpgsqlCommand(
            "SELECT FROM batch.job WHERE batch_job_id = $1 AND status IN ('completed', 'failed', 'canceled') FOR UPDATE", connection)
        {
            Parameters = { new NpgsqlParameter<Guid> { TypedValue = jobId } },
        };
        await using (var found = await check.ExecuteReaderAsync(cancellationToken))
        {
            if (!await found.ReadAsync(cancellationToken))
                return false;
        }
        await using var batch = new NpgsqlBatch(connection);
        foreach (var table in new[] { "job_input", "job_result", "job_part", "job" })
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand($"DELETE FROM batch.{table} WHERE batch_job_id = $1")
            {
                Parameters = { new NpgsqlParameter<Guid> { TypedValue = jobId } },
            });
        }
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }
}
