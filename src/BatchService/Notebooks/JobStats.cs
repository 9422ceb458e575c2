using BatchService.Batching;
using Npgsql;

namespace BatchService.Notebooks;

/// <summary>A notebook's queue as a whole: how much is where, and trying what failed once more.</summary>
internal sealed class JobStats(NpgsqlDataSource dataSource)
{
    /// <summary>Counts per type and status, zeros included. A job whose lease ran out counts as what it will be when somebody takes it back.</summary>
    public async Task<(ReadOnlyMemory<byte> Json, Error? Error)> CountAsync(
        Guid notebook, string subject, CancellationToken cancellationToken)
    {
        const string sql = $"""
            SELECT job_type, CASE WHEN status = 'in_progress' AND lease_until < now() THEN {NotebookJobQueue.StatusGivenBack} ELSE status END, count(*)
            FROM batch.notebook_job
            WHERE notebook_id = $1
            GROUP BY 1, 2
            """;
        await using var batch = Statement.Together(
            dataSource, Statement.Of(NotebookAccess.Select(AccessTier.Read), notebook, subject), Statement.Of(sql, notebook));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            return (default, NotebookErrors.NotebookNotFound(notebook));
        await reader.NextResultAsync(cancellationToken);
        var counts = new Dictionary<(string, string), long>();
        while (await reader.ReadAsync(cancellationToken))
            counts[(reader.GetString(0), reader.GetString(1))] = reader.GetInt64(2);
        var json = NotebookJson.Object(writer =>
        {
            foreach (var type in NotebookJobTypes.All)
            {
                writer.WriteStartObject(type);
                foreach (var status in JobStatuses.All)
                    writer.WriteNumber(status, counts.GetValueOrDefault((type, status)));
                writer.WriteEndObject();
            }
        });
        return (json, null);
    }

    /// <summary>Makes every failed job pending, with all of its retries; also one that lost its last worker and was not taken back yet.</summary>
    public static async Task<WriteResult> RetryFailedAsync(
        NpgsqlConnection connection, Guid notebook, string subject, CancellationToken cancellationToken)
    {
        const string sql = """
            WITH retried AS (
                UPDATE batch.notebook_job
                SET status = 'pending', retry_count = 0
                WHERE notebook_id = $1 AND status = 'failed'
                RETURNING id)
            SELECT count(*) FROM retried
            """;
        await using var batch = Statement.Together(
            connection,
            Statement.Of(NotebookAccess.Select(AccessTier.ReadWrite), notebook, subject),
            Statement.Of(NotebookJobQueue.ReturnLapsed, notebook),
            Statement.Of(sql, notebook));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            return WriteResult.Refused(NotebookErrors.NotebookNotFound(notebook));
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var retried = reader.GetInt64(0);
        return WriteResult.Done(StoredAnswer.Json(200, NotebookJson.Object(writer => writer.WriteNumber("retried", retried))));
    }
}
