using System.Buffers;
using System.Text;
using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Attestations;

/// <summary>JSON of attestations as bytes and texts.</summary>
internal static class AttestationJson
{
    /// <summary>The wire form of each attestation, in order.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> ToBytes(IReadOnlyList<AttestationItem> items)
    {
        var buffer = new ArrayBufferWriter<byte>(items.Count * 400);
        var ends = new int[items.Count];
        using (var writer = new Utf8JsonWriter(buffer, WireJson.Writing))
        {
            for (var position = 0; position < items.Count; position++)
            {
                items[position].Attestation.Write(writer);
                writer.Flush();
                writer.Reset();
                ends[position] = buffer.WrittenCount;
            }
        }
        var all = buffer.WrittenMemory;
        return [.. ends.Select((end, position) => all[(position == 0 ? 0 : ends[position - 1])..end])];
    }

    /// <summary>A JSON value without white space between its tokens: an answer may be a line of NDJSON.</summary>
    public static string Compact(JsonElement value)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, WireJson.Writing))
            value.WriteTo(writer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
