using BatchService.Batching;
using Npgsql;

namespace BatchService.Notebooks;

/// <summary>Reads notebooks: one, or those that a caller has access to, newest first.</summary>
internal sealed class NotebookReader(NpgsqlDataSource dataSource)
{
    /// <summary>How many sort keys a cursor of the list has.</summary>
    public const int CursorKeys = 2;

    /// <summary>Null when it does not exist for this caller.</summary>
    public async Task<Notebook?> FindAsync(Guid id, string subject, CancellationToken cancellationToken)
    {
        var shares = $"""
            SELECT CASE WHEN EXISTS (SELECT FROM batch.notebook n WHERE {NotebookAccess.Condition(AccessTier.Admin)})
                   THEN (SELECT coalesce(json_object_agg(subject, tier ORDER BY subject), json_build_object())::text
                         FROM batch.notebook_share WHERE notebook_id = $1) END
            """;
        await using var batch = Statement.Together(
            dataSource,
            Statement.Of(shares, id, subject),
            Statement.Of(
                $"SELECT {Notebook.Columns} FROM batch.notebook n WHERE {NotebookAccess.Condition(AccessTier.Read)}", id, subject));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var visible = await reader.IsDBNullAsync(0, cancellationToken) ? null : reader.GetString(0);
        await reader.NextResultAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Notebook.Read(reader, visible) : null;
    }

    /// <summary>A page and the cursor of the next one; null when this was the last, or an error when the cursor is none.</summary>
    public async Task<(ReadOnlyMemory<byte> Page, Error? Error)> ListAsync(
        string subject, int limit, IReadOnlyList<string>? after, CancellationToken cancellationToken)
    {
        var (time, last) = (DateTimeOffset.MaxValue, Guid.AllBitsSet);
        if (after is not null
            && !(Rfc3339.TryParse(after[0], out time) && Guid.TryParseExact(after[1], "D", out last)))
        {
            return (default, PageCursor.BadCursor);
        }

        const string sql = $"""
            SELECT {Notebook.Columns}
            FROM batch.notebook n
            WHERE n.id IN (
                SELECT id FROM batch.notebook WHERE owner = $2
                UNION
                SELECT notebook_id FROM batch.notebook_share WHERE subject = $2)
              AND (n.created, n.id) < ($3, $4)
            ORDER BY n.created DESC, n.id DESC
            LIMIT $1
            """;
        await using var batch = Statement.Together(dataSource, Statement.Of(sql, limit + 1, subject, time, last));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var notebooks = new List<Notebook>();
        while (await reader.ReadAsync(cancellationToken))
            notebooks.Add(Notebook.Read(reader));
        return (Page(notebooks, limit), null);
    }

    private static ReadOnlyMemory<byte> Page(List<Notebook> notebooks, int limit) => NotebookJson.Object(writer =>
    {
        writer.WriteStartArray("notebooks");
        foreach (var notebook in notebooks.Take(limit))
        {
            writer.WriteStartObject();
            notebook.WriteMembers(writer);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        var last = notebooks.Count > limit ? notebooks[limit - 1] : null;
        writer.WriteString("next_cursor", last is null ? null : PageCursor.Write(Rfc3339.Format(last.Created), $"{last.Id}"));
    });
}
