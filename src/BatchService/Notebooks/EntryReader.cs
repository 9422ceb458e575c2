using System.Text.Json;
using BatchService.Batching;
using Npgsql;

namespace BatchService.Notebooks;

/// <summary>Reads one entry with everything about it.</summary>
internal sealed class EntryReader(NpgsqlDataSource dataSource)
{
    private const string Sql = """
        SELECT e.id, e.notebook_id, e.causal_position, e.content, e.content_type, e.topic, e.author, e.stated_author, e.created,
               e.revision_of, e.fragment_of, e.fragment_index, e."references",
               e.claims::text, e.claims_status, e.claims_author, e.claims_stated_author, e.comparisons::text, e.max_friction, e.needs_review,
               e.primary_topic, e.integration_cost,
               ARRAY(SELECT o.id FROM batch.entry o
                     WHERE o.notebook_id = $1 AND o."references" @> ARRAY[$2::uuid] ORDER BY o.causal_position),
               ARRAY(SELECT f.id FROM batch.entry f
                     WHERE f.notebook_id = $1 AND f.fragment_of = $2 ORDER BY f.fragment_index, f.causal_position),
               e.cost_components::text
        FROM batch.entry e
        WHERE e.notebook_id = $1 AND e.id = $2
        """;

    public async Task<(ReadOnlyMemory<byte> Json, Error? Error)> ReadAsync(
        Guid notebook, Guid entry, string subject, CancellationToken cancellationToken)
    {
        await using var batch = Statement.Together(
            dataSource,
            Statement.Of(NotebookAccess.Select(AccessTier.Read), notebook, subject),
            Statement.Of(Sql, notebook, entry));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            return (default, NotebookErrors.NotebookNotFound(notebook));
        await reader.NextResultAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? (NotebookJson.Object(writer => WriteMembers(writer, reader)), null)
            : (default, NotebookErrors.EntryNotFound(entry));
    }

    private static void WriteMembers(Utf8JsonWriter writer, NpgsqlDataReader reader)
    {
        writer.WriteString("entry_id", reader.GetGuid(0));
        writer.WriteString("notebook_id", reader.GetGuid(1));
        writer.WriteNumber("causal_position", reader.GetInt64(2));
        writer.WriteString("content", reader.GetString(3));
        writer.WriteString("content_type", reader.GetString(4));
        writer.WriteString("topic", Text(reader, 5));
        writer.WriteString("author", reader.GetString(6));
        writer.WriteString("stated_author", Text(reader, 7));
        writer.WriteTime("created", reader.GetFieldValue<DateTimeOffset>(8));
        writer.WriteId("revision_of", Id(reader, 9));
        WriteFragment(writer, reader, 10);
        writer.WriteIds("references", reader.GetFieldValue<Guid[]>(12));
        writer.WriteIds("referenced_by", reader.GetFieldValue<Guid[]>(22));
        writer.WriteIds("fragments", reader.GetFieldValue<Guid[]>(23));
        writer.WriteJson("claims", reader.GetString(13));
        writer.WriteString("claims_status", reader.GetString(14));
        writer.WriteString("claims_author", Text(reader, 15));
        writer.WriteString("claims_stated_author", Text(reader, 16));
        writer.WriteJson("comparisons", reader.GetString(17));
        WriteFriction(writer, reader, 18);
        writer.WriteString("primary_topic", Text(reader, 20));
        writer.WriteNumber("integration_cost", reader.GetDouble(21));
        if (Text(reader, 24) is { } components)
            writer.WriteJson("integration_cost_components", components);
        else
            writer.WriteNull("integration_cost_components");
    }

    /// <summary><c>fragment_of</c> and <c>fragment_index</c>, from two columns.</summary>
    public static void WriteFragment(Utf8JsonWriter writer, NpgsqlDataReader reader, int column)
    {
        writer.WriteId("fragment_of", Id(reader, column));
        if (reader.IsDBNull(column + 1))
            writer.WriteNull("fragment_index");
        else
            writer.WriteNumber("fragment_index", reader.GetInt32(column + 1));
    }

    /// <summary><c>max_friction</c> and <c>needs_review</c>, from two columns.</summary>
    public static void WriteFriction(Utf8JsonWriter writer, NpgsqlDataReader reader, int column)
    {
        if (reader.IsDBNull(column))
            writer.WriteNull("max_friction");
        else
            writer.WriteNumber("max_friction", reader.GetDouble(column));
        writer.WriteBoolean("needs_review", reader.GetBoolean(column + 1));
    }

    public static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    public static Guid? Id(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetGuid(column);
}
