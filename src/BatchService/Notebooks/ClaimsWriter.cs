using BatchService.Batching;
using Npgsql;

namespace BatchService.Notebooks;

/// <summary>Which claims go where.</summary>
/// <param name="Subject">The author of record.</param>
/// <param name="StatedAuthor">The worker that produced them.</param>
/// <param name="MaxRetries">Of the jobs that they make.</param>
internal sealed record ClaimsWrite(
    Guid NotebookId, Guid EntryId, IReadOnlyList<Claim> Claims, string Subject, string StatedAuthor, int MaxRetries);

/// <summary>
/// Writes the claims of an entry, once, with the comparison jobs that follow from them, in the transaction that it is given. Claims of one
/// notebook are written one after the other, for which the notebook's row is locked: of two topic indices that get their claims at the
/// same time, neither would see the other's, and the pair would never be compared.
/// </summary>
internal static class ClaimsWriter
{
    private const string Update = """
        UPDATE batch.entry
        SET claims = $3::jsonb, claims_status = 'distilled', claims_author = $4, claims_stated_author = $5
        WHERE notebook_id = $1 AND id = $2 AND claims_status = 'pending'
        RETURNING id
        """;

    private const string Indices = """
        SELECT id
        FROM batch.entry
        WHERE notebook_id = $1 AND id <> $2
          AND topic LIKE 'index/topic/%' AND claims_status IN ('distilled', 'verified') AND claims <> '[]'
        ORDER BY causal_position
        """;

    private const string InsertJobs = $"""
        INSERT INTO batch.notebook_job (notebook_id, id, job_type, payload, created, max_retries)
        SELECT $1, item.job_id, '{NotebookJobTypes.CompareClaims}',
               jsonb_build_object('entry_id', $2::uuid, 'compare_against_id', e.id, 'claims_a', e.claims, 'claims_b', $3::jsonb), $4, $5
        FROM unnest($6::uuid[], $7::uuid[]) AS item(job_id, entry_id)
        JOIN batch.entry e ON e.notebook_id = $1 AND e.id = item.entry_id
        """;

    /// <summary>
    /// The number of comparison jobs; null when the entry has claims already or does not exist; the error when the notebook does not.
    /// </summary>
    public static async Task<(int? Jobs, Error? Error)> WriteAsync(
        NpgsqlConnection connection, ClaimsWrite write, TimeProvider time, CancellationToken cancellationToken)
    {
        var claims = Claim.ToJson(write.Claims);
        var indices = new List<Guid>();
        await using (var batch = Statement.Together(
            connection,
            Statement.Of($"{NotebookAccess.Select(AccessTier.ReadWrite)} FOR NO KEY UPDATE OF n", write.NotebookId, write.Subject),
            Statement.Of(Update, write.NotebookId, write.EntryId, claims, write.Subject, write.StatedAuthor),
            Statement.Of(Indices, write.NotebookId, write.EntryId)))
        {
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            if (!await reader.ReadAsync(cancellationToken))
                return (null, NotebookErrors.NotebookNotFound(write.NotebookId));
            await reader.NextResultAsync(cancellationToken);
            if (!await reader.ReadAsync(cancellationToken))
                return (null, null);
            await reader.NextResultAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                indices.Add(reader.GetGuid(0));
        }
        if (indices.Count > 0)
            await InsertJobsAsync(connection, write, claims, indices, time.GetUtcNow(), cancellationToken);
        return (indices.Count, null);
    }

    private static async Task InsertJobsAsync(
        NpgsqlConnection connection,
        ClaimsWrite write,
        string claims,
        List<Guid> indices,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        await using var batch = Statement.Together(
            connection,
            Statement.Of(
                InsertJobs,
                write.NotebookId,
                write.EntryId,
                claims,
                now,
                write.MaxRetries,
                OrderedIds.Make(indices.Count, now),
                indices.ToArray()));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
