using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Attestations;

/// <summary>Who says (<see cref="Actors"/>) what (<see cref="Predicates"/>) of what (<see cref="Subjects"/>), where and when.</summary>
/// <param name="Id">An ASID.</param>
/// <param name="Timestamp">When it was so, in UTC with microseconds.</param>
/// <param name="Source">What it came through; <c>api</c> unless the client says otherwise.</param>
/// <param name="Attributes">One JSON object as compact text; null without attributes.</param>
/// <param name="CreatedAt">When it was stored.</param>
internal sealed record Attestation(
    string Id,
    IReadOnlyList<string> Subjects,
    IReadOnlyList<string> Predicates,
    IReadOnlyList<string> Contexts,
    IReadOnlyList<string> Actors,
    DateTimeOffset Timestamp,
    string Source,
    string? Attributes,
    DateTimeOffset CreatedAt)
{
    /// <summary>Writes it as it is on the wire, wherever it comes from.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, Id);
        WriteList(writer, "subjects", Subjects);
        WriteList(writer, "predicates", Predicates);
        WriteList(writer, "contexts", Contexts);
        WriteList(writer, "actors", Actors);
        writer.WriteString("timestamp"u8, Rfc3339.Format(Timestamp));
        writer.WriteString("source"u8, Source);
        writer.WritePropertyName("attributes"u8);
        writer.WriteRawValue(Attributes ?? "{}", skipInputValidation: true);
        writer.WriteString("created_at"u8, Rfc3339.Format(CreatedAt));
        writer.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter writer, string name, IReadOnlyList<string> values)
    {
        writer.WriteStartArray(name);
        for (var index = 0; index < values.Count; index++)
            writer.WriteStringValue(values[index]);
        writer.WriteEndArray();
    }
}

/// <summary>A checked command of a batch: the attestation that it will be.</summary>
/// <param name="ChoseId">The client chose the id, so that it stays when it is taken.</param>
/// <param name="Actor">The first actor that the client gave; "" where it gave none, and the id attests itself.</param>
/// <param name="Pointer">The command's place in the request.</param>
internal sealed record AttestationItem(int Index, Attestation Attestation, bool ChoseId, string Actor, string Pointer) : IBatchItem
{
    /// <summary>The same with another generated id: the first one was taken.</summary>
    public AttestationItem Renewed()
    {
        var id = Asid.Create(Attestation.Subjects[0], Attestation.Predicates[0], Attestation.Contexts[0], Actor);
        return this with { Attestation = Attestation with { Id = id, Actors = Actor.Length > 0 ? Attestation.Actors : [id] } };
    }
}
