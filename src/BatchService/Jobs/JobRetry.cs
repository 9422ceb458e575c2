using System.Text.Json;
using Npgsql;

namespace BatchService.Jobs;

/// <summary>Makes the order of a job that tries some items of an earlier one again.</summary>
internal static class JobRetry
{
    /// <summary>The same type, options, metadata and callback; the items that have one of <paramref name="statuses"/>, in their order.</summary>
    public static async Task<JobOrder> OrderAsync(
        JobStatus job, IReadOnlyList<string> statuses, JobItemReader reader, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT options, callback_url, header FROM batch.job WHERE batch_job_id = $1");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = job.JobId });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        var isCsv = !await row.IsDBNullAsync(2, cancellationToken);
        return new JobOrder(
            job.JobType,
            JsonElement.Parse(row.GetString(0)),
            job.Metadata is { } metadata ? JsonElement.Parse(metadata) : default,
            await row.IsDBNullAsync(1, cancellationToken) ? null : row.GetString(1),
            isCsv ? row.GetFieldValue<string[]>(2) : null,
            token => reader.ReadAsync(job, statuses, -1, token).Select((item, index) => JobLines.ReadOne(item.Line, index, isCsv)))
        { RetryOf = job.JobId };
    }
}
