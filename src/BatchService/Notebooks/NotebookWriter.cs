using BatchService.Batching;
using Npgsql;

namespace BatchService.Notebooks;

/// <summary>Creates, renames, shares and deletes notebooks; each inside the transaction that it is given.</summary>
internal static class NotebookWriter
{
    public static async Task<WriteResult> CreateAsync(
        NpgsqlConnection connection, string subject, string name, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var id = OrderedIds.Make(1, now)[0];
        const string sql = $"""
            WITH n AS (
                INSERT INTO batch.notebook (id, name, owner, created) VALUES ($1, $3, $2, now())
                RETURNING id, name, owner, created, current_sequence)
            SELECT {Notebook.Columns} FROM n
            """;
        await using var batch = Statement.Together(connection, Statement.Of(sql, id, subject, name));
        return await AnswerAsync(batch, id, 201, $"/notebooks/{id}", cancellationToken);
    }

    public static async Task<WriteResult> RenameAsync(
        NpgsqlConnection connection, Guid id, string subject, string name, CancellationToken cancellationToken)
    {
        var sql = $"""
            UPDATE batch.notebook n
            SET name = $3
            WHERE {NotebookAccess.Condition(AccessTier.Admin)}
            RETURNING {Notebook.Columns}
            """;
        await using var batch = Statement.Together(connection, Statement.Of(sql, id, subject, name));
        return await AnswerAsync(batch, id, 200, location: null, cancellationToken);
    }

    /// <summary>The notebook with everything in it.</summary>
    public static async Task<WriteResult> DeleteAsync(
        NpgsqlConnection connection, Guid id, string subject, CancellationToken cancellationToken)
    {
        var sql = $"DELETE FROM batch.notebook n WHERE {NotebookAccess.Condition(AccessTier.Owner)}";
        await using var batch = Statement.Together(connection, Statement.Of(sql, id, subject));
        return await batch.ExecuteNonQueryAsync(cancellationToken) == 1
            ? WriteResult.Done(StoredAnswer.NoContent)
            : WriteResult.Refused(NotebookErrors.NotebookNotFound(id));
    }

    /// <summary>Gives somebody a tier, in place of the one that they had.</summary>
    public static async Task<WriteResult> ShareAsync(
        NpgsqlConnection connection, Guid id, string subject, NotebookShare share, CancellationToken cancellationToken)
    {
        if (await OwnerAsync(connection, id, subject, cancellationToken) is not { } owner)
            return WriteResult.Refused(NotebookErrors.NotebookNotFound(id));
        if (owner == share.Subject)
            return WriteResult.Refused(new Error(ErrorCodes.FieldInvalid, "The owner has every right already", "/subject"));
        const string sql = """
            INSERT INTO batch.notebook_share (notebook_id, subject, tier) VALUES ($1, $2, $3)
            ON CONFLICT (notebook_id, subject) DO UPDATE SET tier = excluded.tier
            """;
        await using var batch = Statement.Together(connection, Statement.Of(sql, id, share.Subject, share.Tier));
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return WriteResult.Done(StoredAnswer.Json(200, NotebookJson.Object(writer =>
        {
            writer.WriteString("notebook_id", id);
            writer.WriteString("subject", share.Subject);
            writer.WriteString("tier", share.Tier);
        })));
    }

    public static async Task<WriteResult> UnshareAsync(
        NpgsqlConnection connection, Guid id, string subject, string other, CancellationToken cancellationToken)
    {
        if (await OwnerAsync(connection, id, subject, cancellationToken) is null)
            return WriteResult.Refused(NotebookErrors.NotebookNotFound(id));
        const string sql = "DELETE FROM batch.notebook_share WHERE notebook_id = $1 AND subject = $2";
        await using var batch = Statement.Together(connection, Statement.Of(sql, id, other));
        return await batch.ExecuteNonQueryAsync(cancellationToken) == 1
            ? WriteResult.Done(StoredAnswer.NoContent)
            : WriteResult.Refused(new Error(ErrorCodes.NotFound, "The notebook is not shared with this subject"));
    }

    /// <summary>Null when the caller may not administer the notebook. Holds it until the end of the transaction.</summary>
    private static async Task<string?> OwnerAsync(
        NpgsqlConnection connection, Guid id, string subject, CancellationToken cancellationToken)
    {
        var sql = $"SELECT n.owner FROM batch.notebook n WHERE {NotebookAccess.Condition(AccessTier.Admin)} FOR NO KEY UPDATE OF n";
        await using var batch = Statement.Together(connection, Statement.Of(sql, id, subject));
        return (string?)await batch.ExecuteScalarAsync(cancellationToken);
    }

    private static async Task<WriteResult> AnswerAsync(
        NpgsqlBatch batch, Guid id, int status, string? location, CancellationToken cancellationToken)
    {
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? WriteResult.Done(StoredAnswer.Json(status, Notebook.Read(reader).ToJson()) with { Location = location })
            : WriteResult.Refused(NotebookErrors.NotebookNotFound(id));
    }
}
