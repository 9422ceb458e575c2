using System.Buffers;
using System.Text.Json;
using BatchService.Batching;
using Npgsql;

namespace BatchService.Notebooks;

/// <summary>How a list of entries is written.</summary>
/// <param name="Current">Also says where the notebook stands; the statement gets it as its last value.</param>
/// <param name="Write">Writes the members of one element.</param>
/// <param name="Keys">The sort keys of a row, for the cursor.</param>
internal sealed record PageShape(
    string Name, bool Current, Action<Utf8JsonWriter, NpgsqlDataReader> Write, Func<NpgsqlDataReader, string[]> Keys)
{
    /// <summary>Writes up to <paramref name="limit"/> rows; one more in the reader means that there is another page.</summary>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(NpgsqlDataReader reader, int limit, long current, CancellationToken cancellationToken)
    {
        var body = new ArrayBufferWriter<byte>(4096);
        await using var writer = NotebookJson.Writer(body);
        writer.WriteStartObject();
        writer.WriteStartArray(Name);
        string[]? last = null;
        var rows = 0;
        while (rows < limit && await reader.ReadAsync(cancellationToken))
        {
            writer.WriteStartObject();
            Write(writer, reader);
            writer.WriteEndObject();
            last = Keys(reader);
            rows++;
        }
        writer.WriteEndArray();
        if (Current)
            writer.WriteNumber("current_sequence", current);
        var hasMore = rows == limit && await reader.ReadAsync(cancellationToken);
        writer.WriteString("next_cursor", hasMore && last is not null ? PageCursor.Write(last) : null);
        writer.WriteEndObject();
        await writer.FlushAsync(cancellationToken);
        return body.WrittenMemory;
    }
}
