using System.Text.Json;
using Npgsql;

namespace BatchService.Notebooks;

/// <summary>A notebook as it is answered.</summary>
/// <param name="Tier">What the caller may do: <c>owner</c>, or the tier that it is shared with.</param>
/// <param name="Shares">A JSON object of subjects and tiers; null where the caller may not see it.</param>
internal sealed record Notebook(
    Guid Id, string Name, string Owner, DateTimeOffset Created, long CurrentSequence, string Tier, string? Shares)
{
    public const int MaxNameLength = 200;

    /// <summary>The columns that <see cref="Read"/> expects, of <c>batch.notebook n</c>, with $2 = the caller's subject.</summary>
    public const string Columns = """
        n.id, n.name, n.owner, n.created, n.current_sequence,
        CASE WHEN n.owner = $2 THEN 'owner'
             ELSE (SELECT s.tier FROM batch.notebook_share s WHERE s.notebook_id = n.id AND s.subject = $2) END
        """;

    public static Notebook Read(NpgsqlDataReader reader, string? shares = null) => new(
        reader.GetGuid(0),
        reader.GetString(1),
        reader.GetString(2),
        reader.GetFieldValue<DateTimeOffset>(3),
        reader.GetInt64(4),
        reader.GetString(5),
        shares);

    public void WriteMembers(Utf8JsonWriter writer)
    {
        writer.WriteString("id", Id);
        writer.WriteString("name", Name);
        writer.WriteString("owner", Owner);
        writer.WriteTime("created", Created);
        writer.WriteNumber("current_sequence", CurrentSequence);
        writer.WriteString("tier", Tier);
        if (Shares is not null)
            writer.WriteJson("shares", Shares);
    }

    public ReadOnlyMemory<byte> ToJson() => NotebookJson.Object(WriteMembers);
}
