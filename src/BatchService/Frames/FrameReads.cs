using System.Buffers;
using System.Globalization;
using System.Text.Json;
using BatchService.Batching;
using Npgsql;

namespace BatchService.Frames;

/// <summary>Reads stored frames.</summary>
internal sealed class FrameReads(NpgsqlDataSource database)
{
    /// <summary>Where a page ends early: frames can be large, and a page is made in memory.</summary>
    private const int MaxPageBytes = 8 * 1024 * 1024;

    /// <summary>A frame as JSON; null when there is none of this id.</summary>
    public async Task<ReadOnlyMemory<byte>?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT content::text FROM batch.frame WHERE id = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id });
        if (await command.ExecuteScalarAsync(cancellationToken) is not string content)
            return null;
        var body = new ArrayBufferWriter<byte>(content.Length);
        using (var writer = new Utf8JsonWriter(body, WireJson.Writing))
            WriteFrame(writer, content);
        return body.WrittenMemory;
    }

    /// <summary>A page of frames, newest first, as JSON: <c>{"frames": […], "next_cursor"}</c>.</summary>
    public async Task<ReadOnlyMemory<byte>> ListAsync(FrameFilter filter, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"""
            SELECT id, "timestamp", content::text
            FROM batch.frame
            WHERE true
            {filter.Sql}
            ORDER BY "timestamp" DESC, id DESC
            LIMIT {(limit + 1).ToString(CultureInfo.InvariantCulture)}
            """);
        foreach (var value in filter.Values)
            command.Parameters.Add(value);
        var body = new ArrayBufferWriter<byte>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await using var writer = new Utf8JsonWriter(body, WireJson.Writing);
        writer.WriteStartObject();
        writer.WriteStartArray("frames");
        var (count, last, more) = (0, "", false);
        while (await reader.ReadAsync(cancellationToken))
        {
            more = count == limit || writer.BytesCommitted + writer.BytesPending > MaxPageBytes;
            if (more)
                break;
            WriteFrame(writer, reader.GetString(2));
            last = PageCursor.Write(Rfc3339.Format(reader.GetFieldValue<DateTimeOffset>(1)), reader.GetString(0));
            count++;
        }
        writer.WriteEndArray();
        writer.WriteString("next_cursor", more ? last : null);
        writer.WriteEndObject();
        await writer.FlushAsync(cancellationToken);
        return body.WrittenMemory;
    }

    /// <summary>jsonb has an order of its own; the fields come back in that of <see cref="FrameFields"/>.</summary>
    private static void WriteFrame(Utf8JsonWriter writer, string content)
    {
        using var frame = JsonDocument.Parse(content);
        FrameFields.Frame.Write(writer, frame.RootElement);
    }
}
