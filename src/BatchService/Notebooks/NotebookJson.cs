using System.Buffers;
using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Notebooks;

/// <summary>Writes the JSON of notebooks: readable texts, RFC 3339 times, and the database's JSON as JSON.</summary>
internal static class NotebookJson
{
    public static Utf8JsonWriter Writer(IBufferWriter<byte> buffer) => new(buffer, WireJson.Writing);

    public static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = Writer(buffer))
            write(writer);
        return buffer.WrittenMemory;
    }

    /// <summary>An object whose members <paramref name="write"/> writes.</summary>
    public static ReadOnlyMemory<byte> Object(Action<Utf8JsonWriter> write) => Write(writer =>
    {
        writer.WriteStartObject();
        write(writer);
        writer.WriteEndObject();
    });

    public static void WriteTime(this Utf8JsonWriter writer, string name, DateTimeOffset? time)
    {
        if (time is { } at)
            writer.WriteString(name, Rfc3339.Format(at));
        else
            writer.WriteNull(name);
    }

    public static void WriteId(this Utf8JsonWriter writer, string name, Guid? id)
    {
        if (id is { } there)
            writer.WriteString(name, there);
        else
            writer.WriteNull(name);
    }

    public static void WriteIds(this Utf8JsonWriter writer, string name, IEnumerable<Guid> ids)
    {
        writer.WriteStartArray(name);
        foreach (var id in ids)
            writer.WriteStringValue(id);
        writer.WriteEndArray();
    }

    /// <summary>JSON from the database, without its blanks.</summary>
    public static void WriteJson(this Utf8JsonWriter writer, string name, string json)
    {
        using var document = JsonDocument.Parse(json);
        writer.WritePropertyName(name);
        document.RootElement.WriteTo(writer);
    }
}
