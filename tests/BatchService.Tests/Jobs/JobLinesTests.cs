using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using BatchService.Batching;
using BatchService.Jobs;

namespace BatchService.Tests.Jobs;

public sealed class JobLinesTests
{
    [Fact]
    public void Keeps_json_values_of_any_kind_on_one_line_each()
    {
        string[] items = ["""{"a":"x\ny","n":1.50,"e":1e5}""", "null", "17", "[1,{}]", "\"ü \\\" \\u2028\""];
        var block = Block(items.Select((item, index) => new ItemInput(index, JsonElement.Parse(item))));
        var read = JobLines.Read(block, 40, isCsv: false);

        Assert.Equal(items.Length, JobLines.Split(block).Count);
        Assert.Equal([40, 41, 42, 43, 44], read.Select(item => item.Index));
        Assert.All(read.Zip(items), pair => Assert.True(JsonElement.DeepEquals(JsonElement.Parse(pair.Second), pair.First.Json)));
        Assert.Contains("1.50", Encoding.UTF8.GetString(block.Span), StringComparison.Ordinal);
    }

    [Fact]
    public void Keeps_csv_fields_and_tells_null_from_empty()
    {
        string?[] fields = ["a", null, "", "b,\"c\"\r\nd", "null"];
        var item = Assert.Single(JobLines.Read(Block([new ItemInput(0, default, fields)]), 7, isCsv: true));

        Assert.Equal(7, item.Index);
        Assert.Equal(fields, item.Fields);
    }

    [Fact]
    public void Splits_an_empty_block_into_nothing() => Assert.Empty(JobLines.Split(default));

    private static ReadOnlyMemory<byte> Block(IEnumerable<ItemInput> items)
    {
        var block = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(block, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
        foreach (var item in items)
        {
            JobLines.Append(block, writer, item);
        }

        return block.WrittenMemory;
    }
}
