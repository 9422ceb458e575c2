using System.Buffers;
using System.IO.Compression;
using System.Text.Json;

namespace BatchService.Frames;

/// <summary>The nodes of an atlas as they are stored: Brotli-compressed JSON, <c>[[id, ticks, branch, [module, …]], …]</c>, in parts.</summary>
internal static class AtlasParts
{
    /// <summary>Bytes, uncompressed, after which a part is full: no part becomes large, however many frames there are.</summary>
    public const int FullBytes = 4 * 1024 * 1024;

    /// <summary>One part after the other; none for no nodes.</summary>
    public static IEnumerable<byte[]> Encode(AtlasFrames frames, int fullBytes = FullBytes)
    {
        for (var next = 0; next < frames.Count;)
        {
            var (part, end) = EncodeFrom(frames, next, fullBytes);
            yield return part;
            next = end;
        }
    }

    public static List<AtlasNode> Decode(byte[] part)
    {
        using var json = new MemoryStream();
        using (var compressed = new BrotliStream(new MemoryStream(part), CompressionMode.Decompress))
            compressed.CopyTo(json);
        var nodes = new List<AtlasNode>();
        var texts = new AtlasTexts();
        var reader = new Utf8JsonReader(json.GetBuffer().AsSpan(0, (int)json.Length));
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartArray)
            nodes.Add(ReadNode(ref reader, texts));
        return nodes;
    }

    private static (byte[] Part, int End) EncodeFrom(AtlasFrames frames, int start, int fullBytes)
    {
        using var part = new MemoryStream();
        var end = start;
        using (var compressed = new BrotliStream(part, CompressionLevel.Fastest))
        {
            var buffer = new ArrayBufferWriter<byte>();
            using var writer = new Utf8JsonWriter(buffer);
            writer.WriteStartArray();
            for (; end < frames.Count && writer.BytesCommitted + writer.BytesPending < fullBytes; end++)
                WriteNode(writer, frames[end]);
            writer.WriteEndArray();
            writer.Flush();
            compressed.Write(buffer.WrittenSpan);
        }
        return (part.ToArray(), end);
    }

    private static void WriteNode(Utf8JsonWriter writer, AtlasNode node)
    {
        writer.WriteStartArray();
        writer.WriteStringValue(node.Id);
        writer.WriteNumberValue(node.Ticks);
        writer.WriteStringValue(node.Branch);
        writer.WriteStartArray();
        foreach (var module in node.ModuleScope)
            writer.WriteStringValue(module);
        writer.WriteEndArray();
        writer.WriteEndArray();
    }

    private static AtlasNode ReadNode(ref Utf8JsonReader reader, AtlasTexts texts)
    {
        reader.Read();
        var id = reader.GetString()!;
        reader.Read();
        var ticks = reader.GetInt64();
        reader.Read();
        var branch = reader.GetString()!;
        var modules = new List<string>();
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.String)
            modules.Add(reader.GetString()!);
        reader.Read();
        return new AtlasNode(id, ticks, texts.Once(branch), texts.Once([.. modules]));
    }
}
