using System.Text.Json;
using Npgsql;

namespace BatchService.Notebooks;

/// <summary>An entry in a list: what it is about and where it stands, with the beginning of its content.</summary>
internal static class EntrySummary
{
    /// <summary>How many columns <see cref="Columns"/> has.</summary>
    public const int Count = 15;

    /// <summary>Of <c>batch.entry e</c>; the second is the causal position.</summary>
    public const string Columns = """
        e.id, e.causal_position, e.topic, e.content_type, e.author, e.created, e.revision_of, e.fragment_of, e.fragment_index,
        e.claims_status, e.max_friction, e.needs_review, e.primary_topic, e.integration_cost, left(e.content, 200)
        """;

    public static void WriteMembers(Utf8JsonWriter writer, NpgsqlDataReader reader)
    {
        writer.WriteString("entry_id", reader.GetGuid(0));
        writer.WriteNumber("causal_position", reader.GetInt64(1));
        writer.WriteString("topic", EntryReader.Text(reader, 2));
        writer.WriteString("content_type", reader.GetString(3));
        writer.WriteString("author", reader.GetString(4));
        writer.WriteTime("created", reader.GetFieldValue<DateTimeOffset>(5));
        writer.WriteId("revision_of", EntryReader.Id(reader, 6));
        EntryReader.WriteFragment(writer, reader, 7);
        writer.WriteString("claims_status", reader.GetString(9));
        EntryReader.WriteFriction(writer, reader, 10);
        writer.WriteString("primary_topic", EntryReader.Text(reader, 12));
        writer.WriteNumber("integration_cost", reader.GetDouble(13));
        writer.WriteString("preview", reader.GetString(14));
    }
}
