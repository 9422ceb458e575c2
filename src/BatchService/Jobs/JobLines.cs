using System.Buffers;
using System.Text.Json;
using BatchService.Batching;

namespace BatchService.Jobs;

/// <summary>Blocks of items as they are stored: one compact JSON value a line.</summary>
internal static class JobLines
{
    private const byte LineFeed = (byte)'\n';

    /// <summary>Adds an item to a block.</summary>
    /// <param name="writer">A writer without indentation over <paramref name="block"/>.</param>
    public static void Append(ArrayBufferWriter<byte> block, Utf8JsonWriter writer, ItemInput item)
    {
        if (item.Fields is { } fields)
        {
            writer.WriteStartArray();
            foreach (var field in fields)
                writer.WriteStringValue(field);
            writer.WriteEndArray();
        }
        else
        {
            item.Json.WriteTo(writer);
        }
        writer.Flush();
        writer.Reset();
        block.Write([LineFeed]);
    }

    /// <summary>The lines of a block, in order.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> block)
    {
        var lines = new List<ReadOnlyMemory<byte>>();
        while (block.Length > 0)
        {
            var end = block.Span.IndexOf(LineFeed);
            lines.Add(block[..end]);
            block = block[(end + 1)..];
        }
        return lines;
    }

    /// <summary>The items of a block, the first of which has the index <paramref name="first"/>.</summary>
    /// <param name="isCsv">They are arrays of fields.</param>
    public static IReadOnlyList<ItemInput> Read(ReadOnlyMemory<byte> block, int first, bool isCsv)
    {
        var lines = Split(block);
        var items = new ItemInput[lines.Count];
        for (var position = 0; position < items.Length; position++)
            items[position] = ReadOne(lines[position], first + position, isCsv);
        return items;
    }

    /// <summary>The item of a line.</summary>
    public static ItemInput ReadOne(ReadOnlyMemory<byte> line, int index, bool isCsv)
    {
        var json = JsonElement.Parse(line.Span);
        return isCsv
            ? new ItemInput(index, default, [.. json.EnumerateArray().Select(field => field.GetString())])
            : new ItemInput(index, json);
    }
}
