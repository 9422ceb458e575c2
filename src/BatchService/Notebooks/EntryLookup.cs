using BatchService.Batching;
using Npgsql;

namespace BatchService.Notebooks;

/// <summary>Looks before a job is accepted: may the caller write to the notebook, and do the entries fit into it.</summary>
internal sealed class EntryLookup(NpgsqlDataSource dataSource)
{
    public async Task<bool> MayWriteAsync(Guid notebook, string subject, CancellationToken cancellationToken)
    {
        await using var batch = Statement.Together(dataSource, Statement.Of(NotebookAccess.Select(AccessTier.ReadWrite), notebook, subject));
        return await batch.ExecuteScalarAsync(cancellationToken) is not null;
    }

    /// <summary>What is wrong with the entries now, in request order.</summary>
    public async Task<IReadOnlyList<Error>> CheckAsync(Guid notebook, EntryBatch entries, CancellationToken cancellationToken)
    {
        Guid[] ids = [.. entries.Ids()];
        if (ids.Length == 0)
            return [];
        const string sql = "SELECT id FROM batch.entry WHERE notebook_id = $1 AND id = ANY ($2)";
        await using var batch = Statement.Together(dataSource, Statement.Of(sql, notebook, ids));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var existing = new HashSet<Guid>();
        while (await reader.ReadAsync(cancellationToken))
            existing.Add(reader.GetGuid(0));
        return entries.Check(existing);
    }
}
